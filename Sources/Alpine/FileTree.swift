// SPDX-License-Identifier: Apache-2.0
import Entries

/// Files made in memory: few and small, all of one time, of root unless something else is said.
struct FileTree: EntryTree {
  private var files: [EntryPath: (entry: Entry, bytes: [UInt8])] = [:]
  private let time: Timestamp

  init(time: Timestamp) { self.time = time }

  /// Every directory on the way to it that is not there yet is made, too, with mode 0755 and of root.
  mutating func addDirectory(_ path: EntryPath, mode: UInt16 = 0o755, owner: Entry.Owner = .root) {
    put(Entry(path, .directory, mode: mode, owner: owner, modificationTime: time), [])
  }

  mutating func addFile(
    _ path: EntryPath, _ bytes: [UInt8], mode: UInt16 = 0o644, owner: Entry.Owner = .root
  ) {
    let content = Entry.Content(size: UInt64(bytes.count))
    put(Entry(path, .regular(content), mode: mode, owner: owner, modificationTime: time), bytes)
  }

  mutating func addFile(
    _ path: EntryPath, _ text: String, mode: UInt16 = 0o644, owner: Entry.Owner = .root
  ) {
    addFile(path, Array(text.utf8), mode: mode, owner: owner)
  }

  mutating func addLink(_ path: EntryPath, to target: String) {
    put(
      Entry(path, .symbolicLink(target: Array(target.utf8)), mode: 0o777, modificationTime: time), [])
  }

  /// Adds an entry with all its bytes, in the place of what has its path; its time becomes the tree's.
  mutating func add(_ entry: Entry, _ bytes: [UInt8]) {
    var entry = entry
    entry.modificationTime = time
    put(entry, bytes)
  }

  private mutating func put(_ entry: Entry, _ bytes: [UInt8]) {
    files[entry.path] = (entry, bytes)
    let parent = entry.path.parent
    if !parent.isRoot, files[parent] == nil { addDirectory(parent) }
  }

  subscript(path: EntryPath) -> (entry: Entry, bytes: [UInt8])? { files[path] }

  /// In the order of their paths, name by name: a directory before what is in it.
  private var sorted: [(entry: Entry, bytes: [UInt8])] {
    files.values.sorted { left, right in
      left.entry.path.names.lexicographicallyPrecedes(right.entry.path.names) {
        $0.lexicographicallyPrecedes($1)
      }
    }
  }

  /// Something that is no directory, and what lies in it all the same.
  var obstruction: (path: EntryPath, child: EntryPath)? {
    sorted.lazy.compactMap { file in
      let parent = file.entry.path.parent
      guard let holder = files[parent], holder.entry.kind != .directory else { return nil }
      return (parent, file.entry.path)
    }.first
  }

  var paths: [EntryPath] { sorted.map(\.entry.path) }

  func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    try write(to: &writer, omitting: [])
  }

  func write<Writer: EntryWriter & ~Copyable>(
    to writer: inout Writer, omitting paths: Set<EntryPath>
  ) throws(Writer.Failure) {
    for file in sorted where !paths.contains(file.entry.path) {
      try writer.add(file.entry, bytes: file.bytes)
    }
  }
}
