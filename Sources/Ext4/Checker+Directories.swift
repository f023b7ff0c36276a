// SPDX-License-Identifier: Apache-2.0
import Blocks

extension Checker {
  /// What a block of a directory is to its index.
  enum IndexRole: Equatable {
    case unknown
    case node
    /// The hashes that its names may have.
    case leaf(lowest: UInt32, highest: UInt32)
  }
}

/// Source: kernel documentation, ext4, "Linear (Classic) Directories".
extension Checker.Run {
  mutating func checkDirectory(_ inode: Checker.FileInode, _ map: BlockMap) throws(Ext4Error) {
    if parents[inode.number] == nil { parents[inode.number] = Parents() }
    let size = map.nextLogical * layout.blockSize
    if map.isSound, inode.size != size {
      note(.directorySize, at: inode.offset, inode: inode.number, found: inode.size, expected: size)
    }
    if map.blocks.isEmpty { note(.dot, at: inode.offset, inode: inode.number) }
    var index: DirectoryIndex?
    if inode.isIndexed, layout.features.hasIndexes, map.isSound, !map.blocks.isEmpty {
      index = try readIndex(of: inode.number, map.blocks)
    }
    let scope = DirectoryScope(
      number: inode.number, hasEncryptedNames: inode.isEncrypted, hashVersion: index?.version ?? 0)
    var buffer = makeBlock()
    for (number, block) in map.blocks.enumerated() {
      guard try read(block, into: &buffer) else { continue }
      let offset = block * layout.blockSize
      if !system.isValid(directory: &buffer, ofInode: inode.number) {
        note(.directoryChecksum, at: offset, inode: inode.number)
      }
      let role = index?.roles[number] ?? .unknown
      checkEntries(buffer.bytes, at: offset, of: scope, isFirst: number == 0, role: role)
    }
  }

  /// The directory that is being looked at.
  private struct DirectoryScope {
    let number: UInt32
    /// Bytes that may be any.
    let hasEncryptedNames: Bool
    let hashVersion: UInt8
  }

  private mutating func checkEntries(
    _ block: RawSpan, at offset: UInt64, of scope: DirectoryScope, isFirst: Bool, role: Checker.IndexRole
  ) {
    let directory = scope.number
    var position = 0
    var number = 0
    while position < block.byteCount {
      guard let entry = DirectoryEntry(block, at: position) else {
        return note(.entryLength, at: offset + UInt64(position), inode: directory)
      }
      let place = offset + UInt64(position)
      if isFirst, number < 2 {
        checkDot(entry, block, number, at: place, of: directory)
      } else if entry.inode != 0 {
        checkEntry(entry, block, at: place, of: scope)
        if case .leaf(let lowest, let highest) = role {
          checkHash(entry, block, in: lowest...max(lowest, highest), at: place, of: scope)
        }
      }
      position += entry.byteCount
      number += 1
    }
  }

  private mutating func checkDot(
    _ entry: DirectoryEntry, _ block: RawSpan, _ number: Int, at offset: UInt64, of directory: UInt32
  ) {
    let isDots = entry.isDots(block) && entry.nameLength == number + 1
    if number == 0 {
      guard isDots, entry.inode == directory else { return note(.dot, at: offset, inode: directory) }
    } else {
      guard isDots else { return note(.dotDot, at: offset, inode: directory) }
      parents[directory]?.dotDot = entry.inode
    }
    guard isKnown(entry, at: offset, of: directory) else { return }
    countName(of: entry.inode)
  }

  private mutating func checkEntry(
    _ entry: DirectoryEntry, _ block: RawSpan, at offset: UInt64, of scope: DirectoryScope
  ) {
    let directory = scope.number
    if !scope.hasEncryptedNames, !entry.hasName(block) { note(.entryName, at: offset, inode: directory) }
    guard isKnown(entry, at: offset, of: directory) else { return }
    countName(of: entry.inode)
    guard types[Int(entry.inode)] == .directory else { return }
    let parent = parents[entry.inode, default: Parents()].directory
    if parent != 0 || entry.inode == Inode.root {
      note(.directoryLinkedTwice, at: offset, inode: entry.inode)
    } else {
      parents[entry.inode, default: Parents()].directory = directory
    }
  }

  private mutating func countName(of inode: UInt32) {
    if nameCounts[Int(inode)] < .max { nameCounts[Int(inode)] += 1 }
  }

  /// Whether the entry's inode is in use.
  private mutating func isKnown(_ entry: DirectoryEntry, at offset: UInt64, of directory: UInt32) -> Bool {
    let inode = entry.inode
    guard inode == Inode.root || inode >= layout.firstInode && inode <= layout.inodeCount else {
      note(.entryInode, at: offset, inode: directory, found: UInt64(inode))
      return false
    }
    guard linkCounts[Int(inode)] > 0 else {
      note(.entryInodeUnused, at: offset, inode: directory, found: UInt64(inode))
      return false
    }
    if layout.features.hasEntryTypes, let type = types[Int(inode)]?.entryType.rawValue, type != entry.type {
      note(.entryType, at: offset, inode: directory, found: UInt64(entry.type), expected: UInt64(type))
    }
    return true
  }

  private mutating func checkHash(
    _ entry: DirectoryEntry, _ block: RawSpan, in hashes: ClosedRange<UInt32>, at offset: UInt64,
    of scope: DirectoryScope
  ) {
    let name = block.extracting(entry.nameRange)
    guard let hash = system.hash(of: name, version: scope.hashVersion), !hashes.contains(hash) else { return }
    note(
      .indexHash, at: offset, inode: scope.number, found: UInt64(hash), expected: UInt64(hashes.lowerBound))
  }
}

/// Source: kernel documentation, ext4, "Hash Tree Directories".
extension Checker.Run {
  /// What the index of a directory says.
  struct DirectoryIndex {
    /// Of the hash, with the sign of characters in it.
    let version: UInt8
    /// Of each block of the directory.
    var roles: [Checker.IndexRole]
  }

  /// - Returns: nil where there is no root.
  private mutating func readIndex(
    of directory: UInt32, _ blocks: [UInt64]
  ) throws(Ext4Error) -> DirectoryIndex? {
    var buffer = makeBlock()
    guard try read(blocks[0], into: &buffer) else { return nil }
    let root = buffer.bytes
    let version: UInt8 = root.load(at: 28)
    let levelCount: UInt8 = root.load(at: 30)
    guard root.load(UInt32.self, at: 24) == 0, version <= 5, root.load(UInt8.self, at: 29) == 8,
      levelCount <= (layout.features.hasLargeDirectories ? 2 : 1)
    else {
      note(.indexRoot, at: blocks[0] * layout.blockSize, inode: directory)
      return nil
    }
    let isUnsigned = layout.hasUnsignedHash && version <= 2
    var index = DirectoryIndex(
      version: isUnsigned ? version + 3 : version,
      roles: Array(repeating: .unknown, count: blocks.count))
    index.roles[0] = .node
    try readNode(
      root, at: 32, Node(block: 0, level: Int(levelCount), lowest: 0, highest: .max), of: directory, blocks,
      &index)
    for (number, role) in index.roles.enumerated() where role == .unknown {
      note(.indexBlock, at: blocks[number] * layout.blockSize, inode: directory, found: UInt64(number))
    }
    return index
  }

  /// A node of an index, and the hashes that it is for.
  private struct Node {
    let block: Int
    /// Nodes below it on the way to a leaf.
    let level: Int
    let lowest: UInt32
    let highest: UInt32
  }

  /// - Parameter place: of limit and count, which stand in the place of the first entry's hash.
  private mutating func readNode(
    _ bytes: RawSpan, at place: Int, _ node: Node, of directory: UInt32, _ blocks: [UInt64],
    _ index: inout DirectoryIndex
  ) throws(Ext4Error) {
    let offset = blocks[node.block] * layout.blockSize + UInt64(place)
    let limit = Int(bytes.load(UInt16.self, at: place))
    let count = Int(bytes.load(UInt16.self, at: place + 2))
    let tail = layout.features.hasMetadataChecksums ? 8 : 0
    let capacity = (bytes.byteCount - place - tail) / 8
    guard limit == capacity, count > 0, count <= limit else {
      return note(
        .indexLimit, at: offset, inode: directory, found: UInt64(count), expected: UInt64(capacity))
    }
    var lowest = node.lowest
    for entry in 0..<count {
      let hash: UInt32 = entry == 0 ? node.lowest : bytes.load(at: place + entry * 8)
      if hash < lowest || hash > node.highest {
        note(
          .indexOrder, at: offset + UInt64(entry * 8), inode: directory, found: UInt64(hash),
          expected: UInt64(lowest))
      }
      lowest = max(lowest, hash)
      let next: UInt32 = entry + 1 < count ? bytes.load(at: place + entry * 8 + 8) : node.highest
      let number = Int(bytes.load(UInt32.self, at: place + entry * 8 + 4) & 0x0FFF_FFFF)
      let child = Node(block: number, level: node.level - 1, lowest: hash, highest: next)
      try readChild(child, at: offset + UInt64(entry * 8), of: directory, blocks, &index)
    }
  }

  private mutating func readChild(
    _ child: Node, at offset: UInt64, of directory: UInt32, _ blocks: [UInt64], _ index: inout DirectoryIndex
  ) throws(Ext4Error) {
    guard child.block < blocks.count, index.roles[child.block] == .unknown else {
      return note(.indexBlock, at: offset, inode: directory, found: UInt64(child.block))
    }
    guard child.level >= 0 else {
      // A hash that goes on in the next leaf has bit 0 set there; names' hashes never have.
      let highest = child.highest == .max || child.highest & 1 == 1 ? child.highest : child.highest &- 1
      index.roles[child.block] = .leaf(lowest: child.lowest & ~1, highest: highest)
      return
    }
    index.roles[child.block] = .node
    var buffer = makeBlock()
    guard try read(blocks[child.block], into: &buffer) else { return }
    try readNode(buffer.bytes, at: 8, child, of: directory, blocks, &index)
  }
}
