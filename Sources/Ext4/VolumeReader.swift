// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Reads an ext2, ext3 or ext4 volume, whoever made it: path by path, or as a stream of all its entries.
///
/// - Blocks may have 1 to 64 KiB, files extents or pointers; content may stand in inodes, extended attributes in inodes,
///   in blocks, or in inodes of their own.
/// - Symbolic links are not followed.
/// - What has a checksum is read only if it holds. Group descriptors, bitmaps and indexes are not needed, or not
///   relied upon: the checker looks at those.
/// - Changes that stand in the journal alone are not seen: `needsRecovery` says that there are some. What is in place may
///   then contradict itself.
/// - The directory `lost+found` is left out where nothing is in it and its attributes are those that a formatter gives
///   it, unless it is asked for: it is part of the volume rather than of its content. By its path it is found always.
///
/// Nothing on a volume is trusted: whatever its bytes are, every call returns or throws. Memory is taken for the names of
/// the directories on the way and of those that were asked for lately, for where the content of one file lies, and for
/// files with several names; content passes through, in pieces of 256 KiB at most.
///
/// Source: kernel documentation, ext4, "Data Structures and Algorithms".
public struct VolumeReader: ~Copyable {
  /// Nil where the volume has none.
  public let label: String?
  public let uuid: Identifier
  /// Bytes of a block.
  public var blockSize: UInt64 { volume.layout.blockSize }
  public var blockCount: UInt64 { volume.layout.blockCount }
  /// Whether changes stand in the journal that were not carried out.
  public var needsRecovery: Bool { volume.layout.features.hasUnwrittenJournal }

  var volume: StoredVolume
  let includesLostAndFound: Bool
  // Of the content that `nextBytes` gives, and of the file that was read last.
  var content: OpenContentCursor?
  private var lastRead: (inode: UInt32, content: StoredContent)?
  var buffer = AlignedBuffer(byteCount: 256 << 10)
  // Of the stream of all entries.
  var walk = VolumeWalk()
  // Of paths.
  private var listings = ListingCache()

  /// Opens a volume.
  ///
  /// - Parameters:
  ///   - target: the partition, or an image of one; what lies behind the volume's end does not matter.
  ///   - includesLostAndFound: whether `lost+found` is an entry even if it is as a formatter makes it.
  /// - Throws: `superblock` where there is no volume, or one that can't be read; `library`, `target`.
  public init(_ target: any BlockTarget, includesLostAndFound: Bool = false) throws(Ext4Error) {
    let volume = try StoredVolume(target)
    let (label, uuid) = try Self.identity(of: volume.source)
    self.init(volume, label, uuid, includesLostAndFound: includesLostAndFound)
  }

  private init(
    _ volume: consuming StoredVolume, _ label: String?, _ uuid: Identifier, includesLostAndFound: Bool
  ) {
    self.volume = volume
    self.label = label
    self.uuid = uuid
    self.includesLostAndFound = includesLostAndFound
  }

  private static func identity(of source: VolumeSource) throws(Ext4Error) -> (String?, Identifier) {
    var buffer = AlignedBuffer(byteCount: Checker.SuperblockCheck.byteCount)
    var bytes = buffer.mutableBytes
    try source.readAll(into: &bytes, at: Checker.SuperblockCheck.offset)
    let label = bytes.bytes.copy(SuperblockField.label..<SuperblockField.label + 16).prefix { $0 != 0 }
    let uuid = bytes.bytes.copy(SuperblockField.uuid..<SuperblockField.uuid + 16)
    guard let uuid = Identifier(uuid) else { preconditionFailure("sixteen bytes") }
    return (label.isEmpty ? nil : String(decoding: label, as: UTF8.self), uuid)
  }
}

// By path.
extension VolumeReader: EntryLookup {
  public typealias Item = DirectoryItem

  /// Finds what has the path; no symbolic link is followed on the way.
  ///
  /// - Throws: `notFound`, `unreadable`, `target`.
  public mutating func item(at path: EntryPath) throws(Ext4Error) -> DirectoryItem {
    guard let item = try find(path) else { throw .notFound(path) }
    return item
  }

  /// - Throws: `unreadable`, `target`.
  public mutating func find(_ path: EntryPath) throws(Ext4Error) -> DirectoryItem? {
    guard let number = try inode(at: path) else { return nil }
    return try item(path, number)
  }

  /// What is in a directory, by the bytes of the names: all of it, or an error.
  ///
  /// - Throws: `notADirectory` for what is none, `unreadable`, `target`.
  public mutating func items(in directory: DirectoryItem) throws(Ext4Error) -> [DirectoryItem] {
    guard directory.isDirectory else { throw .notADirectory(directory.path) }
    var items: [DirectoryItem] = []
    for path in try paths(in: directory) { items.append(try item(at: path)) }
    return items
  }

  /// By the bytes of the names.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func paths(in directory: DirectoryItem) throws(Ext4Error) -> [EntryPath] {
    guard let listing = try listing(directory.inode, at: directory.path) else { return [] }
    var paths: [EntryPath] = []
    for index in 0..<listing.count {
      let (name, number) = listing[index]
      if try isHidden(name, number, in: directory.path) { continue }
      paths.append(try path(name, number, in: directory.path))
    }
    return paths
  }

  /// Reads a part of a file.
  ///
  /// - Parameter bytes: filled from the first one on; holes are zeros.
  /// - Returns: how many bytes there were: fewer only where the file ends.
  /// - Throws: `unreadable`, `target`.
  public mutating func read(
    _ file: DirectoryItem, into bytes: inout MutableRawSpan, at offset: UInt64
  ) throws(Ext4Error) -> Int {
    let content = try content(of: file)
    guard offset < content.size else { return 0 }
    let count = Int(min(UInt64(bytes.byteCount), content.size - offset))
    var part = bytes._mutatingExtracting(first: count)
    try content.read(into: &part, at: offset, from: volume.source)
    return count
  }

  /// Makes a file the one whose bytes `nextBytes()` gives, from its first one on: those of its data ranges.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func open(_ file: DirectoryItem) throws(Ext4Error) {
    content = nil
    content = OpenContentCursor(try content(of: file))
  }

  /// - Throws: `unreadable`, `target`.
  public mutating func firstDifference(
    of file: DirectoryItem, from bytes: RawSpan, at offset: UInt64
  ) throws(Ext4Error) -> UInt64? {
    let content = try content(of: file)
    guard offset < content.size else { return nil }
    let end = offset + min(UInt64(bytes.byteCount), content.size - offset)
    var position = offset
    while position < end {
      let count = Int(min(UInt64(buffer.byteCount), end - position))
      try fill(count, at: position, of: content)
      let start = Int(position - offset)
      let expected = bytes.extracting(start..<start + count)
      if let place = buffer.bytes.extracting(first: count).firstDifference(from: expected) {
        return position + UInt64(place)
      }
      position += UInt64(count)
    }
    return nil
  }

  /// Looks only at what the volume has blocks for.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func firstNonzeroByte(
    of file: DirectoryItem, in range: Range<UInt64>
  ) throws(Ext4Error) -> UInt64? {
    let content = try content(of: file)
    var rest = range.clamped(to: 0..<content.size)
    while let data = content.data(in: rest) {
      let count = Int(min(UInt64(buffer.byteCount), data.upperBound - data.lowerBound))
      try fill(count, at: data.lowerBound, of: content)
      if let place = buffer.bytes.extracting(first: count).firstNonzeroByte {
        return data.lowerBound + UInt64(place)
      }
      rest = data.lowerBound + UInt64(count)..<rest.upperBound
    }
    return nil
  }

  public static func isOfOneItem(_ failure: Ext4Error) -> Bool {
    if case .unreadable = failure { true } else { false }
  }

  /// Puts so many bytes of a file to the start of the buffer.
  mutating func fill(
    _ count: Int, at offset: UInt64, of content: StoredContent
  ) throws(Ext4Error) {
    let source = volume.source
    var all = buffer.mutableBytes
    var part = all._mutatingExtracting(first: count)
    try content.read(into: &part, at: offset, from: source)
  }
}

extension VolumeReader {
  /// What an inode describes.
  mutating func item(_ path: EntryPath, _ number: UInt32) throws(Ext4Error) -> DirectoryItem {
    let inode = try volume.inode(number, at: path)
    return try item(path, inode)
  }

  mutating func item(_ path: EntryPath, _ inode: StoredInode) throws(Ext4Error) -> DirectoryItem {
    let entry = Entry(
      path, try kind(of: inode, at: path), mode: inode.permissions, owner: inode.owner,
      modificationTime: inode.modificationTime,
      extendedAttributes: try volume.extendedAttributes(of: inode, at: path))
    return DirectoryItem(entry: entry, inode: inode.number, linkCount: inode.linkCount)
  }

  private mutating func kind(of inode: StoredInode, at path: EntryPath) throws(Ext4Error) -> Entry.Kind {
    let (major, minor) = inode.deviceNumber
    switch inode.type {
    case .directory: return .directory
    case .regular:
      let content = try volume.content(of: inode, at: path)
      lastRead = (inode.number, content)
      return .regular(.init(size: content.size, dataRanges: content.dataRanges))
    case .symbolicLink: return .symbolicLink(target: try volume.linkTarget(of: inode, at: path))
    case .characterDevice: return .characterDevice(major: major, minor: minor)
    case .blockDevice: return .blockDevice(major: major, minor: minor)
    case .fifo: return .fifo
    case .socket: return .socket
    case nil: throw .unreadable(path, inode: inode.number, .fileType)
    }
  }

  /// Of a file; that of the last one is at hand. Nothing else has content.
  mutating func content(of item: DirectoryItem) throws(Ext4Error) -> StoredContent {
    guard case .regular = item.entry.kind else { return .empty }
    if let lastRead, lastRead.inode == item.inode { return lastRead.content }
    let inode = try volume.inode(item.inode, at: item.path)
    guard inode.type == .regular else { throw .unreadable(item.path, inode: item.inode, .fileType) }
    let content = try volume.content(of: inode, at: item.path)
    lastRead = (item.inode, content)
    return content
  }

  private mutating func inode(at path: EntryPath) throws(Ext4Error) -> UInt32? {
    var number = Inode.root
    var place = EntryPath.root
    for name in path.names {
      guard let next = try listing(number, at: place)?.inode(named: name) else { return nil }
      place = try self.path(name, next, in: place)
      number = next
    }
    return number
  }

  /// Nil for what is no directory.
  private mutating func listing(
    _ number: UInt32, at path: EntryPath
  ) throws(Ext4Error) -> DirectoryListing? {
    if let listing = listings[number] { return listing }
    let inode = try volume.inode(number, at: path)
    guard inode.type == .directory else { return nil }
    let listing = try volume.listing(of: inode, at: path)
    listings.insert(listing, number)
    return listing
  }

  /// The path of a name, which is one that a path can have.
  func path(
    _ name: ArraySlice<UInt8>, _ number: UInt32, in directory: EntryPath
  ) throws(Ext4Error) -> EntryPath {
    do throws(EntryPathError) {
      return directory.appending(try EntryPath(name))
    } catch {
      throw .unreadable(directory, inode: number, .illegalName)
    }
  }

  /// Whether this is `lost+found` as a formatter makes it, and not wanted.
  mutating func isHidden(
    _ name: ArraySlice<UInt8>, _ number: UInt32, in directory: EntryPath
  ) throws(Ext4Error) -> Bool {
    guard !includesLostAndFound, directory.isRoot, name.elementsEqual("lost+found".utf8) else {
      return false
    }
    let path = try path(name, number, in: directory)
    let inode = try volume.inode(number, at: path)
    guard inode.type == .directory, inode.permissions == 0o700, inode.owner == .root else { return false }
    return try listing(number, at: path)?.count == 0
  }
}

/// The names of directories that were asked for lately.
private struct ListingCache {
  private var listings: [UInt32: DirectoryListing] = [:]
  private var nameCount = 0

  /// Names that are kept, the last directory's aside.
  private static let largestNameCount = 1 << 18

  subscript(inode: UInt32) -> DirectoryListing? { listings[inode] }

  mutating func insert(_ listing: DirectoryListing, _ inode: UInt32) {
    // A name for each directory, too, so that empty ones count.
    nameCount += listing.count + 1
    if nameCount > Self.largestNameCount {
      listings.removeAll()
      nameCount = listing.count + 1
    }
    listings[inode] = listing
  }
}
