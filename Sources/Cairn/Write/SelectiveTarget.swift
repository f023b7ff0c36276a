// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// Lets through what belongs to some ranges, and drops the rest: a second writing of what went wrong.
final class SelectiveTarget: BlockTarget {
  private let target: any BlockTarget
  private let ranges: ExtentSet

  init(_ target: any BlockTarget, ranges: ExtentSet) {
    self.target = target
    self.ranges = ranges
  }

  var size: UInt64 { target.size }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try target.read(into: &bytes, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, UInt64(bytes.byteCount))
    for range in ranges.ranges(within: offset..<offset + UInt64(bytes.byteCount)) {
      let part = Int(range.lowerBound - offset)..<Int(range.upperBound - offset)
      try target.write(bytes.extracting(part), at: range.lowerBound)
    }
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    for part in ranges.ranges(within: range) { try target.zero(part) }
  }

  func flush() throws(BlockError) { try target.flush() }
}
