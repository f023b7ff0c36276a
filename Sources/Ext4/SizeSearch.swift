// SPDX-License-Identifier: Apache-2.0
import Blocks

/// The search for the smallest volume that has room for content.
///
/// Sizes are in blocks. Between two of them where the choice of a ratio or of a journal changes, room grows with the
/// size, but for a saw's teeth: where each group's inode table or the room for growth gets a block more, a few blocks
/// are lost at once and won back on the way to the next tooth. On one tooth room grows block by block.
struct SizeSearch {
  private let format: Format
  private let demand: Demand
  /// Bytes.
  private let slack: UInt64
  private var layouts: [UInt64: Layout?] = [:]

  init(for demand: Demand, slack: UInt64, in format: Format) {
    self.demand = demand
    self.slack = slack
    self.format = format
  }

  /// What a volume of some size is like when it is empty.
  private struct Layout {
    let geometry: Geometry
    let freeRuns: [Range<UInt64>]
    let freeBlockCount: UInt64
    let shape: Shape
  }

  /// What is equal on one tooth.
  private struct Shape: Equatable {
    let groupCount: Int
    let inodesPerGroup: UInt32
    let journalBlockCount: UInt64
    let growthBlockCount: UInt32
  }

  /// What a volume lacks.
  private struct Shortage {
    var blockCount: UInt64
    var inodeCount: UInt64
    var isNone: Bool { blockCount == 0 && inodeCount == 0 }
  }

  mutating func isEnough(_ blockCount: UInt64) throws(Ext4Error) -> Bool {
    try shortage(blockCount)?.isNone ?? false
  }

  /// - Parameter first: the smallest that is considered.
  mutating func smallestBlockCount(from first: UInt64) throws(Ext4Error) -> UInt64 {
    let (leastCount, isOverflow) = demand.blockCount.addingReportingOverflow(
      slack.dividedRoundingUp(by: Format.blockSize))
    let largest = Format.largestSize / Format.blockSize
    guard !isOverflow, leastCount <= largest else {
      throw .contentBeyondFormat(largestSize: Format.largestSize)
    }
    let start = max(first, leastCount, format.smallestSize.dividedRoundingUp(by: Format.blockSize))
    var lower = start
    for step in steps + [largest + 1] where step > lower {
      if let smallest = try smallest(in: lower..<step) { return smallest }
      lower = step
    }
    throw .contentBeyondFormat(largestSize: Format.largestSize)
  }

  /// Where the ratio changes, and the automatic journal.
  ///
  /// Source: mke2fs.conf; `ext2fs_default_journal_size`, which tells the sizes nowhere else.
  private var steps: [UInt64] {
    var steps: Set<UInt64> = []
    if format.inodeRatio == nil, format.inodeCount == nil { steps.formUnion([1 << 17, 1 << 30, 1 << 32]) }
    if format.hasJournal, format.journal == .automatic {
      steps.formUnion([1 << 15, 1 << 18, 1 << 19, 1 << 20, 1 << 22])
    }
    return steps.sorted()
  }
}

extension SizeSearch {
  /// Nil where no size of `range`, between two steps, is enough.
  private mutating func smallest(in range: Range<UInt64>) throws(Ext4Error) -> UInt64? {
    var smallest = try climb(in: range)
    var last = smallest ?? range.upperBound - 1
    // What is behind it on the same tooth is smaller; and there may be a higher point on a tooth before.
    while try mayBeEnough(last) {
      let start = try toothStart(of: last, from: range.lowerBound)
      if try isEnough(last) { smallest = try bisect(start...last) }
      guard start > range.lowerBound else { break }
      last = start - 1
    }
    return smallest
  }

  /// A size that is enough, found from below by adding what is missing.
  private mutating func climb(in range: Range<UInt64>) throws(Ext4Error) -> UInt64? {
    var size = range.lowerBound
    while size < range.upperBound {
      guard let shortage = try shortage(size) else {
        size += max(1, size / 64)
        continue
      }
      if shortage.isNone { return size }
      let inodeSpan = shortage.inodeCount * ratio(at: size) / Format.blockSize
      size += max(1, shortage.blockCount, inodeSpan)
    }
    return nil
  }

  /// Whether a size is enough, or lacks so little that a smaller one might not.
  private mutating func mayBeEnough(_ size: UInt64) throws(Ext4Error) -> Bool {
    guard let shortage = try shortage(size), let layout = try layout(size) else { return false }
    let groupCount = UInt64(layout.shape.groupCount) + 1
    // A tooth costs a block of each group's inodes, sixteen of them, and a block of growth in some groups; where a
    // group begins it may be a few more: 90 blocks are the most that was seen.
    return shortage.blockCount <= 4 * groupCount + 256 && shortage.inodeCount <= 64 * groupCount
  }

  /// The smallest size, not below `lowest`, of which the volume has the shape that it has at `size`.
  private mutating func toothStart(of size: UInt64, from lowest: UInt64) throws(Ext4Error) -> UInt64 {
    let shape = try layout(size)?.shape
    var known = size
    var distance: UInt64 = 1
    while known > lowest {
      let next = max(known - min(distance, known), lowest)
      guard try layout(next)?.shape == shape else {
        return try firstSize(in: next + 1...known) { search, size throws(Ext4Error) in
          try search.layout(size)?.shape == shape
        }
      }
      known = next
      distance *= 2
    }
    return known
  }

  /// The smallest size on a tooth, whose last size is enough.
  private mutating func bisect(_ tooth: ClosedRange<UInt64>) throws(Ext4Error) -> UInt64 {
    try firstSize(in: tooth) { search, size throws(Ext4Error) in try search.isEnough(size) }
  }

  /// The first number for which `holds`, which does for the last one and for all behind the first.
  private mutating func firstSize(
    in range: ClosedRange<UInt64>, where holds: (inout SizeSearch, UInt64) throws(Ext4Error) -> Bool
  ) throws(Ext4Error) -> UInt64 {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper {
      let middle = lower + (upper - lower) / 2
      if try holds(&self, middle) { upper = middle } else { lower = middle + 1 }
    }
    return upper
  }
}

// What a size gives.
extension SizeSearch {
  /// Blocks that the kernel keeps back for content that it has promised room for: `ext4_calculate_resv_clusters`.
  private static func keptBackBlockCount(of blockCount: UInt64) -> UInt64 { min(blockCount / 50, 4096) }

  /// Nil where the size is too small for the volume's own structures.
  private mutating func shortage(_ blockCount: UInt64) throws(Ext4Error) -> Shortage? {
    guard let layout = try layout(blockCount) else { return nil }
    let geometry = layout.geometry
    var spareCount: UInt64 = 0
    var inodeCount = UInt64(demand.inodeCount)
    if slack > 0 {
      spareCount =
        geometry.reservedBlockCount + Self.keptBackBlockCount(of: geometry.blockCount)
        + slack.dividedRoundingUp(by: Format.blockSize)
      if format.inodeCount == nil { inodeCount += slack.dividedRoundingUp(by: ratio(at: blockCount)) }
    }
    // Only where it is close it matters where exactly files lie.
    let isAmple = demand.largestBlockCount(in: layout.freeRuns) + spareCount <= layout.freeBlockCount
    let isTooMuch = demand.blockCount + spareCount > layout.freeBlockCount
    let contentCount = isAmple || isTooMuch ? demand.blockCount : demand.blockCount(in: layout.freeRuns)
    let neededCount = contentCount + spareCount
    return Shortage(
      blockCount: neededCount - min(neededCount, layout.freeBlockCount),
      inodeCount: inodeCount - min(inodeCount, UInt64(geometry.inodeCount)))
  }

  /// Bytes to an inode.
  private func ratio(at blockCount: UInt64) -> UInt64 {
    var format = format
    format.size = blockCount * Format.blockSize
    return format.effectiveInodeRatio
  }

  private mutating func layout(_ blockCount: UInt64) throws(Ext4Error) -> Layout? {
    if let layout = layouts[blockCount] { return layout }
    let layout = try makeLayout(blockCount)
    layouts[blockCount] = .some(layout)
    return layout
  }

  private func makeLayout(_ blockCount: UInt64) throws(Ext4Error) -> Layout? {
    var format = format
    format.size = blockCount * Format.blockSize
    do throws(Ext4Error) {
      let handle = try FileSystemHandle.format(format, in: MetadataStore(size: format.size))
      let runs = handle.freeRuns()
      let geometry = handle.geometry
      return Layout(
        geometry: geometry, freeRuns: runs, freeBlockCount: runs.reduce(0) { $0 + UInt64($1.count) },
        shape: Shape(
          groupCount: geometry.inodeTables.count, inodesPerGroup: geometry.inodesPerGroup,
          journalBlockCount: geometry.journalBlockCount, growthBlockCount: handle.growthBlockCount))
    } catch {
      guard error.meansTooSmall else { throw error }
      return nil
    }
  }
}
