// SPDX-License-Identifier: Apache-2.0
import Entries

/// Files made in memory: few and small, all of root, all of one time.
struct FileTree: EntryTree {
  private var files: [EntryPath: (entry: Entry, bytes: [UInt8])] = [:]
  private let time: Timestamp

  init(time: Timestamp) { self.time = time }

  /// Every directory on the way to it that is not there yet is made, too, with mode 0755.
  mutating func addDirectory(_ path: EntryPath, mode: UInt16 = 0o755) {
    put(Entry(path, .directory, mode: mode, modificationTime: time), [])
  }

  mutating func addFile(_ path: EntryPath, _ bytes: [UInt8], mode: UInt16 = 0o644) {
    put(
      Entry(path, .regular(Entry.Content(size: UInt64(bytes.count))), mode: mode, modificationTime: time),
      bytes)
  }

  mutating func addFile(_ path: EntryPath, _ text: String, mode: UInt16 = 0o644) {
    addFile(path, Array(text.utf8), mode: mode)
  }

  mutating func addLink(_ path: EntryPath, to target: String) {
    put(
      Entry(path, .symbolicLink(target: Array(target.utf8)), mode: 0o777, modificationTime: time), [])
  }

  private mutating func put(_ entry: Entry, _ bytes: [UInt8]) {
    files[entry.path] = (entry, bytes)
    let parent = entry.path.parent
    if !parent.isRoot, files[parent] == nil { addDirectory(parent) }
  }

  /// In the order of their paths, name by name: a directory before what is in it.
  private var sorted: [(entry: Entry, bytes: [UInt8])] {
    files.values.sorted { left, right in
      left.entry.path.names.lexicographicallyPrecedes(right.entry.path.names) {
        $0.lexicographicallyPrecedes($1)
      }
    }
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
