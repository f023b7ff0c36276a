// SPDX-License-Identifier: Apache-2.0

/// Where blocks go. Offsets and ranges are in bytes from the target's first byte.
///
/// Writes may reach storage in any order until `flush()` returns. For one thread at a time. `bytes` are lent
/// for the call: a target that queues copies them into its own aligned buffers.
///
/// A range that does not lie within `0..<size` is `BlockError.outOfBounds`, and nothing of it is touched.
public protocol BlockTarget: AnyObject {
  /// Bytes that the target holds.
  var size: UInt64 { get }
  /// Fills `bytes` from `offset` on.
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError)
  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError)
  /// Makes `range` read as zero; free where it already does.
  func zero(_ range: Range<UInt64>) throws(BlockError)
  /// Returns when all that was written is on storage.
  func flush() throws(BlockError)
}

extension BlockTarget {
  /// Throws `outOfBounds` unless `byteCount` bytes at `offset` lie within the target.
  public func checkBounds(_ offset: UInt64, _ byteCount: UInt64) throws(BlockError) {
    guard offset <= size, byteCount <= size - offset else {
      throw .outOfBounds(offset: offset, byteCount: byteCount, size: size)
    }
  }

  /// The same for a count of bytes in memory.
  func checkBounds(_ offset: UInt64, _ byteCount: Int) throws(BlockError) {
    try checkBounds(offset, UInt64(byteCount))
  }

  /// Throws `outOfBounds` unless `range` lies within the target.
  public func checkBounds(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range.lowerBound, range.upperBound - range.lowerBound)
  }
}
