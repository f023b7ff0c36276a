// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

// Directories, which are built when all names are known.
extension VolumeWriter {
  mutating func writeDirectories() throws(Ext4Error) {
    let capacity = DirectoryCapacity(hasChecksums: format.features.contains(.metadataChecksums))
    for index in tree.directories.indices {
      guard hasPossibleLinkCount(index) else { continue }
      let isSmall = tree.directories[index].entryByteCount + Self.dotByteCount <= capacity.block
      if isSmall || !format.features.contains(.directoryIndexes) {
        try writeLinear(index, capacity.block)
      } else if let hashed = HashedDirectory(
        of: index, in: tree, seed: format.hashSeed, capacity: capacity)
      {
        try writeHashed(hashed, index)
      } else {
        problems.append(Problem(path: tree.path(of: index), reason: .directoryTooLarge))
      }
    }
  }

  /// Entries of "." and "..".
  private static let dotByteCount = 24
  /// Blocks that e2fsck wants to find ready in lost+found.
  private static let lostAndFoundBlockCount = 4
  /// A directory with more links than this has 1, which says nothing. Source: the feature `dir_nlink`.
  private static let largestDirectoryLinkCount = 64999

  /// Counts as a problem what only the feature `dir_nlink` makes possible.
  private mutating func hasPossibleLinkCount(_ index: Int) -> Bool {
    let linkCount = 2 + tree.directories[index].subdirectoryCount
    guard linkCount > Self.largestDirectoryLinkCount, !format.features.contains(.directoryLinkOverflow)
    else { return true }
    problems.append(Problem(path: tree.path(of: index), reason: .tooManySubdirectories))
    return false
  }

  /// Names in the order in which they came, in as many blocks as they take; lost+found has empty ones behind
  /// them.
  private mutating func writeLinear(_ index: Int, _ capacity: Int) throws(Ext4Error) {
    let directory = tree.directories[index]
    let starts = blockStarts(ofLinear: index, capacity)
    let smallestCount = directory.inode == Inode.lostAndFound ? Self.lostAndFoundBlockCount : 1
    let blockCount = max(starts.count + 1, smallestCount)
    let seed = geometry.checksumSeed(ofInode: directory.inode)
    try storeDirectory(index, blockCount: blockCount, isIndexed: false)
    guard isWriting else { return }
    var block = DirectoryBlock()
    block.appendDots(inode: directory.inode, parent: tree.directories[directory.parent].inode)
    var names = tree.names(in: index)
    for number in 0..<blockCount {
      let end = number < starts.count ? starts[number] : -1
      while let name = names.next(before: end, in: tree) {
        block.append(tree.bytes(of: name), inode: name.inode, type: name.type)
      }
      block.seal(seed: seed)
      try write(block.bytes, atBlock: physicalBlock(number))
      block.clear()
    }
    try writeNodes()
  }

  /// Indexes of the names that the second block of a directory and each after it begin with.
  private func blockStarts(ofLinear index: Int, _ capacity: Int) -> [Int] {
    var starts: [Int] = []
    var byteCount = Self.dotByteCount
    tree.forEachName(in: index) { number, name in
      let entryByteCount = DirectoryBlock.entryByteCount(nameLength: Int(name.length))
      if byteCount + entryByteCount > capacity {
        starts.append(number)
        byteCount = 0
      }
      byteCount += entryByteCount
    }
    return starts
  }

  private mutating func writeHashed(_ hashed: HashedDirectory, _ index: Int) throws(Ext4Error) {
    let directory = tree.directories[index]
    let seed = geometry.checksumSeed(ofInode: directory.inode)
    try storeDirectory(index, blockCount: hashed.blockCount, isIndexed: true)
    guard isWriting else { return }
    var block = DirectoryBlock()
    block.fillIndexRoot(
      hashed.rootEntries, levelCount: hashed.nodeCount > 0 ? 1 : 0, inode: directory.inode,
      parent: tree.directories[directory.parent].inode, seed: seed)
    try write(block.bytes, atBlock: physicalBlock(0))
    for node in 0..<hashed.nodeCount {
      block.fillIndexNode(hashed.entries(ofNode: node), seed: seed)
      try write(block.bytes, atBlock: physicalBlock(1 + node))
    }
    for (number, leaf) in hashed.leaves.enumerated() {
      block.clear()
      for name in hashed.names[leaf.range] {
        let name = tree.name(at: Int(name))
        block.append(tree.bytes(of: name), inode: name.inode, type: name.type)
      }
      block.seal(seed: seed)
      try write(block.bytes, atBlock: physicalBlock(1 + hashed.nodeCount + number))
    }
    try writeNodes()
  }

  /// Takes the blocks of a directory and stores its inode.
  private mutating func storeDirectory(
    _ index: Int, blockCount: Int, isIndexed: Bool
  ) throws(Ext4Error) {
    let directory = tree.directories[index]
    var inode = Inode(
      type: .directory, permissions: directory.permissions, owner: directory.owner, time: directory.time,
      body: .none)
    let linkCount = 2 + directory.subdirectoryCount
    inode.linkCount = linkCount > Self.largestDirectoryLinkCount ? 1 : UInt16(linkCount)
    inode.isIndexed = isIndexed
    inode.size = UInt64(blockCount) * Format.blockSize
    inode.blockCount = UInt64(blockCount)
    try placeAttributes(directory.attributes, in: &inode)
    content.beginDirectory(directory.inode)
    space.take(UInt64(blockCount), for: 0, into: &content.extents)
    placeExtents(in: &inode)
    storeInode(inode, number: directory.inode)
  }

  /// Where a block of the directory that has just been placed lies on the volume.
  private func physicalBlock(_ number: Int) -> UInt64 {
    let number = UInt64(number)
    for extent in content.extents where number < extent.logical + extent.blockCount {
      return extent.physical + number - extent.logical
    }
    preconditionFailure("a block of the directory that was not placed")
  }
}
