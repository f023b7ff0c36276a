// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// What is written: pseudo-random bytes that don't compress, and no sector like another one, since controllers compress
/// and drop what they have already.
///
/// A buffer is filled once; each write takes it from another place and stamps each sector with a number of its own, which
/// costs next to nothing of the time that is measured.
struct BlockContent: Sendable {
  private let bytes: [UInt8]

  /// Writes of small blocks begin anywhere in so many bytes of the buffer.
  private static let window = 64 << 10
  /// Direct I/O wants memory aligned to it.
  private static let alignment = 4096
  private static let sectorSize = 512

  /// - Parameter largestByteCount: of a write.
  init(largestByteCount: Int) {
    let count = Self.bufferSize(for: largestByteCount)
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var target = unsafe span.mutableBytes
    for word in 0..<count / 8 { target.store(SplitMix64.value(UInt64(word), seed: 4), at: word * 8) }
    self.bytes = bytes
  }

  /// A buffer for writes of up to `byteCount` bytes.
  func makeBuffer(for byteCount: Int) -> AlignedBuffer {
    let count = Self.bufferSize(for: byteCount)
    var buffer = AlignedBuffer(byteCount: count, alignment: Self.alignment)
    unsafe buffer.store(bytes.span.bytes.extracting(0..<count), at: 0)
    return buffer
  }

  private static func bufferSize(for byteCount: Int) -> Int {
    Int(UInt64(byteCount).roundedUp(to: UInt64(alignment))) + window
  }

  /// Where in a buffer the bytes of an access begin, stamped for it.
  ///
  /// - Parameter stamp: no two accesses of a run have the same.
  static func stamp(_ buffer: inout AlignedBuffer, for access: Access, _ stamp: UInt64) -> Range<Int> {
    let start = Int(truncatingIfNeeded: stamp % UInt64(window / alignment)) * alignment
    var bytes = buffer.mutableBytes
    var position = start
    while position < start + access.byteCount {
      let sector = access.offset &+ UInt64(position - start)
      bytes.store(SplitMix64.value(sector, seed: stamp), at: position)
      position += sectorSize
    }
    return start..<start + access.byteCount
  }
}
