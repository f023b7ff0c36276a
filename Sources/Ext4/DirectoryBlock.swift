// SPDX-License-Identifier: Apache-2.0
import Blocks

/// How much a block of a directory holds: less where a checksum stands at its end.
struct DirectoryCapacity {
  /// Bytes that entries may take.
  let block: Int
  /// Entries that the root of an index holds.
  let indexRoot: Int
  /// Entries that any other node of an index holds.
  let indexNode: Int

  init(hasChecksums: Bool) {
    block = hasChecksums ? 4084 : 4096
    indexRoot = hasChecksums ? 507 : 508
    indexNode = hasChecksums ? 510 : 511
  }
}

/// A block of directory entries, one behind the other, with the checksum at its end.
///
/// Source: kernel documentation, ext4, "Linear (Classic) Directories".
struct DirectoryBlock: ~Copyable {
  private var buffer = AlignedBuffer(byteCount: Int(Format.blockSize))
  /// Where the next entry goes.
  private var end = 0
  /// Where the last entry begins.
  private var last = 0

  private static let tailByteCount = 12
  /// Where the tail begins.
  private static let tailOffset = Int(Format.blockSize) - tailByteCount
  private static let dots = Array("..".utf8)[...]
  private static let tailFileType: UInt8 = 0xDE

  /// Bytes of an entry: eight and its name, to the next multiple of four.
  static func entryByteCount(nameLength: Int) -> Int { (8 + nameLength + 3) & ~3 }

  var bytes: RawSpan {
    @_lifetime(borrow self) get { buffer.bytes }
  }

  /// Empties the block.
  mutating func clear() {
    buffer.zero(0..<buffer.byteCount)
    end = 0
    last = 0
  }

  /// Appends an entry, for which there is room.
  mutating func append(_ name: ArraySlice<UInt8>, inode: UInt32, type: FileType) {
    let byteCount = Self.entryByteCount(nameLength: name.count)
    last = end
    end += byteCount
    let start = last
    var block = buffer.mutableBytes
    block.store(inode, at: start)  // inode
    block.store(UInt16(byteCount), at: start + 4)  // rec_len
    block.store(UInt8(name.count), at: start + 6)  // name_len
    block.store(type.rawValue, at: start + 7)  // file_type
    unsafe block.store(name.span.bytes, at: start + 8)  // name
  }

  /// Appends the entries that every directory begins with.
  mutating func appendDots(inode: UInt32, parent: UInt32) {
    append(Self.dots.prefix(1), inode: inode, type: .directory)
    append(Self.dots, inode: parent, type: .directory)
  }

  /// Makes the last entry, or an unused one, reach to the tail, and writes that.
  ///
  /// - Parameter seed: `Geometry.checksumSeed(ofInode:)` of the directory; nil for a block without a tail.
  mutating func seal(seed: UInt32?) {
    let last = last
    var block = buffer.mutableBytes
    guard let seed else { return block.store(UInt16(block.byteCount - last), at: last + 4) }
    block.store(UInt16(Self.tailOffset - last), at: last + 4)
    block.store(UInt16(Self.tailByteCount), at: Self.tailOffset + 4)  // det_rec_len
    block.store(Self.tailFileType, at: Self.tailOffset + 7)  // det_reserved_ft
    let checksum = CRC32C.checksum(block.bytes.extracting(first: Self.tailOffset), seed: seed)
    block.store(checksum, at: Self.tailOffset + 8)  // det_checksum
  }
}

// The blocks of an index, which look like directory entries to whoever doesn't know it.
extension DirectoryBlock {
  /// An entry of an index: names whose hash is not below `hash` are in the directory's block `block`.
  struct IndexEntry: Equatable {
    var hash: UInt32
    var block: UInt32
  }

  private static let dotByteCount = 12
  private static let halfMD4: UInt8 = 1

  /// Makes the block the root of an index, which has `.` and `..` before it.
  ///
  /// - Parameters:
  ///   - levelCount: nodes on the way from the root to a leaf, 0 or 1.
  ///   - seed: `Geometry.checksumSeed(ofInode:)` of the directory; nil for a node without a checksum.
  mutating func fillIndexRoot(
    _ entries: [IndexEntry], levelCount: UInt8, inode: UInt32, parent: UInt32, seed: UInt32?
  ) {
    clear()
    appendDots(inode: inode, parent: parent)
    var block = buffer.mutableBytes
    // The record length of "..".
    block.store(UInt16(Int(Format.blockSize) - Self.dotByteCount), at: Self.dotByteCount + 4)
    block.store(Self.halfMD4, at: 28)  // hash_version
    block.store(UInt8(8), at: 29)  // info_length
    block.store(levelCount, at: 30)  // indirect_levels
    storeIndex(entries, at: 32, capacity: DirectoryCapacity(hasChecksums: seed != nil).indexRoot, seed: seed)
  }

  /// Makes the block a node of an index, which is an unused entry before it.
  ///
  /// - Parameter seed: as for the root.
  mutating func fillIndexNode(_ entries: [IndexEntry], seed: UInt32?) {
    clear()
    var block = buffer.mutableBytes
    block.store(UInt16(Format.blockSize), at: 4)  // fake.rec_len
    storeIndex(entries, at: 8, capacity: DirectoryCapacity(hasChecksums: seed != nil).indexNode, seed: seed)
  }

  /// Limit and count stand in the place of the first entry's hash.
  private mutating func storeIndex(_ entries: [IndexEntry], at offset: Int, capacity: Int, seed: UInt32?) {
    var block = buffer.mutableBytes
    for (index, entry) in entries.enumerated() {
      block.store(entry.hash, at: offset + index * 8)
      block.store(entry.block, at: offset + index * 8 + 4)
    }
    block.store(UInt16(capacity), at: offset)  // limit
    block.store(UInt16(entries.count), at: offset + 2)  // count
    guard let seed else { return }
    // The checksum covers the entries in use, then itself as zero, with the reserved word before it.
    let tail = offset + capacity * 8
    let used = CRC32C.checksum(block.bytes.extracting(first: offset + entries.count * 8), seed: seed)
    let checksum = CRC32C.checksum(block.bytes.extracting(tail..<tail + 8), seed: used)
    block.store(checksum, at: tail + 4)  // dt_checksum
  }
}
