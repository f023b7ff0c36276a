// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

extension VolumeWriter {
  public mutating func add(_ entry: Entry) throws(Ext4Error) { try add(entry, as: .known) }

  /// Begins a regular file that takes as many bytes as come until the next entry: for streams that don't
  /// know their length. The size that `entry` tells is ignored.
  ///
  /// Its blocks are taken as the bytes come, and lie side by side as those of other files do.
  public mutating func addGrowing(_ entry: Entry) throws(Ext4Error) {
    guard case .regular = entry.kind else { preconditionFailure("only regular files grow") }
    var entry = entry
    entry.kind = .regular(.init(size: 0))
    try add(entry, as: .growing)
  }

  /// Begins a regular file whose bytes come in any order, and returns it as a target of the size that `entry`
  /// tells: for a file system inside of the file, made with no temporary file.
  ///
  ///     var inner = try VolumeWriter(formatting: try writer.addImage(entry), format: innerFormat)
  ///     try inner.add(contentsOf: &reader)
  ///     try inner.finish()
  ///
  /// The target may be written to until the next entry, or `finish()`, ends the file. All its blocks are taken
  /// at once, in as few runs as the volume has. Those that were never written to cost no write and read as
  /// zero, whatever stood there (extents that are allocated and unwritten); so does the rest of a block that
  /// was written to in part, which reaches the volume when it is whole or the file ends. If filling fails and
  /// the volume does not, the file is what has been written so far, and the writer goes on.
  ///
  /// - Returns: where the volume has no place for the file, a target that keeps nothing; `finish()` tells.
  public mutating func addImage(_ entry: Entry) throws(Ext4Error) -> any BlockTarget {
    guard case .regular(let shape) = entry.kind else { preconditionFailure("only regular files hold images") }
    var entry = entry
    entry.kind = .regular(.init(size: shape.size))
    try add(entry, as: .image)
    return content.image ?? NullTarget(size: shape.size)
  }

  /// How a regular file's bytes come.
  private enum Filling {
    /// In order, as many as announced.
    case known
    case growing
    case image
  }

  private mutating func add(_ entry: Entry, as filling: Filling) throws(Ext4Error) {
    try finishContent()
    content.begin(entry)
    let attributes: AttributeStorage
    let file: (type: FileType, inode: UInt32)
    do throws(Problem.Reason) {
      attributes = try checkedAttributes(of: entry)
      switch entry.kind {
      case .directory: return try describeDirectory(entry, attributes)
      case .hardLink(let target): return try addHardLink(entry.path, to: target)
      default: file = try addName(of: entry)
      }
    } catch {
      problems.append(Problem(path: entry.path, reason: error))
      return
    }
    var inode = Inode(
      type: file.type, permissions: entry.mode, owner: entry.owner, time: entry.modificationTime, body: .none)
    try placeAttributes(attributes, in: &inode)
    switch filling {
    case .known: try write(entry, inode, number: file.inode)
    case .growing: content.placeGrowing(inode, number: file.inode)
    case .image: try placeImage(of: entry, inode, number: file.inode)
    }
  }

  /// Whether something has come with this path, or has been made as a directory on the way.
  public func contains(_ path: EntryPath) -> Bool { path.isRoot || find(path) != nil }

  /// Whether a directory has come with this path or has been made on the way, or a symbolic link, which may lead to one.
  public func containsDirectory(_ path: EntryPath) -> Bool {
    path.isRoot || [.directory, .symbolicLink].contains(find(path)?.type)
  }

  /// Throws for what no place in the volume would make possible.
  private func checkedAttributes(of entry: Entry) throws(Problem.Reason) -> AttributeStorage {
    if case .hardLink = entry.kind { return .none }
    guard Inode.canHold(entry.modificationTime) else {
      throw .timeOutOfRange(entry.modificationTime)
    }
    guard !entry.extendedAttributes.isEmpty else { return .none }
    return try ExtendedAttributes(entry.extendedAttributes).storage()
  }

  private mutating func describeDirectory(
    _ entry: Entry, _ attributes: AttributeStorage
  ) throws(Problem.Reason) {
    var directory = 0
    if !entry.path.isRoot {
      let (parentPath, name) = Self.split(entry.path.bytes[...])
      let parent = try self.directory(at: parentPath)
      directory = try self.directory(named: name, in: parent, elseThrowing: .duplicatePath)
    }
    tree.describe(
      directory, permissions: entry.mode, owner: entry.owner, time: entry.modificationTime,
      attributes: attributes)
  }

  private mutating func addHardLink(_ path: EntryPath, to target: EntryPath) throws(Problem.Reason) {
    let name = try newName(path)
    guard let existing = find(target) else {
      throw target.isRoot ? .linkToDirectory(target) : .missingLinkTarget(target)
    }
    guard existing.type != .directory else { throw .linkToDirectory(target) }
    if isWriting {
      let isLinked = updateSlot(of: existing.inode) { slot in Inode.addLink(to: &slot) }
      guard isLinked else { throw .tooManyLinks(target) }
    }
    tree.insert(name, inode: existing.inode, type: existing.type)
  }

  /// Gives an inode and its name to what has one of its own and is no directory.
  private mutating func addName(of entry: Entry) throws(Problem.Reason) -> (type: FileType, inode: UInt32) {
    let type = try checkedType(of: entry.kind)
    let name = try newName(entry.path)
    let number = takeInode()
    tree.insert(name, inode: number, type: type)
    return (type, number)
  }

  private func checkedType(of kind: Entry.Kind) throws(Problem.Reason) -> FileType {
    switch kind {
    case .regular(let shape):
      try OpenContent.check(shape, largestSize: largestFileSize)
      return .regular
    case .symbolicLink(let target):
      guard (1...4095).contains(target.count), !target.contains(0) else {
        throw .badLinkTarget(byteCount: target.count)
      }
      return .symbolicLink
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      guard major < 1 << 12, minor < 1 << 20 else { throw .deviceNumberTooLarge(major: major, minor: minor) }
      if case .blockDevice = kind { return .blockDevice }
      return .characterDevice
    case .fifo: return .fifo
    case .socket: return .socket
    case .directory, .hardLink: return .directory
    }
  }
}

// What is written as soon as an entry is known.
extension VolumeWriter {
  private mutating func write(_ entry: Entry, _ inode: consuming Inode, number: UInt32) throws(Ext4Error) {
    switch entry.kind {
    case .regular(let shape): placeContent(shape, of: number, in: &inode)
    case .symbolicLink(let target): try placeTarget(target, in: &inode)
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      inode.body = .device(major: major, minor: minor)
    case .fifo, .socket, .directory, .hardLink: break
    }
    storeInode(inode, number: number)
  }

  mutating func placeAttributes(
    _ attributes: AttributeStorage, in inode: inout Inode
  ) throws(Ext4Error) {
    switch attributes {
    case .none: return
    case .inode(let bytes): inode.inlineAttributes = bytes
    case .block(let bytes):
      inode.blockCount += 1
      guard let block = space.takeBlock() else { return }
      inode.attributeBlock = block
      try write(ExtendedAttributes.seal(bytes, block: block, seed: geometry.checksumSeed), atBlock: block)
    }
  }

  /// A short target lies in the inode, a longer one in a block.
  private mutating func placeTarget(_ target: [UInt8], in inode: inout Inode) throws(Ext4Error) {
    inode.size = UInt64(target.count)
    guard target.count > Inode.largestInlineTargetByteCount else {
      inode.body = .linkTarget(target)
      return
    }
    var extents: [Extent] = []
    space.take(1, for: 0, into: &extents)
    inode.blockCount += 1
    inode.body = .extents(ExtentNode(entries: extents))
    try write(target, atBlock: extents.first?.physical)
  }
}

// Names and the way to them.
extension VolumeWriter {
  private static let slash = UInt8(ascii: "/")
  private static let largestNameByteCount = 255

  /// The name of an entry that must not be there yet; directories on the way make themselves.
  private mutating func newName(_ path: EntryPath) throws(Problem.Reason) -> DirectoryTree.NewName {
    guard !path.isRoot else { throw .rootIsNoDirectory }
    let (parentPath, name) = Self.split(path.bytes[...])
    guard name.count <= Self.largestNameByteCount else { throw .nameTooLong(byteCount: name.count) }
    let parent = try directory(at: parentPath)
    guard let new = tree.makeName(name, in: parent) else { throw .duplicatePath }
    return new
  }

  private static func split(_ path: ArraySlice<UInt8>) -> (parent: ArraySlice<UInt8>, name: ArraySlice<UInt8>)
  {
    guard let last = path.lastIndex(of: slash) else { return (path.prefix(0), path) }
    return (path[..<last], path[(last + 1)...])
  }

  /// Index of the directory with this path, made as `root:root` 0755 where it is not there.
  private mutating func directory(at path: ArraySlice<UInt8>) throws(Problem.Reason) -> Int {
    var step = way.turn(to: path)
    if step.byteCount == path.count { return step.directory }
    if let known = directoryPaths.find(path) {
      way.jump(to: known)
      return known
    }
    while step.byteCount < path.count {
      let start = path.startIndex + (step.byteCount == 0 ? 0 : step.byteCount + 1)
      let end = path[start...].firstIndex(of: Self.slash) ?? path.endIndex
      let directory = try directory(
        named: path[start..<end], in: step.directory, elseThrowing: .parentIsNoDirectory)
      step = DirectoryWay.Step(byteCount: end - path.startIndex, directory: directory)
      way.append(step)
    }
    directoryPaths.insert(path, directory: step.directory)
    return step.directory
  }

  /// Index of a directory's directory of this name, made where it is not there.
  ///
  /// - Parameter reason: what to throw where something else has the name.
  private mutating func directory(
    named name: ArraySlice<UInt8>, in parent: Int, elseThrowing reason: Problem.Reason
  ) throws(Problem.Reason) -> Int {
    if let existing = tree.find(name, in: parent) {
      guard existing.type == .directory else { throw reason }
      return Int(existing.directory)
    }
    guard name.count <= Self.largestNameByteCount else { throw .nameTooLong(byteCount: name.count) }
    return tree.insertDirectory(name, in: parent, inode: takeInode(), time: format.time)
  }

  /// What has come with this path; nil for the root, too, which has no name.
  private func find(_ path: EntryPath) -> DirectoryTree.Name? {
    var directory = 0
    var found: DirectoryTree.Name?
    for name in path.names {
      if let found {
        guard found.type == .directory else { return nil }
        directory = Int(found.directory)
      }
      guard let next = tree.find(name, in: directory) else { return nil }
      found = next
    }
    return found
  }
}
