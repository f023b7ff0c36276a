// SPDX-License-Identifier: Apache-2.0
import Blocks
public import Entries

// All entries: a directory before what is in it, names in the order of their bytes, as in a tree of files.
extension VolumeReader: EntryReader {
  /// The next entry of the whole volume, the root directory (`EntryPath.root`) the first. The second name of a file, and
  /// any further, is a hard link to the first.
  ///
  /// After an error, the next call goes on behind what could not be read.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func next() throws(Ext4Error) -> Entry? {
    content = nil
    if !walk.hasBegun {
      walk.hasBegun = true
      return try entry(.root, Inode.root)
    }
    if let directory = walk.entered.take() { try descend(into: directory) }
    while let step = walk.takeName() {
      if try isHidden(step.name, step.inode, in: step.directory) { continue }
      return try entry(try path(step.name, step.inode, in: step.directory), step.inode)
    }
    return nil
  }

  /// The next bytes of the file that `next()` has given last, or that was opened since: up to 256 KiB.
  ///
  /// - Throws: `target`; after an error there are no more.
  @_lifetime(&self)
  public mutating func nextBytes() throws(Ext4Error) -> RawSpan {
    guard var cursor = content else { return RawSpan() }
    content = nil
    let range = cursor.take(atMost: UInt64(buffer.byteCount))
    guard !range.isEmpty else { return RawSpan() }
    try fill(range.count, at: range.lowerBound, of: cursor.content)
    content = cursor
    return buffer.bytes.extracting(first: range.count)
  }

  private mutating func entry(_ path: EntryPath, _ number: UInt32) throws(Ext4Error) -> Entry {
    let inode = try volume.inode(number, at: path)
    if let first = walk.firstPaths[number] {
      return Entry(
        path, .hardLink(to: first), mode: inode.permissions, owner: inode.owner,
        modificationTime: inode.modificationTime)
    }
    let item = try item(path, inode)
    if item.isDirectory {
      guard walk.directories.insert(number).inserted else {
        throw .unreadable(path, inode: number, .directoryTwice)
      }
      walk.entered = inode
      walk.enteredPath = path
    } else {
      if inode.linkCount > 1 { walk.firstPaths[number] = path }
      if inode.type == .regular { try open(item) }
    }
    return item.entry
  }

  private mutating func descend(into inode: StoredInode) throws(Ext4Error) {
    let path = walk.enteredPath
    guard walk.canEnter(path) else { throw .unreadable(path, inode: inode.number, .tooDeep) }
    walk.enter(path, try volume.listing(of: inode, at: path))
  }
}

/// Where the stream of all entries stands.
struct VolumeWalk {
  var hasBegun = false
  /// The directory that was given last: it is looked into with the next call.
  var entered: StoredInode?
  var enteredPath = EntryPath.root
  /// Inodes of directories that were given: none has two names.
  var directories: Set<UInt32> = []
  /// The first name of each file that has several.
  var firstPaths: [UInt32: EntryPath] = [:]
  /// From the root down to the directory whose names are next.
  private var levels: [Level] = []

  private struct Level {
    let path: EntryPath
    let listing: DirectoryListing
    var nextIndex = 0
  }

  /// Directories within directories; a path that Linux opens has fewer.
  private static let largestDepth = 2048
  /// Longer than any path that Linux opens.
  private static let largestPathByteCount = 32_767

  func canEnter(_ path: EntryPath) -> Bool {
    levels.count < Self.largestDepth && path.bytes.count <= Self.largestPathByteCount
  }

  mutating func enter(_ path: EntryPath, _ listing: DirectoryListing) {
    levels.append(Level(path: path, listing: listing))
  }

  /// The next name in the deepest directory that has one left; nil at the end.
  mutating func takeName() -> (directory: EntryPath, name: ArraySlice<UInt8>, inode: UInt32)? {
    while let level = levels.last {
      guard level.nextIndex < level.listing.count else {
        levels.removeLast()
        continue
      }
      levels[levels.count - 1].nextIndex += 1
      let (name, inode) = level.listing[level.nextIndex]
      return (level.path, name, inode)
    }
    return nil
  }
}

/// How far the bytes of a file have come.
struct OpenContentCursor {
  let content: StoredContent
  private let ranges: [Range<UInt64>]
  private var index = 0
  private var position: UInt64

  init(_ content: StoredContent) {
    self.content = content
    ranges = content.dataRanges ?? [0..<content.size]
    position = ranges.first?.lowerBound ?? 0
  }

  /// The next bytes of the file that are to come, side by side; empty at the end.
  mutating func take(atMost limit: UInt64) -> Range<UInt64> {
    guard index < ranges.count else { return 0..<0 }
    let start = position
    position += min(limit, ranges[index].upperBound - position)
    let range = start..<position
    if position == ranges[index].upperBound {
      index += 1
      if index < ranges.count { position = ranges[index].lowerBound }
    }
    return range
  }
}
