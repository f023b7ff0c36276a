// SPDX-License-Identifier: Apache-2.0
import Blocks

/// The free blocks of a new volume, given away once, from the first to the last.
///
/// What no longer fits is counted all the same, so that the whole need is known at the end.
struct FreeSpace {
  /// All that was free at the start, ascending.
  let runs: [Range<UInt64>]
  let blockCount: UInt64
  /// Blocks asked for so far, whether they were there or not.
  private(set) var neededBlockCount: UInt64 = 0
  /// True once something didn't fit.
  private(set) var isExhausted = false
  private var runIndex = 0
  /// The next free block, in the run at `runIndex`.
  private var position: UInt64

  init(runs: [Range<UInt64>]) {
    self.runs = runs
    blockCount = runs.reduce(0) { $0 + UInt64($1.count) }
    position = runs.first?.lowerBound ?? 0
  }

  /// Takes `count` blocks and appends where they are to `extents`: as few as the free runs allow. Once
  /// something didn't fit, those are extents of no place, as many as it would take at least.
  ///
  /// - Parameter logical: the file's number of the first of them.
  mutating func take(_ count: UInt64, for logical: UInt64, into extents: inout [Extent]) {
    neededBlockCount += count
    if neededBlockCount > blockCount { isExhausted = true }
    var taken: UInt64 = 0
    while taken < count {
      let piece = takeRun(atMost: min(count - taken, Extent.largestBlockCount))
      extents.append(
        Extent(logical: logical + taken, physical: piece.lowerBound, blockCount: UInt64(piece.count)))
      taken += UInt64(piece.count)
    }
  }

  private mutating func takeRun(atMost count: UInt64) -> Range<UInt64> {
    if isExhausted { return 0..<count }
    if position == runs[runIndex].upperBound {
      runIndex += 1
      position = runs[runIndex].lowerBound
    }
    let first = position
    position = min(first + count, runs[runIndex].upperBound)
    return first..<position
  }

  /// Takes one block, or counts it where there is none.
  mutating func takeBlock() -> UInt64? {
    var extents: [Extent] = []
    take(1, for: 0, into: &extents)
    return isExhausted ? nil : extents.first?.physical
  }

  /// What has been taken, ascending.
  var usedRuns: [Range<UInt64>] {
    guard neededBlockCount > 0 else { return [] }
    return runs[..<runIndex] + [runs[runIndex].lowerBound..<position]
  }
}
