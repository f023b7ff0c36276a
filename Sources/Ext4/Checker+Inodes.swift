// SPDX-License-Identifier: Apache-2.0
import Blocks

/// Byte offsets in an inode, with the documentation's names.
enum InodeField {
  static let mode = 0x0  // i_mode
  static let size = 0x4  // i_size_lo
  static let deletionTime = 0x14  // i_dtime
  static let linkCount = 0x1A  // i_links_count
  static let blockCount = 0x1C  // i_blocks_lo
  static let flags = 0x20  // i_flags
  static let blocks = 0x28  // i_block
  static let attributeBlock = 0x68  // i_file_acl_lo
  static let sizeHigh = 0x6C  // i_size_high
  static let blockCountHigh = 0x74  // l_i_blocks_high
  static let attributeBlockHigh = 0x76  // l_i_file_acl_high
  static let extraSize = 0x80  // i_extra_isize
}

extension Checker {
  /// What of an inode tells of its blocks.
  struct FileInode {
    let number: UInt32
    /// In bytes from the start of the volume.
    let offset: UInt64
    let type: InodeType?
    let size: UInt64
    /// In `blockCountUnit` bytes.
    let blockCount: UInt64
    let blockCountUnit: UInt64
    let flags: UInt32
    let attributeBlock: UInt64
    /// `i_block`, 60 bytes.
    let body: [UInt8]

    init(_ slot: RawSpan, number: UInt32, at offset: UInt64, layout: Layout) {
      self.number = number
      self.offset = offset
      type = InodeType(mode: slot.load(at: InodeField.mode))
      flags = slot.load(at: InodeField.flags)
      let low: UInt32 = slot.load(at: InodeField.size)
      let high: UInt32 = slot.load(at: InodeField.sizeHigh)
      size = UInt64(low) | UInt64(high) << 32
      let isHuge = layout.features.hasHugeFiles
      let countLow: UInt32 = slot.load(at: InodeField.blockCount)
      let countHigh: UInt16 = isHuge ? slot.load(at: InodeField.blockCountHigh) : 0
      blockCount = UInt64(countLow) | UInt64(countHigh) << 32
      blockCountUnit = isHuge && flags & 0x4_0000 != 0 ? layout.blockSize : 512
      let attributeLow: UInt32 = slot.load(at: InodeField.attributeBlock)
      let attributeHigh: UInt16 =
        layout.features.is64Bit ? slot.load(at: InodeField.attributeBlockHigh) : 0
      attributeBlock = UInt64(attributeLow) | UInt64(attributeHigh) << 32
      body = slot.copy(InodeField.blocks..<InodeField.blocks + 60)
    }

    var hasExtents: Bool { flags & 0x8_0000 != 0 }
    var isEncrypted: Bool { flags & 0x800 != 0 }
    var isIndexed: Bool { flags & 0x1000 != 0 }
    /// A symbolic link whose target is in the inode.
    var isInline: Bool { type == .symbolicLink && !hasExtents && size < 60 }
  }
}

/// The inode tables, twice: what is in use, then what it has.
///
/// Source: kernel documentation, ext4, "Index Nodes".
extension Checker.Run {
  /// Finds out which inodes are in use, and checks what needs no other block.
  mutating func takeCensus() throws(Ext4Error) {
    for group in 0..<layout.groupCount {
      var directoryCount: UInt64 = 0
      try forEachInode(of: group) { run, number, offset, slot throws(Ext4Error) in
        run.count(number, at: offset, &slot)
        if run.linkCounts[Int(number)] > 0, run.types[Int(number)] == .directory { directoryCount += 1 }
      }
      compare(
        .groupDirectoryCount, group, UInt64(groups[Int(group)].directoryCount), directoryCount)
      summary.directoryCount += Int(directoryCount)
    }
  }

  /// Follows every inode in use to its blocks.
  mutating func checkFiles() throws(Ext4Error) {
    for group in 0..<layout.groupCount {
      try forEachInode(of: group) { run, number, offset, slot throws(Ext4Error) in
        guard run.linkCounts[Int(number)] > 0 || number < run.layout.firstInode else { return }
        let inode = Checker.FileInode(slot.bytes, number: number, at: offset, layout: run.layout)
        try run.checkFile(inode)
      }
    }
  }

  /// Calls `body` with every inode of the group's table that is or may be in use, and with where it stands.
  private mutating func forEachInode(
    of group: UInt32,
    _ body: (inout Self, UInt32, UInt64, inout MutableRawSpan) throws(Ext4Error) -> Void
  ) throws(Ext4Error) {
    guard let table = inodeTable(groups[Int(group)]) else { return }
    let first = layout.firstInode(ofGroup: group)
    let count = usedSlotCount(of: group)
    let perBlock = Int(layout.blockSize) / layout.inodeSize
    var buffer = makeBlock()
    for start in stride(from: 0, to: count, by: perBlock) {
      let block = table.lowerBound + UInt64(start / perBlock)
      guard try read(block, into: &buffer) else { return }
      for index in start..<min(start + perBlock, count) {
        let place = (index - start) * layout.inodeSize
        var bytes = buffer.mutableBytes
        var slot = bytes._mutatingExtracting(place..<place + layout.inodeSize)
        try body(&self, first + UInt32(index), block * layout.blockSize + UInt64(place), &slot)
      }
    }
  }

  /// How many slots from the table's first on are to be looked at.
  private func usedSlotCount(of group: UInt32) -> Int {
    let description = groups[Int(group)]
    let perGroup = Int(layout.inodesPerGroup)
    guard layout.features.hasGroupChecksums else { return perGroup }
    guard description.hasInodeBitmap else { return 0 }
    let used = perGroup - min(Int(description.unusedInodeCount), perGroup)
    return max(used, markedSlotCount(of: group))
  }

  /// How many slots of the table there are up to the last that is marked as in use.
  func markedSlotCount(of group: UInt32) -> Int {
    let inodes = inodes(ofGroup: group)
    return allocatedInodes.last(in: inodes).map { Int($0 - inodes.lowerBound) + 1 } ?? 0
  }
}

// The census.
extension Checker.Run {
  private mutating func count(_ number: UInt32, at offset: UInt64, _ slot: inout MutableRawSpan) {
    let links: UInt16 = slot.load(at: InodeField.linkCount)
    let isMarked = allocatedInodes.contains(UInt64(number))
    guard number >= layout.firstInode || number == Inode.root else {
      checkReserved(number, at: offset, &slot, links: links, isMarked: isMarked)
      return
    }
    guard links > 0 else {
      if isMarked { note(.inodeMarkedUsed, at: offset, inode: number) }
      return
    }
    if !isMarked { note(.inodeMarkedFree, at: offset, inode: number) }
    linkCounts[Int(number)] = links
    checkFields(number, at: offset, &slot)
    let isFile = types[Int(number)] != .directory && !layout.namelessInodes.contains(number)
    if isFile { summary.fileCount += 1 }
  }

  /// Those that have no names: they are all marked as in use, and most are empty.
  private mutating func checkReserved(
    _ number: UInt32, at offset: UInt64, _ slot: inout MutableRawSpan, links: UInt16, isMarked: Bool
  ) {
    if !isMarked { note(.inodeMarkedFree, at: offset, inode: number) }
    guard links > 0 else { return }
    checkFields(number, at: offset, &slot)
  }

  private mutating func checkFields(_ number: UInt32, at offset: UInt64, _ slot: inout MutableRawSpan) {
    if !system.isValid(inode: number, &slot) { note(.inodeChecksum, at: offset, inode: number) }
    let mode: UInt16 = slot.load(at: InodeField.mode)
    types[Int(number)] = InodeType(mode: mode)
    if InodeType(mode: mode) == nil { note(.inodeType, at: offset, inode: number, found: UInt64(mode)) }
    let time: UInt32 = slot.load(at: InodeField.deletionTime)
    if time != 0 { note(.deletionTime, at: offset, inode: number, found: UInt64(time), expected: 0) }
    guard layout.inodeSize > 128 else { return }
    let extra: UInt16 = slot.load(at: InodeField.extraSize)
    if Int(extra) > layout.inodeSize - 128 || !extra.isMultiple(of: 4) {
      note(.extraSize, at: offset, inode: number, found: UInt64(extra))
    }
  }
}

// Blocks of one file.
extension Checker.Run {
  private mutating func checkFile(_ inode: Checker.FileInode) throws(Ext4Error) {
    var map = BlockMap(inode)
    try claimAttributes(of: inode, &map)
    switch inode.type {
    case .regular, .directory: try walk(&map)
    case .symbolicLink: try checkSymbolicLink(inode, &map)
    case nil where inode.number < layout.firstInode: try walk(&map)
    default: break
    }
    let blockCount = map.blockCount * (layout.blockSize / inode.blockCountUnit)
    if map.isSound, inode.type != nil, inode.blockCount != blockCount {
      note(
        .inodeBlockCount, at: inode.offset, inode: inode.number, found: inode.blockCount, expected: blockCount
      )
    }
    if inode.type == .directory { try checkDirectory(inode, map) }
  }

  private mutating func checkSymbolicLink(
    _ inode: Checker.FileInode, _ map: inout BlockMap
  ) throws(Ext4Error) {
    let isRight =
      inode.isInline
      ? inode.size > 0 && (inode.isEncrypted || !inode.body.prefix(Int(inode.size)).contains(0))
      : inode.size > 0 && inode.size < layout.blockSize
    if !isRight { note(.symbolicLink, at: inode.offset, inode: inode.number, found: inode.size) }
    if !inode.isInline { try walk(&map) }
  }

  /// Source: kernel documentation, ext4, "Extended Attributes".
  private mutating func claimAttributes(
    of inode: Checker.FileInode, _ map: inout BlockMap
  ) throws(Ext4Error) {
    let block = inode.attributeBlock
    guard block != 0 else { return }
    if attributeBlocks[block] != nil {
      attributeBlocks[block]?.found += 1
      map.blockCount += 1
      return
    }
    var buffer = makeBlock()
    guard claim(block..<block &+ 1, &map), try read(block, into: &buffer) else { return }
    let offset = block * layout.blockSize
    guard buffer.bytes.load(UInt32.self, at: 0) == 0xEA02_0000, buffer.bytes.load(UInt32.self, at: 8) == 1
    else { return note(.attributeBlock, at: offset, inode: inode.number) }
    attributeBlocks[block] = (buffer.bytes.load(at: 4), 1)
    if !system.isValid(attributes: &buffer, at: block, ofInode: inode.number) {
      note(.attributeBlockChecksum, at: offset, inode: inode.number)
    }
  }
}
