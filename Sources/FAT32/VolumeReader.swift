// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Reads a FAT32 volume, whoever made it: item by item, or as a stream of all its entries.
///
/// - Clusters may have 512 bytes to 64 KiB, sectors must have 512; there may be any number of FATs, and one of them may
///   be the only one that counts.
/// - Names are the long ones where they are whole, else the short ones, in lower case where two bits that Windows NT
///   has brought into use say so. Both kinds find an item, in whatever case.
/// - Times are taken for UTC.
///
/// Nothing on a volume is trusted: whatever its bytes are, every call returns or throws. A small part of the FAT is
/// kept in memory, never the whole.
///
/// Source: Microsoft FAT32 File System Specification 1.03.
public struct VolumeReader: ~Copyable {
  public let geometry: Geometry
  /// That of the root directory, else that of the boot sector; nil where the volume has none.
  public let label: String?
  /// The serial number that Windows and Linux (as UUID, XXXX-XXXX) show; 0 where there is none.
  public let volumeID: UInt32
  /// Free clusters as whoever wrote the volume last has counted them: a hint, nil where there is none.
  public let freeClusterCount: UInt32?
  public let root: DirectoryItem

  var storage: VolumeStorage
  // Of the content that `nextBytes` gives.
  private var content: ContentCursor?
  private var buffer = AlignedBuffer(byteCount: 256 << 10)
  // Of the stream of all entries.
  private var directories: [DirectoryCursor] = []
  private var hasBegun = false
  private var claimedClusters: Set<UInt32> = []

  /// Opens a volume.
  ///
  /// - Parameter target: the partition; what lies behind the volume's end does not matter.
  /// - Throws: `damaged` where there is no FAT32 volume, `sectorSize`, `truncated`, `target`.
  public init(_ target: any BlockTarget) throws(FAT32Error) {
    let header = try Self.header(of: target)
    guard header.geometry.volumeSize <= target.size else {
      throw .truncated(volumeSize: header.geometry.volumeSize, targetSize: target.size)
    }
    var storage = VolumeStorage(target, header)
    let freeClusterCount = try Self.freeClusterCount(header, in: storage)
    let root = DirectoryItem(rootAt: header.rootCluster)
    let label = try Self.label(root, in: &storage) ?? header.labelText
    self.init(storage, root, label: label, volumeID: header.volumeID, freeClusterCount: freeClusterCount)
  }

  private init(
    _ storage: consuming VolumeStorage, _ root: DirectoryItem, label: String?, volumeID: UInt32,
    freeClusterCount: UInt32?
  ) {
    geometry = storage.geometry
    self.storage = storage
    self.root = root
    self.label = label
    self.volumeID = volumeID
    self.freeClusterCount = freeClusterCount
  }

  /// What is in a directory, in the order in which it stands there: all of it, or an error.
  ///
  /// - Throws: `unreadable`, `target`, `notADirectory` for a file.
  public mutating func items(in directory: DirectoryItem) throws(FAT32Error) -> [DirectoryItem] {
    var cursor = try cursor(directory)
    var claimed: Set<UInt32> = []
    var items: [DirectoryItem] = []
    while let item = try cursor.nextItem(in: &storage, claimed: &claimed) { items.append(item) }
    return items
  }

  /// Finds a file or directory: each name of its path is a long or a short one, in any case.
  ///
  /// - Throws: `notFound`, `unreadable`, `target`, `notADirectory` where a file is taken for one on the way.
  public mutating func item(at path: EntryPath) throws(FAT32Error) -> DirectoryItem {
    var item = root
    for name in path.names {
      guard let next = try self.item(named: name, in: item) else { throw .notFound(path) }
      item = next
    }
    return item
  }

  /// Reads a part of a file.
  ///
  /// - Parameter bytes: filled from the first one on.
  /// - Returns: how many bytes there were: fewer only where the file ends.
  /// - Throws: `unreadable`, `target`.
  public mutating func read(
    _ file: DirectoryItem, into bytes: inout MutableRawSpan, at offset: UInt64
  ) throws(FAT32Error) -> Int {
    guard offset < file.size else { return 0 }
    var cursor = try ContentCursor(file, in: geometry)
    cursor.skip(to: offset)
    let count = Int(min(UInt64(bytes.byteCount), cursor.restByteCount))
    var position = 0
    while position < count {
      let run = try cursor.nextRun(atMost: UInt64(count - position), in: &storage)
      var part = bytes._mutatingExtracting(position..<position + run.count)
      try storage.read(into: &part, at: run.lowerBound)
      position += run.count
    }
    return count
  }

  /// Makes a file the one whose bytes `nextBytes()` gives, from its first one on.
  ///
  /// - Throws: `unreadable` where its content begins at no cluster.
  public mutating func open(_ file: DirectoryItem) throws(FAT32Error) {
    content = nil
    content = try ContentCursor(file, in: geometry)
  }
}

// All entries: directories before what is in them, else in the order in which they stand on the volume.
extension VolumeReader: EntryReader {
  /// The next file or directory of the whole volume, with mode 0755 or 0644 (0555 or 0444 where it is read-only) and
  /// owned by root; neither the root directory nor the label is an entry. A time of modification that is none becomes
  /// the beginning of 1980.
  ///
  /// After an error, the next call goes on behind what could not be read.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func next() throws(FAT32Error) -> Entry? {
    content = nil
    if !hasBegun {
      hasBegun = true
      try descend(into: root)
    }
    while !directories.isEmpty {
      let last = directories.count - 1
      guard let item = try directories[last].nextItem(in: &storage, claimed: &claimedClusters) else {
        directories.removeLast()
        continue
      }
      if item.isDirectory { try descend(into: item) } else { try open(item) }
      return Entry(item)
    }
    return nil
  }

  /// The next bytes of the file that `next()` has given last, or that was opened since: up to 256 KiB, in one read.
  ///
  /// - Throws: `unreadable`, `target`; after an error there are no more.
  @_lifetime(&self)
  public mutating func nextBytes() throws(FAT32Error) -> RawSpan {
    guard var cursor = content else { return RawSpan() }
    content = nil
    let run = try cursor.nextRun(atMost: UInt64(buffer.byteCount), in: &storage)
    guard !run.isEmpty else { return RawSpan() }
    if cursor.restByteCount == 0 { try cursor.checkEnd(in: &storage) }
    try storage.fill(&buffer, from: run)
    content = cursor
    return buffer.bytes.extracting(first: run.count)
  }

  /// Directories within directories; a path that Linux opens has fewer.
  private static let largestDepth = 2048
  /// Longer than any path that Windows or Linux opens.
  private static let largestPathByteCount = 32_767

  private mutating func descend(into directory: DirectoryItem) throws(FAT32Error) {
    guard directories.count < Self.largestDepth, directory.path.bytes.count <= Self.largestPathByteCount
    else { throw .unreadable(directory.path, .tooDeep) }
    directories.append(try DirectoryCursor(directory, in: geometry))
  }
}

extension VolumeReader {
  private static func header(of target: any BlockTarget) throws(FAT32Error) -> VolumeHeader {
    var buffer = AlignedBuffer(byteCount: Int(Geometry.sectorSize))
    var sector = buffer.mutableBytes
    do throws(BlockError) { try target.read(into: &sector, at: 0) } catch { throw .target(error) }
    return try VolumeHeader(decoding: sector.bytes)
  }

  /// Nil where the FSInfo sector is none, or holds a number that can't be.
  private static func freeClusterCount(
    _ header: VolumeHeader, in storage: borrowing VolumeStorage
  ) throws(FAT32Error) -> UInt32? {
    guard let number = header.fsInfoSector else { return nil }
    var buffer = AlignedBuffer(byteCount: Int(Geometry.sectorSize))
    var sector = buffer.mutableBytes
    try storage.read(into: &sector, at: UInt64(number) * Geometry.sectorSize)
    do throws(FAT32Error) {
      return try FSInfo(decoding: sector.bytes, clusterCount: header.geometry.clusterCount).freeClusterCount
    } catch {
      return nil
    }
  }

  /// What is wrong with the root directory is for whoever reads it to tell.
  private static func label(
    _ root: DirectoryItem, in storage: inout VolumeStorage
  ) throws(FAT32Error) -> String? {
    var cursor = try DirectoryCursor(root, in: storage.geometry)
    var claimed: Set<UInt32> = []
    while true {
      do throws(FAT32Error) {
        guard let element = try cursor.next(in: &storage, claimed: &claimed) else { return nil }
        if case .label(let name) = element { return name.labelText }
      } catch {
        guard case .unreadable = error else { throw error }
      }
    }
  }

  private func cursor(_ directory: DirectoryItem) throws(FAT32Error) -> DirectoryCursor {
    guard directory.isDirectory else { throw .notADirectory(directory.path) }
    return try DirectoryCursor(directory, in: geometry)
  }

  /// Passes over names that no path can have.
  private mutating func item(
    named name: ArraySlice<UInt8>, in directory: DirectoryItem
  ) throws(FAT32Error) -> DirectoryItem? {
    var cursor = try cursor(directory)
    let folded = LongName.folded(name)
    var claimed: Set<UInt32> = []
    while true {
      do throws(FAT32Error) {
        guard let item = try cursor.nextItem(in: &storage, claimed: &claimed) else { return nil }
        if item.isNamed(folded) { return item }
      } catch {
        guard case .unreadable(_, .illegalName) = error else { throw error }
      }
    }
  }
}
