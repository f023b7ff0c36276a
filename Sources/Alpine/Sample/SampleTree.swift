// SPDX-License-Identifier: Apache-2.0
import Entries

/// Files of the sample in the order of their paths, and the directories that they need.
struct SampleTree: EntryTree {
  private let files: [SampleFile]

  init(_ files: [SampleFile]) {
    self.files = files.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
  }

  func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    var directories: Set<EntryPath> = []
    for file in files {
      for directory in file.path.ancestors where directories.insert(directory).inserted {
        try writer.add(Entry(directory, .directory, mode: 0o755, modificationTime: SampleRelease.time))
      }
      try file.write(to: &writer)
    }
  }
}

/// A file of the sample.
struct SampleFile {
  let path: EntryPath
  let content: Content
  let mode: UInt16

  enum Content {
    case text(String)
    case bytes([UInt8])
    case filler(Filler)
  }

  init(_ path: String, _ content: Content, mode: UInt16 = 0o644) {
    self.path = EntryPath(composed: path)
    self.content = content
    self.mode = mode
  }

  fileprivate func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    switch content {
    case .text(let text): try writer.add(entry(byteCount: text.utf8.count), bytes: Array(text.utf8))
    case .bytes(let bytes): try writer.add(entry(byteCount: bytes.count), bytes: bytes)
    case .filler(let filler):
      try writer.add(entry(byteCount: filler.byteCount))
      try filler.append(to: &writer)
    }
  }

  private func entry(byteCount: Int) -> Entry {
    let kind = Entry.Kind.regular(Entry.Content(size: UInt64(byteCount)))
    return Entry(path, kind, mode: mode, modificationTime: SampleRelease.time)
  }
}

extension EntryPath {
  /// Every directory on the way to it but the root, the uppermost first.
  fileprivate var ancestors: [EntryPath] {
    var ancestors: [EntryPath] = []
    var path = parent
    while !path.isRoot {
      ancestors.append(path)
      path = path.parent
    }
    return ancestors.reversed()
  }
}
