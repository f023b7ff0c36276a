// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// All directories of a volume while it is being written.
///
/// They lie on the volume in the order in which they came; the root is the first.
struct DirectoryTree {
  private var directories: [Directory]
  private var indexes: [EntryPath: Int] = [.root: 0]
  /// Where the last look-up led: files of one directory come one behind the other.
  private var last = (path: EntryPath.root, index: 0)
  private let time: DateTime

  /// - Parameter time: of the root and of every directory that no entry of its own tells it.
  init(time: DateTime) {
    self.time = time
    directories = [.root(time: time)]
  }

  /// Directories below the root.
  var count: Int { directories.count - 1 }
  var indices: Range<Int> { directories.indices }

  subscript(index: Int) -> Directory { directories[index] }

  /// Gives a directory its own time, the last one of several, and makes it where it is not there yet.
  mutating func declare(_ path: EntryPath, time: DateTime, problems: inout [Problem]) {
    let index = index(of: path, problems: &problems)
    directories[index].time = time
  }

  /// Puts a file into its directory; that one and those above it are made where they are not there yet.
  mutating func append(
    _ path: EntryPath, firstCluster: UInt32, size: UInt32, time: DateTime, attributes: FileAttributes,
    problems: inout [Problem]
  ) {
    let parent = indexOfParent(of: path, problems: &problems)
    append(
      path, .file(firstCluster: firstCluster, size: size, time: time, attributes: attributes), to: parent,
      &problems)
  }

  mutating func place(_ index: Int, at firstCluster: UInt32) {
    directories[index].firstCluster = firstCluster
  }

  /// What is wrong with whole directories.
  var problems: [Problem] { directories.flatMap(\.problems) }

  /// Adds what the directories take.
  func add(to demand: inout ClusterDemand) {
    for directory in directories { demand.add(directory.byteCount) }
  }
}

extension DirectoryTree {
  private mutating func append(
    _ path: EntryPath, _ node: Directory.Node, to parent: Int, _ problems: inout [Problem]
  ) {
    do throws(Problem.NameFault) {
      try directories[parent].append(path.name, node)
    } catch {
      problems.append(.name(path, error))
    }
  }

  private mutating func index(of path: EntryPath, problems: inout [Problem]) -> Int {
    if let index = indexes[path] { return index }
    var missing = [path]
    var above = path.parent
    while indexes[above] == nil {
      missing.append(above)
      above = above.parent
    }
    var index = indexes[above] ?? 0
    for path in missing.reversed() { index = makeDirectory(path, in: index, &problems) }
    return index
  }

  private mutating func makeDirectory(_ path: EntryPath, in parent: Int, _ problems: inout [Problem]) -> Int {
    let index = directories.count
    append(path, .directory(index), to: parent, &problems)
    directories.append(Directory(path: path, in: parent, time: time))
    indexes[path] = index
    return index
  }

  private mutating func indexOfParent(of path: EntryPath, problems: inout [Problem]) -> Int {
    let bytes = path.bytes
    let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    if bytes[..<slash] == last.path.bytes[...] { return last.index }
    let parent = path.parent
    last = (parent, index(of: parent, problems: &problems))
    return last.index
  }
}
