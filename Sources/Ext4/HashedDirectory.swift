// SPDX-License-Identifier: Apache-2.0
import Blocks
import CExt2fs

/// How the names of a large directory are spread over blocks: in the order of their hashes, under an index of
/// one or two levels.
///
/// The root of the index is block 0; nodes follow where there are any, then the leaves, which are full.
///
/// Source: kernel documentation, ext4, "Hash Tree Directories".
struct HashedDirectory {
  /// Indexes of the names, in the order in which they stand in the leaves.
  let names: [Int32]
  let leaves: [Leaf]
  private let capacity: DirectoryCapacity

  struct Leaf {
    /// The lowest hash in it; with bit 0 set where the leaf before ends with the same one.
    let hash: UInt32
    /// Of `names`.
    let range: Range<Int>
  }

  /// Nil where an index of two levels is too small for all the names.
  init?(of directory: Int, in tree: borrowing DirectoryTree, seed: Identifier, capacity: DirectoryCapacity) {
    self.capacity = capacity
    let entries = Self.sortedNames(of: directory, in: tree, hash: NameHash(seed: seed))
    names = entries.map(\.name)
    leaves = Self.leaves(of: entries, in: tree, capacity: capacity.block)
    guard nodeCount <= capacity.indexRoot else { return nil }
  }

  /// Nodes between the root and the leaves.
  var nodeCount: Int {
    leaves.count <= capacity.indexRoot
      ? 0 : Int(UInt(leaves.count).dividedRoundingUp(by: UInt(capacity.indexNode)))
  }

  var blockCount: Int { 1 + nodeCount + leaves.count }

  /// Entries of the root.
  var rootEntries: [DirectoryBlock.IndexEntry] {
    guard nodeCount > 0 else { return leafEntries(0..<leaves.count) }
    return (0..<nodeCount).map { node in
      let first = leaves[node * capacity.indexNode]
      return DirectoryBlock.IndexEntry(hash: first.hash, block: UInt32(1 + node))
    }
  }

  /// Entries of a node, the first of which is 0.
  func entries(ofNode node: Int) -> [DirectoryBlock.IndexEntry] {
    let start = node * capacity.indexNode
    return leafEntries(start..<min(start + capacity.indexNode, leaves.count))
  }

  private func leafEntries(_ range: Range<Int>) -> [DirectoryBlock.IndexEntry] {
    range.map { DirectoryBlock.IndexEntry(hash: leaves[$0].hash, block: UInt32(1 + nodeCount + $0)) }
  }

  private struct HashedName {
    /// The major hash above the minor one.
    let hash: UInt64
    let name: Int32
    var majorHash: UInt32 { UInt32(hash >> 32) }
  }

  private static func sortedNames(
    of directory: Int, in tree: borrowing DirectoryTree, hash: NameHash
  ) -> [HashedName] {
    var entries: [HashedName] = []
    entries.reserveCapacity(tree.directories[directory].nameCount)
    tree.forEachName(in: directory) { index, name in
      entries.append(HashedName(hash: hash.hash(of: tree.bytes(of: name)), name: Int32(index)))
    }
    entries.sort { ($0.hash, $0.name) < ($1.hash, $1.name) }
    return entries
  }

  private static func leaves(
    of entries: [HashedName], in tree: borrowing DirectoryTree, capacity: Int
  ) -> [Leaf] {
    var leaves: [Leaf] = []
    var start = 0
    var byteCount = 0
    for (index, entry) in entries.enumerated() {
      let length = Int(tree.name(at: Int(entry.name)).length)
      let entryByteCount = DirectoryBlock.entryByteCount(nameLength: length)
      if byteCount + entryByteCount > capacity {
        leaves.append(leaf(start..<index, of: entries))
        start = index
        byteCount = 0
      }
      byteCount += entryByteCount
    }
    leaves.append(leaf(start..<entries.count, of: entries))
    return leaves
  }

  private static func leaf(_ range: Range<Int>, of entries: [HashedName]) -> Leaf {
    let hash = entries[range.lowerBound].majorHash
    let isContinued = range.lowerBound > 0 && entries[range.lowerBound - 1].majorHash == hash
    return Leaf(hash: isContinued ? hash | 1 : hash, range: range)
  }
}

/// The half MD4 hash of names, bytes taken as signed, as the superblock says.
struct NameHash {
  private let seed: [UInt32]

  init(seed: Identifier) {
    self.seed = (0..<4).map { word in
      (0..<4).reduce(0) { $0 | UInt32(seed.bytes[word * 4 + $1]) << UInt32($1 * 8) }
    }
  }

  /// The major hash in the upper half, the minor one in the lower.
  func hash(of name: ArraySlice<UInt8>) -> UInt64 {
    var major: UInt32 = 0
    var minor: UInt32 = 0
    unsafe name.withUnsafeBytes { bytes in
      unsafe seed.withUnsafeBufferPointer { seed in
        // Fails for versions that it doesn't know, and this one it does.
        _ = unsafe ext2fs_dirhash2(
          EXT2_HASH_HALF_MD4, bytes.assumingMemoryBound(to: CChar.self).baseAddress, CInt(bytes.count), nil,
          0,
          seed.baseAddress, &major, &minor)
      }
    }
    return UInt64(major) << 32 | UInt64(minor)
  }
}
