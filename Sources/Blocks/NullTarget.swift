// SPDX-License-Identifier: Apache-2.0

/// Takes everything and keeps nothing: what is left of a build when storage costs nothing. Reads as zero.
public final class NullTarget: BlockTarget {
  public let size: UInt64

  public init(size: UInt64) { self.size = size }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    bytes.zero(0..<bytes.byteCount)
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) { try checkBounds(range) }

  public func flush() {}
}
