// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Makes an ext4 volume and fills it with entries as they come: each file's bytes go to their final place at
/// once.
///
/// Files lie one behind the other from the first free block on, directories behind the last file. Inode
/// tables, bitmaps, group descriptors and superblocks stay in memory until `finish()`; memory grows with the
/// number of entries and not with their content. No byte is written twice, and the block of the primary
/// superblock is the last of all.
///
/// What doesn't fit or can't be held is counted to the end of the entries and thrown by `finish()`, all in
/// one go; nothing more is written from there on.
public struct VolumeWriter: ~Copyable, EntryWriter {
  public typealias Failure = Ext4Error

  let format: Format
  /// Of a file, in bytes, as the format's features have it.
  let largestFileSize: UInt64
  let target: any BlockTarget
  let store: MetadataStore
  let geometry: Geometry
  /// The library's hold on the volume until it is finished.
  var handle: FileSystemHandle?
  var space: FreeSpace
  /// File content, and what else lies among it.
  var stream: SequentialWriter
  var tree: DirectoryTree
  /// The last inode given away.
  var lastInode = Inode.lostAndFound
  var problems: [Problem] = []
  var content: OpenContent
  /// To the last entry's directory, which is most often the next one's, too.
  var way = DirectoryWay()
  var directoryPaths = DirectoryPaths()
  var slot = AlignedBuffer(byteCount: Int(Format.inodeSize))

  /// Lays out an empty volume; the target is not touched yet.
  ///
  /// - Parameter target: as large as the format says, or larger.
  public init(formatting target: any BlockTarget, format: Format) throws(Ext4Error) {
    guard format.size <= target.size else {
      throw .target(.outOfBounds(offset: 0, byteCount: format.size, size: target.size))
    }
    let store = MetadataStore(size: format.size)
    let handle = try FileSystemHandle.format(format, in: store)
    self.format = format
    largestFileSize = format.features.largestFileSize
    self.target = target
    self.store = store
    geometry = handle.geometry
    space = FreeSpace(runs: handle.freeRuns())
    stream = SequentialWriter(to: target, at: 0)
    tree = DirectoryTree(rootTime: format.time)
    content = OpenContent()
    self.handle = consume handle
    addLostAndFound()
    for (inode, isThere) in [
      (Inode.resize, format.features.contains(.roomForGrowth)), (Inode.journal, format.hasJournal),
    ] where isThere {
      updateSlot(of: inode) { slot in Inode.encode(format.time, into: &slot) }
    }
  }

  /// Only counts what entries take: there is no room for anything.
  init(measuring format: Format) {
    self.format = format
    largestFileSize = format.features.largestFileSize
    target = NullTarget(size: 0)
    store = MetadataStore(size: 0)
    geometry = .nothing
    space = FreeSpace(runs: [])
    stream = SequentialWriter(to: target, at: 0, bufferSize: Int(Format.blockSize))
    tree = DirectoryTree(rootTime: format.time)
    content = OpenContent()
    handle = nil
    addLostAndFound()
  }

  /// Blocks of 4,096 bytes that the volume has.
  public var blockCount: UInt64 { geometry.blockCount }
  public var inodeCount: UInt32 { geometry.inodeCount }
  /// 0 where there is no journal.
  public var journalBlockCount: UInt64 { geometry.journalBlockCount }
  /// Blocks that were free when the volume was empty and had no directories yet.
  public var freeBlockCount: UInt64 { space.blockCount }
  /// Blocks of what has come: content, directories once finished, attributes.
  public var usedBlockCount: UInt64 { space.neededBlockCount }
  /// Inodes of what has come, without the reserved ones and lost+found.
  public var usedInodeCount: UInt32 { lastInode - Inode.lostAndFound }

  /// What the entries so far take, directories only when they have been written.
  var demand: Demand { Demand(inodeCount: lastInode, log: space.log) }

  /// False once something can't be held: from then on entries are only counted.
  var isWriting: Bool { problems.isEmpty && !space.isExhausted && lastInode <= geometry.inodeCount }

  /// Where e2fsck puts what it finds: only root may look into it.
  private mutating func addLostAndFound() {
    _ = tree.insertDirectory(
      Array("lost+found".utf8)[...], in: 0, inode: Inode.lostAndFound, permissions: 0o700, time: format.time)
  }
}

// Inodes in their tables.
extension VolumeWriter {
  mutating func takeInode() -> UInt32 {
    lastInode += 1
    return lastInode
  }

  mutating func storeInode(_ inode: Inode, number: UInt32) {
    guard isWriting else { return }
    let seed = geometry.checksumSeed(ofInode: number)
    slot.zero(0..<slot.byteCount)
    var bytes = slot.mutableBytes
    inode.encode(into: &bytes)
    Inode.seal(&bytes, seed: seed)
    store.write(slot.bytes, at: geometry.offset(ofInode: number))
  }

  /// Changes an inode that has been stored.
  mutating func updateSlot<Result>(of number: UInt32, _ change: (inout MutableRawSpan) -> Result) -> Result {
    let offset = geometry.offset(ofInode: number)
    let seed = geometry.checksumSeed(ofInode: number)
    let store = store
    var bytes = slot.mutableBytes
    store.read(into: &bytes, at: offset)
    let result = change(&bytes)
    Inode.seal(&bytes, seed: seed)
    store.write(slot.bytes, at: offset)
    return result
  }
}
