// SPDX-License-Identifier: Apache-2.0

/// Space reserved in a file ahead of the writes that go on where the last one ended.
///
/// Only what lies behind everything that was written before is reserved: so nothing is lost when it is given
/// back.
struct Reservation {
  /// Where the run of writes without a gap began that the last write belongs to.
  private var runStart: UInt64 = 0
  /// End of the last write.
  private var streamEnd: UInt64 = 0
  /// End of the highest write.
  private var writtenEnd: UInt64 = 0
  /// End of what is reserved; 0 where nothing is.
  private var reservedEnd: UInt64 = 0
  /// False once the file system has said no.
  private var isPossible = true

  /// Bytes reserved at a time.
  private static let windowSize: UInt64 = 32 << 20
  /// A run this long is taken for a stream.
  private static let streamByteCount: UInt64 = 1 << 20

  /// To be called before each write; nothing is reserved at or behind `fileSize`.
  mutating func prepare(
    _ range: Range<UInt64>, in file: borrowing FileDescriptor, of fileSize: UInt64
  ) throws(BlockError) {
    if range.lowerBound != streamEnd {
      try release(in: file)
      runStart = range.lowerBound
    }
    let start = max(range.lowerBound, writtenEnd, reservedEnd)
    streamEnd = range.upperBound
    writtenEnd = max(writtenEnd, streamEnd)
    if isPossible, streamEnd > start, streamEnd - runStart >= Self.streamByteCount {
      try reserve(start..<min(fileSize, max(streamEnd, start + Self.windowSize)), in: file)
    }
  }

  private mutating func reserve(
    _ range: Range<UInt64>, in file: borrowing FileDescriptor
  ) throws(BlockError) {
    isPossible = file.allocate(range)
    if isPossible {
      reservedEnd = range.upperBound
    } else {
      // What there was may be taken by now.
      _ = try file.punchHole(range)
      reservedEnd = 0
    }
  }

  /// Gives back what the stream did not come to use.
  mutating func release(in file: borrowing FileDescriptor) throws(BlockError) {
    if reservedEnd > streamEnd { _ = try file.punchHole(streamEnd..<reservedEnd) }
    reservedEnd = 0
  }
}
