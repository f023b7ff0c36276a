// SPDX-License-Identifier: Apache-2.0

/// A set of bytes, kept as ascending ranges that neither overlap nor touch.
///
/// Ranges that come in ascending order are appended in constant time; others cost a binary search and a move.
public struct ExtentSet: Equatable, Sendable {
  public private(set) var ranges: [Range<UInt64>] = []

  public init() {}

  public init(_ ranges: some Sequence<Range<UInt64>>) {
    for range in ranges { insert(range) }
  }

  public var byteCount: UInt64 { ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

  /// Adds `range` and returns how many of its bytes were there before.
  @discardableResult
  public mutating func insert(_ range: Range<UInt64>) -> UInt64 {
    guard !range.isEmpty else { return 0 }
    let first = firstIndex(endingAtOrAfter: range.lowerBound)
    var end = first
    var merged = range
    var known: UInt64 = 0
    while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
      let common = ranges[end].clamped(to: range)
      known += common.upperBound - common.lowerBound
      merged =
        min(merged.lowerBound, ranges[end].lowerBound)..<max(merged.upperBound, ranges[end].upperBound)
      end += 1
    }
    ranges.replaceSubrange(first..<end, with: CollectionOfOne(merged))
    return known
  }

  /// The bytes of `bounds` that are not in the set.
  public func complement(in bounds: Range<UInt64>) -> ExtentSet {
    var gaps = ExtentSet()
    var position = bounds.lowerBound
    for index in firstIndex(endingAtOrAfter: bounds.lowerBound)..<ranges.count {
      let range = ranges[index]
      guard range.lowerBound < bounds.upperBound else { break }
      if position < range.lowerBound { gaps.ranges.append(position..<range.lowerBound) }
      position = max(position, range.upperBound)
    }
    if position < bounds.upperBound { gaps.ranges.append(position..<bounds.upperBound) }
    return gaps
  }

  /// What of `bounds` is in the set, ascending.
  public func ranges(within bounds: Range<UInt64>) -> [Range<UInt64>] {
    var parts: [Range<UInt64>] = []
    for index in firstIndex(endingAtOrAfter: bounds.lowerBound)..<ranges.count {
      guard ranges[index].lowerBound < bounds.upperBound else { break }
      let common = ranges[index].clamped(to: bounds)
      if !common.isEmpty { parts.append(common) }
    }
    return parts
  }

  /// Takes `range` out and returns how many of its bytes were there.
  @discardableResult
  public mutating func remove(_ range: Range<UInt64>) -> UInt64 {
    guard !range.isEmpty else { return 0 }
    let first = firstIndex(endingAtOrAfter: range.lowerBound)
    var end = first
    var left: [Range<UInt64>] = []
    var known: UInt64 = 0
    while end < ranges.count, ranges[end].lowerBound < range.upperBound {
      let part = ranges[end]
      let common = part.clamped(to: range)
      known += common.upperBound - common.lowerBound
      if part.lowerBound < range.lowerBound {
        left.append(part.lowerBound..<min(part.upperBound, range.lowerBound))
      }
      if part.upperBound > range.upperBound {
        left.append(max(part.lowerBound, range.upperBound)..<part.upperBound)
      }
      end += 1
    }
    ranges.replaceSubrange(first..<end, with: left)
    return known
  }

  /// How many bytes of `range` are in the set.
  public func overlap(with range: Range<UInt64>) -> UInt64 {
    var byteCount: UInt64 = 0
    for index in firstIndex(endingAtOrAfter: range.lowerBound)..<ranges.count {
      guard ranges[index].lowerBound < range.upperBound else { break }
      let common = ranges[index].clamped(to: range)
      byteCount += common.upperBound - common.lowerBound
    }
    return byteCount
  }

  /// Index of the first range whose end is at or behind `offset`; the last range is tried first.
  private func firstIndex(endingAtOrAfter offset: UInt64) -> Int {
    guard let last = ranges.last, offset <= last.upperBound else { return ranges.count }
    if last.lowerBound <= offset { return ranges.count - 1 }
    var low = 0
    var high = ranges.count - 1
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
