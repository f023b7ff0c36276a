// SPDX-License-Identifier: Apache-2.0
import Blocks

/// Group descriptors, bitmaps and backups of the superblock.
///
/// Source: kernel documentation, ext4, "Block Group Descriptors", "Block and Inode Bitmaps".
extension Checker.Run {
  mutating func checkGroups() throws(Ext4Error) {
    for number in 0..<layout.groupCount {
      let group = system.group(number)
      groups.append(group)
      if !group.hasValidChecksum { note(.descriptorChecksum, group: number) }
      claimMetadata(of: group, number)
      try checkBackup(number)
    }
    if let block = layout.protectionBlock, layout.contains(block) { claimMetadata(block..<block + 1, nil) }
    for number in 0..<layout.groupCount { try loadBitmaps(number) }
  }

  /// Superblock, descriptors, bitmaps and inode table.
  private mutating func claimMetadata(of group: CheckedFileSystem.Group, _ number: UInt32) {
    let leading = system.leadingBlocks(
      of: number, descriptorBlockCount: layout.descriptorBlockCount)
    for range in leading { claimMetadata(range, number) }
    let bitmaps: [(UInt64, Finding.Kind)] = [
      (group.blockBitmap, .blockBitmapLocation), (group.inodeBitmap, .inodeBitmapLocation),
    ]
    for (block, kind) in bitmaps {
      if layout.contains(block) {
        claimMetadata(block..<block + 1, number)
      } else {
        note(kind, group: number, found: block)
      }
    }
    if let table = inodeTable(group) {
      claimMetadata(table, number)
    } else {
      note(.inodeTableLocation, group: number, found: group.inodeTable)
    }
  }

  /// Blocks of the inode table; nil where it isn't within the volume.
  func inodeTable(_ group: CheckedFileSystem.Group) -> Range<UInt64>? {
    let count = layout.inodeTableBlockCount
    guard layout.contains(group.inodeTable), count <= layout.blockCount - group.inodeTable else { return nil }
    return group.inodeTable..<group.inodeTable + count
  }

  private mutating func claimMetadata(_ range: Range<UInt64>, _ group: UInt32?) {
    let count = claimed.insert(range)
    guard count > 0 else { return }
    note(.metadataOverlaps, at: range.lowerBound * layout.blockSize, group: group, found: count)
  }

  private mutating func checkBackup(_ number: UInt32) throws(Ext4Error) {
    guard number > 0, system.hasSuperblock(number) else { return }
    let offset = layout.blocks(ofGroup: number).lowerBound * layout.blockSize
    var buffer = AlignedBuffer(byteCount: Checker.SuperblockCheck.byteCount)
    var bytes = buffer.mutableBytes
    let isRead = try source.read(into: &bytes, at: offset)
    let checksum = CRC32C.checksum(buffer.bytes.extracting(first: SuperblockField.checksum))
    let isRight =
      isRead && buffer.bytes.load(at: SuperblockField.magic) == Checker.SuperblockCheck.magic
      && buffer.bytes.load(at: SuperblockField.group) == UInt16(truncatingIfNeeded: number)
      && (!layout.features.hasMetadataChecksums
        || buffer.bytes.load(at: SuperblockField.checksum) == checksum)
    if !isRight { note(.backupSuperblock, at: offset, group: number) }
  }
}

// Bitmaps.
extension Checker.Run {
  private mutating func loadBitmaps(_ number: UInt32) throws(Ext4Error) {
    let group = groups[Int(number)]
    let blocks = layout.blocks(ofGroup: number)
    if group.hasBlockBitmap || !layout.features.hasGroupChecksums {
      try loadBlockBitmap(group, number, blocks)
    } else {
      allocatedBlocks.insert(blocks, of: claimed)
    }
    let freeBlockCount = UInt64(blocks.count) - allocatedBlocks.count(in: blocks)
    compare(.groupFreeBlockCount, number, UInt64(group.freeBlockCount), freeBlockCount)
    summary.freeBlockCount += freeBlockCount

    if group.hasInodeBitmap || !layout.features.hasGroupChecksums { try loadInodeBitmap(group, number) }
    let inodes = inodes(ofGroup: number)
    let freeInodeCount = UInt64(inodes.count) - allocatedInodes.count(in: inodes)
    compare(.groupFreeInodeCount, number, UInt64(group.freeInodeCount), freeInodeCount)
    summary.freeInodeCount += freeInodeCount
    checkUnusedInodes(group, number)
  }

  private mutating func checkUnusedInodes(_ group: CheckedFileSystem.Group, _ number: UInt32) {
    guard layout.features.hasGroupChecksums else { return }
    let largest = Int(layout.inodesPerGroup) - markedSlotCount(of: number)
    guard group.unusedInodeCount > largest else { return }
    note(.groupUnusedInodeCount, group: number, found: UInt64(group.unusedInodeCount))
  }

  /// A number of a group descriptor.
  mutating func compare(_ kind: Finding.Kind, _ group: UInt32, _ found: UInt64, _ expected: UInt64) {
    if found != expected { note(kind, group: group, found: found, expected: expected) }
  }

  func inodes(ofGroup group: UInt32) -> Range<UInt64> {
    let first = UInt64(layout.firstInode(ofGroup: group))
    return first..<first + UInt64(layout.inodesPerGroup)
  }

  private mutating func loadBlockBitmap(
    _ group: CheckedFileSystem.Group, _ number: UInt32, _ blocks: Range<UInt64>
  ) throws(Ext4Error) {
    var buffer = makeBlock()
    guard try read(group.blockBitmap, into: &buffer) else { return }
    let bytes = buffer.bytes
    let offset = group.blockBitmap * layout.blockSize
    let covered = bytes.extracting(first: Int(layout.blocksPerGroup / 8))
    if !system.isValid(blockBitmap: covered, ofGroup: number) {
      note(.blockBitmapChecksum, at: offset, group: number)
    }
    if !bytes.isPadded(from: blocks.count) { note(.blockBitmapPadding, at: offset, group: number) }
    allocatedBlocks.insert(bitmap: bytes, at: blocks.lowerBound, count: UInt64(blocks.count))
  }

  private mutating func loadInodeBitmap(
    _ group: CheckedFileSystem.Group, _ number: UInt32
  ) throws(Ext4Error) {
    var buffer = makeBlock()
    guard try read(group.inodeBitmap, into: &buffer) else { return }
    let bytes = buffer.bytes
    let offset = group.inodeBitmap * layout.blockSize
    let count = Int(layout.inodesPerGroup)
    if !system.isValid(inodeBitmap: bytes.extracting(first: count / 8), ofGroup: number) {
      note(.inodeBitmapChecksum, at: offset, group: number)
    }
    if !bytes.isPadded(from: count) { note(.inodeBitmapPadding, at: offset, group: number) }
    allocatedInodes.insert(
      bitmap: bytes, at: UInt64(layout.firstInode(ofGroup: number)), count: UInt64(count))
  }
}

extension RawSpan {
  /// Whether all bits from `start` on are set, the lowest of a byte first.
  fileprivate func isPadded(from start: Int) -> Bool {
    stride(from: start / 64, to: byteCount / 8, by: 1).allSatisfy { index in
      let covered: UInt64 = index == start / 64 ? (1 << UInt64(start % 64)) - 1 : 0
      return load(UInt64.self, at: index * 8) | covered == .max
    }
  }
}
