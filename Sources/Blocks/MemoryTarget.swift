// SPDX-License-Identifier: Apache-2.0

/// A target in memory: for tests, and for file systems small enough to be made there.
public final class MemoryTarget: BlockTarget {
  private var buffer: AlignedBuffer

  /// - Parameter byteCount: all of it is allocated and zero.
  public init(byteCount: Int) { buffer = AlignedBuffer(byteCount: byteCount) }

  public var size: UInt64 { UInt64(buffer.byteCount) }

  /// A copy of `range`, or of everything.
  public func contents(_ range: Range<Int>? = nil) -> [UInt8] {
    buffer.copy(range ?? 0..<buffer.byteCount)
  }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    buffer.copy(from: Int(offset), into: &bytes)
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    buffer.store(bytes, at: Int(offset))
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    buffer.zero(Int(range.lowerBound)..<Int(range.upperBound))
  }

  public func flush() {}
}
