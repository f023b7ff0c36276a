// SPDX-License-Identifier: Apache-2.0
import Blocks

/// What can be told at the end alone: links, paths, bitmaps and sums.
extension Checker.Run {
  /// Compares the links of inodes with the names that were found.
  mutating func checkLinks() {
    if types[Int(Inode.root)] != .directory { note(.rootDirectory, inode: Inode.root) }
    for number in Inode.root...layout.inodeCount where linkCounts[Int(number)] > 0 {
      let isDirectory = types[Int(number)] == .directory
      let hasName =
        isDirectory
        ? number == Inode.root || parents[number]?.directory ?? 0 != 0 : nameCounts[Int(number)] > 0
      if hasName {
        checkLinkCount(of: number, isDirectory: isDirectory)
      } else if !layout.namelessInodes.contains(number) {
        note(.inodeUnreferenced, inode: number)
      }
    }
    for (block, count) in attributeBlocks.sorted(by: { $0.key < $1.key }) where count.claimed != count.found {
      note(
        .attributeReferenceCount, at: block * layout.blockSize, found: UInt64(count.claimed),
        expected: UInt64(count.found))
    }
  }

  private mutating func checkLinkCount(of number: UInt32, isDirectory: Bool) {
    let found = linkCounts[Int(number)]
    let expected = nameCounts[Int(number)]
    // A directory that once had too many says 1 from then on.
    let isUncounted = isDirectory && found == 1 && layout.features.hasDirectoryLinkOverflow
    guard found != expected, !isUncounted else { return }
    note(.linkCount, inode: number, found: UInt64(found), expected: UInt64(expected))
  }

  /// Follows every directory to the root.
  mutating func checkPaths() {
    var reached = NumberSet(limit: UInt64(layout.inodeCount) + 1)
    _ = reached.insert(UInt64(Inode.root)..<UInt64(Inode.root) + 1)
    for number in parents.keys.sorted() {
      let place = parents[number] ?? Parents()
      let parent = number == Inode.root ? Inode.root : place.directory
      guard parent != 0 else { continue }
      if place.dotDot != parent, place.dotDot != 0 {
        note(.dotDot, inode: number, found: UInt64(place.dotDot), expected: UInt64(parent))
      }
      if !isReachable(number, &reached) { note(.directoryUnreachable, inode: number) }
    }
  }

  /// Marks all on the way up as seen, so that each is passed once. A way that ends at a directory without a name ends
  /// well: that one is told of already.
  private func isReachable(_ number: UInt32, _ reached: inout NumberSet) -> Bool {
    var way: Set<UInt32> = []
    var position = number
    while position != 0, reached.insert(UInt64(position)..<UInt64(position) + 1) == 0 {
      way.insert(position)
      position = parents[position]?.directory ?? 0
    }
    return !way.contains(position)
  }

  /// Compares the block bitmaps with the blocks that were found.
  mutating func checkBlocks() {
    var position = layout.firstDataBlock
    while let run = claimed.firstRun(in: position..<layout.blockCount, notIn: allocatedBlocks) {
      note(.blockMarkedFree, at: run.lowerBound * layout.blockSize, found: UInt64(run.count))
      position = run.upperBound
    }
    position = layout.firstDataBlock
    while let run = allocatedBlocks.firstRun(in: position..<layout.blockCount, notIn: claimed) {
      note(.blockUnreferenced, at: run.lowerBound * layout.blockSize, found: UInt64(run.count))
      position = run.upperBound
    }
  }

  /// Compares the superblock's sums with those of the groups.
  mutating func checkTotals() {
    let start = Checker.SuperblockCheck.offset
    if layout.freeBlockCount != summary.freeBlockCount {
      note(
        .freeBlockCount, at: start + UInt64(SuperblockField.freeBlockCount), found: layout.freeBlockCount,
        expected: summary.freeBlockCount)
    }
    if layout.freeInodeCount != summary.freeInodeCount {
      note(
        .freeInodeCount, at: start + UInt64(SuperblockField.freeInodeCount), found: layout.freeInodeCount,
        expected: summary.freeInodeCount)
    }
  }
}
