// SPDX-License-Identifier: Apache-2.0
import Blocks

/// A run of a file's blocks that lie side by side on the volume.
struct Extent: Equatable {
  /// The file's number of the first block.
  var logical: UInt64
  /// The volume's number of the first block.
  var physical: UInt64
  var blockCount: UInt64
  /// Whether all of it reads as zero, whatever stands there on the volume.
  var isUnwritten = false

  static let largestBlockCount: UInt64 = 32768
  /// What such an extent adds to `ee_len`, whose 16 bits leave it a block less.
  static let unwrittenBias: UInt64 = 32768
  static let largestUnwrittenBlockCount: UInt64 = 32767

  /// What is left behind the first `count` blocks.
  func dropping(_ count: UInt64) -> Extent {
    Extent(logical: logical + count, physical: physical + count, blockCount: blockCount - count)
  }
}

/// A node of the tree that leads from a file's blocks to the volume's: in the inode, or a block of its own.
///
/// Source: kernel documentation, ext4, "Extent Tree".
struct ExtentNode: Equatable {
  /// 0 where the entries are extents; else they are nodes, whose `physical` is the block that holds them.
  var depth: UInt16 = 0
  var entries: [Extent] = []

  /// Of any tree: five levels hold more blocks than a file can have.
  static let largestDepth = 5
  /// Entries that an inode holds.
  static let inodeCapacity = 4
  /// Entries that a block holds, its checksum aside.
  static let blockCapacity = 340
  /// Offset of the checksum in a block.
  static let checksumOffset = headerByteCount + blockCapacity * entryByteCount

  private static let magic: UInt16 = 0xF30A
  private static let headerByteCount = 12
  private static let entryByteCount = 12

  /// Blocks that the nodes of so many extents take, those in the inode aside.
  static func blockCount(extentCount: Int) -> Int {
    var total = 0
    var entryCount = extentCount
    while entryCount > inodeCapacity {
      entryCount = Int(UInt(entryCount).dividedRoundingUp(by: UInt(blockCapacity)))
      total += entryCount
    }
    return total
  }

  /// The nodes that lie in `blocks`, in that order, and the one for the inode.
  ///
  /// - Parameter blocks: as many as `blockCount` says, by their numbers on the volume.
  static func tree(of extents: [Extent], in blocks: [UInt64]) -> (nodes: [ExtentNode], root: ExtentNode) {
    var nodes: [ExtentNode] = []
    var root = ExtentNode(depth: 0, entries: extents)
    while root.entries.count > inodeCapacity {
      var parents: [Extent] = []
      for start in stride(from: 0, to: root.entries.count, by: blockCapacity) {
        let entries = root.entries[start..<min(start + blockCapacity, root.entries.count)]
        parents.append(
          Extent(logical: entries[start].logical, physical: blocks[nodes.count], blockCount: 0))
        nodes.append(ExtentNode(depth: root.depth, entries: Array(entries)))
      }
      root = ExtentNode(depth: root.depth + 1, entries: parents)
    }
    return (nodes, root)
  }

  /// Writes header and entries at `offset` of zero bytes.
  func encode(into bytes: inout MutableRawSpan, at offset: Int, capacity: Int) {
    bytes.store(Self.magic, at: offset)  // eh_magic
    bytes.store(UInt16(entries.count), at: offset + 2)  // eh_entries
    bytes.store(UInt16(capacity), at: offset + 4)  // eh_max
    bytes.store(depth, at: offset + 6)  // eh_depth
    for (index, entry) in entries.enumerated() {
      encode(entry, into: &bytes, at: offset + Self.headerByteCount + index * Self.entryByteCount)
    }
  }

  private func encode(_ entry: Extent, into bytes: inout MutableRawSpan, at offset: Int) {
    let low = UInt32(truncatingIfNeeded: entry.physical)
    let high = UInt16(truncatingIfNeeded: entry.physical >> 32)
    bytes.store(UInt32(truncatingIfNeeded: entry.logical), at: offset)  // ee_block, ei_block
    if depth == 0 {
      let length = entry.blockCount + (entry.isUnwritten ? Extent.unwrittenBias : 0)
      bytes.store(UInt16(length), at: offset + 4)  // ee_len
      bytes.store(high, at: offset + 6)  // ee_start_hi
      bytes.store(low, at: offset + 8)  // ee_start_lo
    } else {
      bytes.store(low, at: offset + 4)  // ei_leaf_lo
      bytes.store(high, at: offset + 8)  // ei_leaf_hi
    }
  }

  /// Writes the node into `block`, 4,096 zero bytes, with its checksum behind it.
  ///
  /// - Parameter seed: `Geometry.checksumSeed(ofInode:)` of the file; nil for a node without a checksum.
  func encode(intoBlock block: inout MutableRawSpan, seed: UInt32?) {
    encode(into: &block, at: 0, capacity: Self.blockCapacity)
    guard let seed else { return }
    let checksum = CRC32C.checksum(block.bytes.extracting(first: Self.checksumOffset), seed: seed)
    block.store(checksum, at: Self.checksumOffset)  // et_checksum
  }
}
