// SPDX-License-Identifier: Apache-2.0
import Blocks

extension Checker.Run {
  /// What has been found of a file's blocks.
  struct BlockMap {
    let inode: Checker.FileInode
    /// All blocks that the file takes: content, nodes, attributes.
    var blockCount: UInt64 = 0
    /// The file's block behind the last one that was found.
    var nextLogical: UInt64 = 0
    /// A directory's blocks, in order.
    var blocks: [UInt64] = []
    /// Whether all could be followed.
    var isSound = true

    init(_ inode: Checker.FileInode) { self.inode = inode }
  }

  /// Claims all blocks of the file.
  mutating func walk(_ map: inout BlockMap) throws(Ext4Error) {
    var body = AlignedBuffer(byteCount: 60)
    var bytes = body.mutableBytes
    bytes.store(map.inode.body, at: 0)
    let offset = map.inode.offset + UInt64(InodeField.blocks)
    if map.inode.hasExtents {
      try walkExtents(body.bytes, at: offset, depth: nil, &map)
    } else {
      try walkPointers(body.bytes, &map)
    }
  }

  /// Claims blocks for a file.
  ///
  /// - Returns: false where they can't be followed: they are none of the volume, or were followed before.
  mutating func claim(_ blocks: Range<UInt64>, _ map: inout BlockMap) -> Bool {
    let isWithin =
      layout.contains(blocks.lowerBound) && blocks.upperBound > blocks.lowerBound
      && blocks.upperBound <= layout.blockCount
    guard isWithin else {
      note(.blockOutside, inode: map.inode.number, found: blocks.lowerBound)
      map.isSound = false
      return false
    }
    map.blockCount += UInt64(blocks.count)
    let overlap = claimed.insert(blocks)
    guard overlap > 0 else { return true }
    note(
      .blockClaimedTwice, at: blocks.lowerBound * layout.blockSize, inode: map.inode.number, found: overlap)
    map.isSound = map.isSound && overlapBudget > overlap
    overlapBudget -= min(overlap, overlapBudget)
    return false
  }

  /// Claims blocks of content.
  private mutating func claimContent(_ blocks: Range<UInt64>, logical: UInt64, _ map: inout BlockMap) {
    if map.inode.type == .directory {
      if logical != map.nextLogical {
        note(.directoryHole, inode: map.inode.number, found: logical, expected: map.nextLogical)
      }
      if claim(blocks, &map) { map.blocks += blocks }
    } else {
      _ = claim(blocks, &map)
    }
    map.nextLogical = logical + UInt64(blocks.count)
  }
}

/// Source: kernel documentation, ext4, "Extent Tree".
extension Checker.Run {
  /// - Parameter depth: of the node, as its parent has it; nil for the root.
  private mutating func walkExtents(
    _ node: RawSpan, at offset: UInt64, depth: UInt16?, _ map: inout BlockMap
  ) throws(Ext4Error) {
    let entryCount = Int(node.load(UInt16.self, at: 2))
    let ownDepth: UInt16 = node.load(at: 6)
    guard isHeader(of: node, depth: depth) else {
      note(.extentHeader, at: offset, inode: map.inode.number)
      map.isSound = false
      return
    }
    for index in 0..<entryCount {
      guard map.isSound || overlapBudget > 0 else { return }
      let place = 12 + index * 12
      let entry = node.extracting(place..<place + 12)
      if ownDepth == 0 {
        checkExtent(entry, at: offset + UInt64(place), &map)
      } else {
        try walkIndex(entry, at: offset + UInt64(place), depth: ownDepth - 1, &map)
      }
    }
  }

  private func isHeader(of node: RawSpan, depth: UInt16?) -> Bool {
    let entryCount: UInt16 = node.load(at: 2)
    let capacity: UInt16 = node.load(at: 4)
    let ownDepth: UInt16 = node.load(at: 6)
    return node.load(UInt16.self, at: 0) == 0xF30A && entryCount <= capacity
      && Int(capacity) == (node.byteCount - 12) / 12 && ownDepth <= 5 && (depth == nil || depth == ownDepth)
  }

  private mutating func walkIndex(
    _ entry: RawSpan, at offset: UInt64, depth: UInt16, _ map: inout BlockMap
  ) throws(Ext4Error) {
    let logical = UInt64(entry.load(UInt32.self, at: 0))
    let block = UInt64(entry.load(UInt32.self, at: 4)) | UInt64(entry.load(UInt16.self, at: 8)) << 32
    if logical < map.nextLogical {
      note(.extentOrder, at: offset, inode: map.inode.number, found: logical, expected: map.nextLogical)
    }
    var buffer = makeBlock()
    guard claim(block..<block + 1, &map), try read(block, into: &buffer) else {
      map.isSound = false
      return
    }
    // The library takes the place of the checksum from the header.
    if isHeader(of: buffer.bytes, depth: depth), !system.isValid(extents: &buffer, ofInode: map.inode.number)
    {
      note(.extentChecksum, at: block * layout.blockSize, inode: map.inode.number)
    }
    try walkExtents(buffer.bytes, at: block * layout.blockSize, depth: depth, &map)
  }

  private mutating func checkExtent(_ entry: RawSpan, at offset: UInt64, _ map: inout BlockMap) {
    let logical = UInt64(entry.load(UInt32.self, at: 0))
    let length = UInt64(entry.load(UInt16.self, at: 4))
    let isUnwritten = length > Extent.unwrittenBias
    let count = isUnwritten ? length - Extent.unwrittenBias : length
    let block = UInt64(entry.load(UInt32.self, at: 8)) | UInt64(entry.load(UInt16.self, at: 6)) << 32
    guard count > 0 else { return note(.extentLength, at: offset, inode: map.inode.number) }
    if isUnwritten, map.inode.type == .directory || map.inode.type == .symbolicLink {
      note(.extentUnwritten, at: offset, inode: map.inode.number)
    }
    if logical < map.nextLogical {
      note(.extentOrder, at: offset, inode: map.inode.number, found: logical, expected: map.nextLogical)
    }
    claimContent(block..<block + count, logical: logical, &map)
  }
}

/// Source: kernel documentation, ext4, "Direct/Indirect Block Addressing".
extension Checker.Run {
  private static var directCount: Int { 12 }

  private mutating func walkPointers(_ body: RawSpan, _ map: inout BlockMap) throws(Ext4Error) {
    var logical: UInt64 = 0
    for index in 0..<15 {
      let level = max(index - Self.directCount + 1, 0)
      let block = UInt64(body.load(UInt32.self, at: index * 4))
      try walkPointer(block, level: level, logical: &logical, &map)
    }
  }

  /// - Parameter level: 0 for a block of content.
  private mutating func walkPointer(
    _ block: UInt64, level: Int, logical: inout UInt64, _ map: inout BlockMap
  ) throws(Ext4Error) {
    let perBlock = layout.blockSize / 4
    let span = (0..<level).reduce(UInt64(1)) { span, _ in span * perBlock }
    guard block != 0, map.isSound || overlapBudget > 0 else {
      logical += span
      return
    }
    let isGrowth = map.inode.number == Inode.resize && level < 2
    guard level > 0 else {
      isGrowth
        ? checkGrowth(block, &map) : claimContent(block..<block + 1, logical: logical, &map)
      logical += 1
      return
    }
    if isGrowth { checkGrowth(block, &map) }
    var buffer = makeBlock()
    guard isGrowth || claim(block..<block + 1, &map), try read(block, into: &buffer) else {
      map.isSound = false
      logical += span
      return
    }
    for index in 0..<Int(perBlock) {
      let next = UInt64(buffer.bytes.load(UInt32.self, at: index * 4))
      try walkPointer(next, level: level - 1, logical: &logical, &map)
    }
  }

  /// The inode kept for growth has the blocks behind the descriptors, which are claimed with them.
  private mutating func checkGrowth(_ block: UInt64, _ map: inout BlockMap) {
    map.blockCount += 1
    overlapBudget -= min(1, overlapBudget)
    if overlapBudget == 0 { map.isSound = false }
    guard !claimed.contains(block) else { return }
    note(.resizeInode, inode: map.inode.number, found: block)
    map.isSound = false
  }
}
