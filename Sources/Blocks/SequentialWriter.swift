// SPDX-License-Identifier: Apache-2.0

/// Writes what is appended to a target, from one offset on, in pieces that begin and end at multiples of the
/// buffer's size but for the first one's begin and the last one's end.
///
/// Pieces are gathered in a buffer that stays in the processor's cache; what fills it by itself goes to the
/// target as it is. Where they begin matters: a page cache takes an aligned piece as one large folio, and one
/// that is not as a dozen small ones.
public struct SequentialWriter: ~Copyable {
  private let target: any BlockTarget
  private var buffer: AlignedBuffer
  private var bufferedByteCount = 0
  /// Where the buffer's first byte belongs.
  private var bufferOffset: UInt64

  /// Zeroing begins and ends at multiples of this.
  private static let alignment = 4096
  /// Zeros from this count on are worth a call of their own.
  private static let zeroedByteCount: UInt64 = 64 << 10

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
    while rest.byteCount > 0 {
      let isDirect = room == buffer.byteCount && rest.byteCount >= buffer.byteCount
      let count = isDirect ? rest.byteCount - rest.byteCount % buffer.byteCount : min(rest.byteCount, room)
      if isDirect {
        try target.write(rest.extracting(first: count), at: bufferOffset)
        bufferOffset += UInt64(count)
      } else {
        buffer.store(rest.extracting(first: count), at: bufferedByteCount)
        try advance(by: count)
      }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  /// Appends `byteCount` zeros: few of them are written; of many, the whole blocks are left to the target's
  /// `zero`.
  public mutating func appendZeros(_ byteCount: UInt64) throws(BlockError) {
    try target.checkBounds(offset, byteCount)
    guard byteCount >= Self.zeroedByteCount else { return try gatherZeros(byteCount) }
    let end = offset + byteCount
    try gatherZeros(offset.roundedUp(to: UInt64(Self.alignment)) - offset)
    try flushBuffer()
    let blocksEnd = end.roundedDown(to: UInt64(Self.alignment))
    try target.zero(bufferOffset..<blocksEnd)
    bufferOffset = blocksEnd
    try gatherZeros(end - blocksEnd)
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

  /// Hands over what is still in the buffer: to be called at the end, or the last bytes are lost.
  public mutating func flushBuffer() throws(BlockError) {
    guard bufferedByteCount > 0 else { return }
    try target.write(buffer.bytes.extracting(first: bufferedByteCount), at: bufferOffset)
    bufferOffset += UInt64(bufferedByteCount)
    bufferedByteCount = 0
  }
}

extension SequentialWriter {
  /// Bytes that the buffer still takes: full, it ends at a multiple of its size.
  private var room: Int {
    buffer.byteCount - Int(bufferOffset % UInt64(buffer.byteCount)) - bufferedByteCount
  }

  /// Counts `byteCount` bytes as buffered.
  private mutating func advance(by byteCount: Int) throws(BlockError) {
    bufferedByteCount += byteCount
    if room == 0 { try flushBuffer() }
  }

  private mutating func gatherZeros(_ byteCount: UInt64) throws(BlockError) {
    var rest = byteCount
    while rest > 0 {
      let count = Int(min(rest, UInt64(room)))
      buffer.zero(bufferedByteCount..<bufferedByteCount + count)
      try advance(by: count)
      rest -= UInt64(count)
    }
  }
}
