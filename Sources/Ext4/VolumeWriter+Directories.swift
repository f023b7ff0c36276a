// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

// Directories, which are built when all names are known.
extension VolumeWriter {
  mutating func writeDirectories() throws(Ext4Error) {
    for index in tree.directories.indices {
      if tree.directories[index].entryByteCount + Self.dotByteCount <= DirectoryBlock.capacity {
        try writeLinear(index)
      } else if let hashed = HashedDirectory(of: index, in: tree, seed: format.hashSeed) {
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

  /// One block of names in the order in which they came; lost+found has empty ones behind it.
  private mutating func writeLinear(_ index: Int) throws(Ext4Error) {
    let directory = tree.directories[index]
    let blockCount = directory.inode == Inode.lostAndFound ? Self.lostAndFoundBlockCount : 1
    let seed = geometry.checksumSeed(ofInode: directory.inode)
    try storeDirectory(index, blockCount: blockCount, isIndexed: false)
    guard isWriting else { return }
    var block = DirectoryBlock()
    block.appendDots(inode: directory.inode, parent: tree.directories[directory.parent].inode)
    tree.forEachName(in: index) { _, name in
      block.append(tree.bytes(of: name), inode: name.inode, type: name.type)
    }
    for number in 0..<blockCount {
      block.seal(seed: seed)
      try write(block.bytes, atBlock: physicalBlock(number))
      block.clear()
    }
    try writeNodes()
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
