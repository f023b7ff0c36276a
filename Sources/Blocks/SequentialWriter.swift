// SPDX-License-Identifier: Apache-2.0

/// Writes what is appended to a target, from one offset on, in large aligned pieces.
///
/// Small pieces are gathered in a buffer that stays in the processor's cache; large ones go to the target as they are.
public struct SequentialWriter: ~Copyable {
  private let target: any BlockTarget
  private var buffer: AlignedBuffer
  private var bufferedByteCount = 0
  /// Where the buffer's first byte belongs.
  private var bufferOffset: UInt64

  /// Pieces from this size on are not copied first.
  private static let directByteCount = 64 << 10
  /// Writes begin at multiples of this where the caller's do.
  private static let alignment = 4096

  /// - Parameter bufferSize: in bytes, a multiple of 4,096; 128 KiB to 1 MiB are cheap, more is dear.
  public init(to target: any BlockTarget, at offset: UInt64, bufferSize: Int = 256 << 10) {
    precondition(bufferSize > 0 && bufferSize % Self.alignment == 0, "buffer of whole blocks")
    self.target = target
    buffer = AlignedBuffer(byteCount: bufferSize)
    bufferOffset = offset
  }

  /// Where the next byte goes.
  public var offset: UInt64 { bufferOffset + UInt64(bufferedByteCount) }

  public mutating func append(_ bytes: RawSpan) throws(BlockError) {
    var rest = bytes
    if rest.byteCount >= Self.directByteCount {
      let head = Int((UInt64(Self.alignment) - offset % UInt64(Self.alignment)) % UInt64(Self.alignment))
      try gather(rest.extracting(first: head))
      try flushBuffer()
      rest = rest.extracting(droppingFirst: head)
      let direct = rest.extracting(first: rest.byteCount / Self.alignment * Self.alignment)
      try target.write(direct, at: bufferOffset)
      bufferOffset += UInt64(direct.byteCount)
      rest = rest.extracting(droppingFirst: direct.byteCount)
    }
    try gather(rest)
  }

  /// Appends `byteCount` zeros: written where they fill up a block between bytes, else left to the target's `zero`.
  public mutating func appendZeros(_ byteCount: UInt64) throws(BlockError) {
    var rest = byteCount
    while rest > 0 {
      if bufferedByteCount == 0, rest >= UInt64(buffer.byteCount) {
        let whole = rest.roundedDown(to: UInt64(Self.alignment))
        try target.zero(bufferOffset..<bufferOffset + whole)
        bufferOffset += whole
        rest -= whole
      } else {
        let count = Int(min(rest, UInt64(buffer.byteCount - bufferedByteCount)))
        buffer.zero(bufferedByteCount..<bufferedByteCount + count)
        bufferedByteCount += count
        rest -= UInt64(count)
        if bufferedByteCount == buffer.byteCount { try flushBuffer() }
      }
    }
  }

  /// Appends zeros up to the next multiple of `unit` bytes from `origin`, which is not behind the next byte.
  public mutating func pad(to unit: UInt64, from origin: UInt64 = 0) throws(BlockError) {
    try appendZeros((offset - origin).roundedUp(to: unit) - (offset - origin))
  }

  /// Goes on at another offset; what lies between is left as it is.
  public mutating func move(to offset: UInt64) throws(BlockError) {
    guard offset != self.offset else { return }
    try flushBuffer()
    bufferOffset = offset
  }

  /// Hands over what is still in the buffer. Nothing is lost without it but the buffer's content.
  public mutating func flushBuffer() throws(BlockError) {
    guard bufferedByteCount > 0 else { return }
    try target.write(buffer.bytes.extracting(first: bufferedByteCount), at: bufferOffset)
    bufferOffset += UInt64(bufferedByteCount)
    bufferedByteCount = 0
  }

  private mutating func gather(_ bytes: RawSpan) throws(BlockError) {
    var rest = bytes
    while rest.byteCount > 0 {
      let count = min(rest.byteCount, buffer.byteCount - bufferedByteCount)
      buffer.store(rest.extracting(first: count), at: bufferedByteCount)
      bufferedByteCount += count
      rest = rest.extracting(droppingFirst: count)
      if bufferedByteCount == buffer.byteCount { try flushBuffer() }
    }
  }
}
