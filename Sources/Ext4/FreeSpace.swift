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
  /// What has been asked for, the nodes of extents aside.
  private(set) var log = AllocationLog()
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
  /// - Parameters:
  ///   - logical: the file's number of the first of them.
  ///   - extents: those that the file has; none for a new file.
  mutating func take(_ count: UInt64, for logical: UInt64, into extents: inout [Extent]) {
    log.append(count, startsFile: extents.isEmpty)
    takeUnlogged(count, for: logical, into: &extents)
  }

  /// Takes `count` blocks more for the last file, which has no holes and grows, and appends where they are to
  /// `extents`.
  ///
  /// - Parameter logical: how many blocks the file has had.
  mutating func takeMore(_ count: UInt64, for logical: UInt64, into extents: inout [Extent]) {
    if logical > 0 { log.extendLastFile(by: count) } else { log.append(count, startsFile: true) }
    takeUnlogged(count, for: logical, into: &extents)
  }

  private mutating func takeUnlogged(_ count: UInt64, for logical: UInt64, into extents: inout [Extent]) {
    forEachRun(of: count) { taken, run in
      extents.append(
        Extent(logical: logical + taken, physical: run.lowerBound, blockCount: UInt64(run.count)))
    }
  }

  /// Takes `count` blocks of a file, as `take` does, and returns how many extents they are.
  mutating func skip(_ count: UInt64) -> Int {
    var extentCount = 0
    forEachRun(of: count) { _, _ in extentCount += 1 }
    return extentCount
  }

  private mutating func forEachRun(
    of count: UInt64, _ body: (_ taken: UInt64, _ run: Range<UInt64>) -> Void
  ) {
    neededBlockCount += count
    if neededBlockCount > blockCount { isExhausted = true }
    var taken: UInt64 = 0
    while taken < count {
      let run = takeRun(atMost: min(count - taken, Extent.largestBlockCount))
      body(taken, run)
      taken += UInt64(run.count)
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
    log.append(1, startsFile: true)
    return takeUnlogged()
  }

  /// Takes a block for a node of extents.
  ///
  /// - Parameter isOfContent: false where the file has it because of where it lies, true where what is in the file
  ///   divides its extents.
  mutating func takeNode(isOfContent: Bool) -> UInt64? {
    isOfContent ? takeBlock() : takeUnlogged()
  }

  private mutating func takeUnlogged() -> UInt64? {
    var block: UInt64?
    forEachRun(of: 1) { _, run in block = run.lowerBound }
    return isExhausted ? nil : block
  }

  /// What has been taken, ascending.
  var usedRuns: [Range<UInt64>] {
    guard neededBlockCount > 0 else { return [] }
    return runs[..<runIndex] + [runs[runIndex].lowerBound..<position]
  }
}
