// SPDX-License-Identifier: Apache-2.0
import Entries

/// Every name on the volume: what the directories are built from at the end.
///
/// Names lie one behind the other in one array and are found through one table, so that a name costs no
/// allocation.
struct DirectoryTree: ~Copyable {
  private(set) var directories: [Directory] = []
  private var names: [Name] = []
  private var bytes: [UInt8] = []
  /// Of the names, by their bytes and their directory.
  private var index = HashIndex()

  /// A name and what it belongs to.
  struct Name {
    let inode: UInt32
    let type: FileType
    let length: UInt8
    /// Index of the directory that holds it.
    let parent: Int32
    /// Index of the directory that it is, or -1.
    let directory: Int32
    /// Index of the next name in the same directory, or -1.
    fileprivate(set) var next: Int32 = -1
    /// Index of its first byte.
    fileprivate let start: Int
  }

  struct Directory {
    let inode: UInt32
    /// Index of the directory that holds it; the root holds itself.
    let parent: Int
    var permissions: UInt16
    var owner = Entry.Owner.root
    var time: Timestamp
    var attributes = AttributeStorage.none
    fileprivate(set) var nameCount = 0
    fileprivate(set) var subdirectoryCount = 0
    /// Bytes of the entries of all its names.
    fileprivate(set) var entryByteCount = 0
    fileprivate var firstName: Int32 = -1
    fileprivate var lastName: Int32 = -1
  }

  /// - Parameter time: what the root has if no entry describes it.
  init(rootTime time: Timestamp) {
    directories.append(Directory(inode: Inode.root, parent: 0, permissions: 0o755, time: time))
  }

  func name(at index: Int) -> Name { names[index] }

  /// Where a directory lies, for what errors say.
  func path(of directory: Int) -> EntryPath {
    var path = EntryPath.root
    var index = directory
    while index != 0 {
      guard let name = names.first(where: { $0.directory == Int32(index) }),
        let part = try? EntryPath(bytes(of: name))
      else { break }
      path = part.appending(path)
      index = directories[index].parent
    }
    return path
  }

  func bytes(of name: Name) -> ArraySlice<UInt8> { bytes[name.start..<name.start + Int(name.length)] }

  /// Calls `body` with every name of a directory, in the order in which they came.
  func forEachName<Failure: Error>(
    in directory: Int, _ body: (Int, Name) throws(Failure) -> Void
  ) throws(Failure) {
    var index = Int(directories[directory].firstName)
    while index >= 0 {
      try body(index, names[index])
      index = Int(names[index].next)
    }
  }

  /// A place among the names of a directory, in the order in which they came.
  struct NameCursor {
    /// Index of the name that comes next, or -1.
    fileprivate var index: Int

    /// The next name; nil where it is the one at `end`, or where there is none.
    mutating func next(before end: Int, in tree: borrowing DirectoryTree) -> Name? {
      guard index != end, index >= 0 else { return nil }
      let name = tree.names[index]
      index = Int(name.next)
      return name
    }
  }

  func names(in directory: Int) -> NameCursor {
    NameCursor(index: Int(directories[directory].firstName))
  }

  func find(_ name: ArraySlice<UInt8>, in directory: Int) -> Name? {
    find(name, in: directory, hash: HashIndex.hash(name, salt: directory))
  }

  private func find(_ name: ArraySlice<UInt8>, in directory: Int, hash: UInt32) -> Name? {
    index.first(hash) { names[$0].parent == directory && bytes(of: names[$0]) == name }.map { names[$0] }
  }

  /// A name of 1 to 255 bytes that is not there yet, as `makeName` found.
  struct NewName {
    let parent: Int
    fileprivate let name: ArraySlice<UInt8>
    fileprivate let hash: UInt32
  }

  /// What `insert` adds; nil where the name is taken.
  func makeName(_ name: ArraySlice<UInt8>, in directory: Int) -> NewName? {
    let hash = HashIndex.hash(name, salt: directory)
    guard find(name, in: directory, hash: hash) == nil else { return nil }
    return NewName(parent: directory, name: name, hash: hash)
  }

  mutating func insert(_ name: NewName, inode: UInt32, type: FileType) {
    insert(name, inode: inode, type: type, directory: -1)
  }

  /// Adds a directory, whose name is not taken, and returns its index.
  mutating func insertDirectory(
    _ name: ArraySlice<UInt8>, in parent: Int, inode: UInt32, permissions: UInt16 = 0o755, time: Timestamp
  ) -> Int {
    let index = directories.count
    directories.append(Directory(inode: inode, parent: parent, permissions: permissions, time: time))
    directories[parent].subdirectoryCount += 1
    let name = NewName(parent: parent, name: name, hash: HashIndex.hash(name, salt: parent))
    insert(name, inode: inode, type: .directory, directory: Int32(index))
    return index
  }

  /// Sets what an entry says of a directory.
  mutating func describe(
    _ directory: Int, permissions: UInt16, owner: Entry.Owner, time: Timestamp, attributes: AttributeStorage
  ) {
    directories[directory].permissions = permissions
    directories[directory].owner = owner
    directories[directory].time = time
    directories[directory].attributes = attributes
  }

  private mutating func insert(_ new: NewName, inode: UInt32, type: FileType, directory: Int32) {
    let index = names.count
    names.append(
      Name(
        inode: inode, type: type, length: UInt8(new.name.count), parent: Int32(new.parent),
        directory: directory,
        start: bytes.count))
    bytes.append(contentsOf: new.name)
    link(index, into: new.parent)
    self.index.insert(index, hash: new.hash)
  }

  private mutating func link(_ index: Int, into directory: Int) {
    let last = Int(directories[directory].lastName)
    if last >= 0 { names[last].next = Int32(index) } else { directories[directory].firstName = Int32(index) }
    directories[directory].lastName = Int32(index)
    directories[directory].nameCount += 1
    directories[directory].entryByteCount += DirectoryBlock.entryByteCount(
      nameLength: Int(names[index].length))
  }
}
