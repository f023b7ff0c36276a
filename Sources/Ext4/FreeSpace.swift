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

  /// Takes `count` blocks and appends where they are to `extents`: as few as the free runs allow.
  ///
  /// - Parameter logical: the file's number of the first of them.
  mutating func take(_ count: UInt64, for logical: UInt64, into extents: inout [Extent]) {
    let hasRoom = !isExhausted && neededBlockCount + count <= blockCount
    neededBlockCount += count
    guard hasRoom else {
      isExhausted = true
      return
    }
    var taken: UInt64 = 0
    while taken < count {
      if position == runs[runIndex].upperBound {
        runIndex += 1
        position = runs[runIndex].lowerBound
      }
      let piece = min(count - taken, runs[runIndex].upperBound - position, Extent.largestBlockCount)
      extents.append(Extent(logical: logical + taken, physical: position, blockCount: piece))
      position += piece
      taken += piece
    }
  }

  /// Takes one block, or counts it where there is none.
  mutating func takeBlock() -> UInt64? {
    var extents: [Extent] = []
    take(1, for: 0, into: &extents)
    return extents.first?.physical
  }

  /// What has been taken, ascending.
  var usedRuns: [Range<UInt64>] {
    guard neededBlockCount > 0 else { return [] }
    return runs[..<runIndex] + [runs[runIndex].lowerBound..<position]
  }
}
