// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// A volume that is read: its inodes, and what they lead to.
///
/// Nothing of it is trusted: whatever the bytes are, every call returns or throws.
struct StoredVolume: ~Copyable {
  let source: VolumeSource
  let layout: Checker.Layout
  private let system: CheckedFileSystem
  private var slot: AlignedBuffer
  private var block: AlignedBuffer

  init(_ target: any BlockTarget) throws(Ext4Error) {
    let source = VolumeSource(target)
    let layout = try Self.layout(of: source)
    let system = try CheckedFileSystem.open(source, ignoresChecksums: false)
    self.init(source, layout, system)
  }

  private init(_ source: VolumeSource, _ layout: Checker.Layout, _ system: consuming CheckedFileSystem) {
    self.source = source
    self.layout = layout
    self.system = system
    slot = AlignedBuffer(byteCount: layout.inodeSize)
    block = AlignedBuffer(byteCount: Int(layout.blockSize))
  }

  private static func layout(of source: VolumeSource) throws(Ext4Error) -> Checker.Layout {
    var problem: Finding?
    var check = Checker.SuperblockCheck(source, for: .reading) { finding in
      if finding.severity == .error || finding.kind == .unsupportedFeature { problem = finding }
    }
    let layout = try check.layout()
    if let problem { throw .superblock(problem) }
    guard let layout else { throw .superblock(Finding(.magic)) }
    return layout
  }
}

/// What is being read, for errors.
struct InodePlace {
  let path: EntryPath
  let number: UInt32

  func error(_ damage: Ext4Error.Damage) -> Ext4Error { .unreadable(path, inode: number, damage) }
}

// Inodes.
extension StoredVolume {
  /// An inode that a file may have.
  mutating func inode(_ number: UInt32, at path: EntryPath) throws(Ext4Error) -> StoredInode {
    let place = InodePlace(path: path, number: number)
    guard number == Inode.root || number >= layout.firstInode && number <= layout.inodeCount else {
      throw place.error(.unusedInode)
    }
    let inode = try anyInode(place)
    guard inode.linkCount > 0, !inode.isAttribute else { throw place.error(.unusedInode) }
    return inode
  }

  private mutating func anyInode(_ place: InodePlace) throws(Ext4Error) -> StoredInode {
    if let damage = system.read(inode: place.number, into: &slot) { throw failure(damage, place) }
    return StoredInode(decoding: slot.bytes, number: place.number, features: layout.features)
  }

  /// The target's own error wins over what the library makes of it.
  private func failure(_ damage: Ext4Error.Damage, _ place: InodePlace) -> Ext4Error {
    if let failure = source.failure { return .target(failure) }
    return place.error(damage)
  }
}

// Content.
extension StoredVolume {
  /// A file of more bytes would have offsets that no call takes.
  private static let largestSize = UInt64(Int64.max)

  mutating func content(of inode: StoredInode, at path: EntryPath) throws(Ext4Error) -> StoredContent {
    let place = InodePlace(path: path, number: inode.number)
    if inode.isEncrypted { throw place.error(.encrypted) }
    guard inode.size <= Self.largestSize else { throw place.error(.size(inode.size)) }
    if inode.hasInlineContent {
      return StoredContent(size: inode.size, inline: try inlineBytes(of: inode, place))
    }
    let blocks = layout.firstDataBlock..<layout.blockCount
    switch system.extents(of: inode, within: blocks) {
    case .failure(let damage): throw failure(damage, place)
    case .success(let extents):
      return StoredContent(size: inode.size, extents: extents, blockSize: layout.blockSize)
    }
  }

  /// Sixty bytes in the inode, and more in an attribute. Linux takes what a file has behind them for a hole.
  private mutating func inlineBytes(
    of inode: StoredInode, _ place: InodePlace
  ) throws(Ext4Error) -> [UInt8] {
    var bytes = inode.body
    for attribute in try attributes(of: inode, place) where attribute.isContent {
      bytes += try value(of: attribute, place)
    }
    return bytes
  }

  mutating func linkTarget(of inode: StoredInode, at path: EntryPath) throws(Ext4Error) -> [UInt8] {
    let place = InodePlace(path: path, number: inode.number)
    if inode.isEncrypted { throw place.error(.encrypted) }
    guard inode.size < layout.blockSize else { throw place.error(.size(inode.size)) }
    var target = Array(inode.body.prefix(Int(inode.size)))
    if !inode.isFastLink {
      let content = try content(of: inode, at: path)
      let source = source
      var bytes = block.mutableBytes
      var part = bytes._mutatingExtracting(first: Int(content.size))
      try content.read(into: &part, at: 0, from: source)
      target = part.bytes.copy(0..<part.byteCount)
    }
    guard !target.isEmpty, !target.contains(0) else { throw place.error(.linkTarget) }
    return target
  }
}

// Directories.
extension StoredVolume {
  /// All names in a directory.
  mutating func listing(of inode: StoredInode, at path: EntryPath) throws(Ext4Error) -> DirectoryListing {
    let place = InodePlace(path: path, number: inode.number)
    var listing = DirectoryListing()
    if inode.hasInlineContent {
      try appendInlineNames(of: inode, to: &listing, place)
    } else {
      let content = try content(of: inode, at: path)
      guard let runs = content.blocks else { throw place.error(.size(inode.size)) }
      for run in runs {
        for number in run { try appendNames(in: number, to: &listing, place) }
      }
    }
    guard listing.sort() else { throw place.error(.duplicateName) }
    return listing
  }

  private mutating func appendNames(
    in number: UInt64, to listing: inout DirectoryListing, _ place: InodePlace
  ) throws(Ext4Error) {
    try readBlock(number)
    guard system.isValid(directory: &block, ofInode: place.number) else {
      throw failure(.directoryChecksum, place)
    }
    if let damage = listing.append(block.bytes) { throw place.error(damage) }
  }

  /// The inode's part begins with the number of the directory above.
  private mutating func appendInlineNames(
    of inode: StoredInode, to listing: inout DirectoryListing, _ place: InodePlace
  ) throws(Ext4Error) {
    if inode.isEncrypted { throw place.error(.encrypted) }
    let bytes = try inlineBytes(of: inode, place).prefix(Int(clamping: inode.size))
    let ownByteCount = inode.body.count
    guard bytes.count >= 4, inode.size == bytes.count else { throw place.error(.size(inode.size)) }
    let end = min(bytes.count, ownByteCount)
    if let damage = unsafe listing.append(bytes.span.bytes.extracting(4..<end)) { throw place.error(damage) }
    guard bytes.count > ownByteCount else { return }
    if let damage = unsafe listing.append(bytes.span.bytes.extracting(ownByteCount..<bytes.count)) {
      throw place.error(damage)
    }
  }

  private mutating func readBlock(_ number: UInt64) throws(Ext4Error) {
    let (source, offset) = (source, number * layout.blockSize)
    var bytes = block.mutableBytes
    try source.readAll(into: &bytes, at: offset)
  }
}

// Extended attributes.
extension StoredVolume {
  /// With the names and values that the system's calls give, by the bytes of their names.
  mutating func extendedAttributes(
    of inode: StoredInode, at path: EntryPath
  ) throws(Ext4Error) -> [Entry.ExtendedAttribute] {
    if inode.inlineAttributes.isEmpty, inode.attributeBlock == 0 { return [] }
    let place = InodePlace(path: path, number: inode.number)
    var list: [Entry.ExtendedAttribute] = []
    for attribute in try attributes(of: inode, place) where !attribute.isContent {
      let stored = try value(of: attribute, place)
      let value = attribute.isAccessControlList ? StoredAttribute.accessControlList(stored) : stored
      guard let name = attribute.fullName, let value else { throw place.error(.attributes) }
      list.append(.init(name: name, value: value))
    }
    list.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return list
  }

  private mutating func attributes(
    of inode: StoredInode, _ place: InodePlace
  ) throws(Ext4Error) -> [StoredAttribute] {
    var list: [StoredAttribute] = []
    if !inode.inlineAttributes.isEmpty {
      let start = StoredAttribute.inodeHeaderByteCount
      let found = unsafe StoredAttribute.list(inode.inlineAttributes.span.bytes, from: start, origin: start)
      guard let found else { throw place.error(.attributes) }
      list += found
    }
    if inode.attributeBlock != 0 { list += try attributes(inBlock: inode.attributeBlock, place) }
    return list
  }

  private mutating func attributes(
    inBlock number: UInt64, _ place: InodePlace
  ) throws(Ext4Error) -> [StoredAttribute] {
    guard layout.contains(number) else { throw place.error(.blockOutside(number)) }
    try readBlock(number)
    guard block.bytes.load(UInt32.self, at: 0) == StoredAttribute.magic,
      block.bytes.load(UInt32.self, at: 8) == 1
    else { throw place.error(.attributes) }
    guard system.isValid(attributes: &block, at: number, ofInode: place.number) else {
      throw place.error(.attributeChecksum)
    }
    let list = StoredAttribute.list(block.bytes, from: StoredAttribute.blockHeaderByteCount, origin: 0)
    guard let list else { throw place.error(.attributes) }
    return list
  }

  private mutating func value(
    of attribute: StoredAttribute, _ place: InodePlace
  ) throws(Ext4Error) -> [UInt8] {
    switch attribute.value {
    case .bytes(let bytes): return bytes
    case .inode(let number, let byteCount):
      let isPossible =
        layout.features.hasAttributeInodes && number >= layout.firstInode && number <= layout.inodeCount
      guard isPossible else { throw place.error(.attributes) }
      let inode = try anyInode(InodePlace(path: place.path, number: number))
      guard inode.isAttribute, !inode.hasInlineContent, inode.size == UInt64(byteCount) else {
        throw place.error(.attributes)
      }
      let content = try content(of: inode, at: place.path)
      var buffer = AlignedBuffer(byteCount: byteCount)
      var bytes = buffer.mutableBytes
      try content.read(into: &bytes, at: 0, from: source)
      return buffer.copy(0..<byteCount)
    }
  }
}
