// SPDX-License-Identifier: Apache-2.0

/// Ranges of a target, one behind the other, as a target of its own: a partition is one range, a file inside
/// a file system several.
public final class TargetSlice: BlockTarget {
  private let target: any BlockTarget
  private let ranges: [Range<UInt64>]
  /// Where each range begins in the slice, ascending.
  private let starts: [UInt64]
  public let size: UInt64

  /// - Throws: `outOfBounds` where a range reaches beyond the end of `target`, or the ranges hold more bytes
  ///   than can be counted.
  public init(of target: any BlockTarget, ranges: [Range<UInt64>]) throws(BlockError) {
    var starts: [UInt64] = []
    var size: UInt64 = 0
    for range in ranges {
      try target.checkBounds(range)
      starts.append(size)
      let (sum, overflow) = size.addingReportingOverflow(range.upperBound - range.lowerBound)
      guard !overflow else {
        throw .outOfBounds(
          offset: range.lowerBound, byteCount: range.upperBound - range.lowerBound, size: target.size)
      }
      size = sum
    }
    self.target = target
    self.ranges = ranges
    self.starts = starts
    self.size = size
  }

  public convenience init(of target: any BlockTarget, range: Range<UInt64>) throws(BlockError) {
    try self.init(of: target, ranges: [range])
  }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    var position = 0
    while position < bytes.byteCount {
      let piece = piece(at: offset + UInt64(position), atMost: UInt64(bytes.byteCount - position))
      var part = bytes._mutatingExtracting(position..<position + piece.count)
      try target.read(into: &part, at: piece.lowerBound)
      position += piece.count
    }
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    var position = 0
    while position < bytes.byteCount {
      let piece = piece(at: offset + UInt64(position), atMost: UInt64(bytes.byteCount - position))
      try target.write(bytes.extracting(position..<position + piece.count), at: piece.lowerBound)
      position += piece.count
    }
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    var position = range.lowerBound
    while position < range.upperBound {
      let piece = piece(at: position, atMost: range.upperBound - position)
      try target.zero(piece)
      position += piece.upperBound - piece.lowerBound
    }
  }

  public func flush() throws(BlockError) { try target.flush() }

  /// Where the bytes from `position` on lie in the target, as many as lie there in one piece.
  private func piece(at position: UInt64, atMost byteCount: UInt64) -> Range<UInt64> {
    let index = index(of: position)
    let start = ranges[index].lowerBound + (position - starts[index])
    return start..<start + min(byteCount, ranges[index].upperBound - start)
  }

  /// The range that holds `position`, which is below `size`: the last one that begins at or before it.
  private func index(of position: UInt64) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= position { low = middle } else { high = middle }
    }
    return low
  }
}
