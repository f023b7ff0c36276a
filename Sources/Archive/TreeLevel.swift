// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// A directory on the way from the root of a tree to where its reader is.
struct TreeLevel {
  let path: EntryPath
  let identity: FileIdentity
  /// Nil while it is closed, so that a deep tree doesn't take all descriptors.
  var directory: TreeFile?
  private let names: DirectoryNames
  private var nextNameIndex = 0

  init(_ path: EntryPath, _ identity: FileIdentity, _ directory: TreeFile, _ names: DirectoryNames) {
    self.path = path
    self.identity = identity
    self.directory = directory
    self.names = names
  }

  /// The next name with its NUL, or nil after the last.
  mutating func takeName() -> [CChar]? {
    guard nextNameIndex < names.count else { return nil }
    defer { nextNameIndex += 1 }
    return names[nextNameIndex]
  }

  /// - Parameter name: with its NUL.
  func path(of name: [CChar]) throws(EntryPathError) -> EntryPath {
    path.appending(try EntryPath(name.dropLast().map(UInt8.init(bitPattern:))))
  }
}
