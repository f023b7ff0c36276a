// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Entries

/// The entries of a directory of the file system, itself the first of them (`EntryPath.root`), and of all below it.
///
/// A directory comes before what is in it, names in the order of their bytes: the same tree gives the same entries
/// whatever the file system's own order, and `tar --sort=name` has the same.
///
/// - Links in the tree are entries, never followed; of the path that is given, all are.
/// - The second name of a file, and any further, is a hard link to the first in the tree.
/// - Other file systems that are mounted in the tree are part of it.
/// - Extended attributes are user.*, trusted.*, security.capability and the POSIX ACLs, by their names' bytes; what
///   belongs to the machine, as security.selinux does, is left out. A hard link has none of its own; those of links and
///   devices are found through /proc.
/// - A file in which less than its size is stored has the data ranges that the file system tells.
///
/// A name that goes before it is reached is as if it had never been. A file whose size or modification time changes
/// while it is read is an error, before the last of its bytes. Depth and length of paths have no limit; at most 66 files
/// and directories are open at a time.
public struct DirectoryReader: ~Copyable, EntryReader {
  public typealias Failure = ArchiveError

  /// Bytes read from files so far; the total is not known.
  public let progress = ArchiveProgress(totalByteCount: nil)
  private let owner: Entry.Owner?
  /// The root's path with a slash at its end, for errors.
  private let pathPrefix: String
  private var rootEntry: Entry?
  /// From the root down to the directory whose names are next.
  private var levels: [TreeLevel] = []
  /// The first name of each file that has several.
  private var firstPaths: [FileIdentity: EntryPath] = [:]
  private var content: TreeContent?
  private var buffer = ReadBuffer()
  /// What ended it all.
  private var failure: ArchiveError?

  /// Opens the directory and lists its names.
  ///
  /// - Parameters:
  ///   - path: of a directory, or of a link to one.
  ///   - owner: whom all entries belong to; nil for the owners that the files have.
  /// - Throws: `system`, with ENOTDIR for what is no directory.
  public init(path: String, owner: Entry.Owner? = nil) throws(ArchiveError) {
    self.owner = owner
    pathPrefix = path.hasSuffix("/") ? path : path + "/"
    do throws(TreeFailure) {
      rootEntry = try enter(try .openTop(path), .root)
    } catch {
      throw error.naming(path)
    }
  }

  /// - Throws: `system`, `changed`, with the path of the file or the directory; and again with every call after it.
  public mutating func next() throws(ArchiveError) -> Entry? {
    if let failure { throw failure }
    content = nil
    if let rootEntry = rootEntry.take() { return rootEntry }
    while !levels.isEmpty {
      guard let name = levels[levels.count - 1].takeName() else {
        try leave()
        continue
      }
      if let entry = try entry(name) { return entry }
    }
    return nil
  }

  /// - Throws: as `next()` does.
  @_lifetime(&self)
  public mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    if let failure { throw failure }
    let count = try readContent()
    return buffer.bytes(0..<count)
  }
}

// MARK: Walking

extension DirectoryReader {
  /// Directories that are kept open, counted from the deepest.
  private static let openLevelCount = 64

  private mutating func enter(_ directory: TreeFile, _ path: EntryPath) throws(TreeFailure) -> Entry {
    let status = try directory.status()
    let attributes = try directory.attributes(through: &buffer)
    let names = try directory.names(through: &buffer)
    levels.append(TreeLevel(path, status.identity, directory, names))
    let farthest = levels.count - 1 - Self.openLevelCount
    if farthest >= 0 { levels[farthest].directory = nil }
    return entry(path, .directory, status, attributes)
  }

  /// Goes back to the directory above, which is opened again if it had to be closed.
  private mutating func leave() throws(ArchiveError) {
    let left = levels.removeLast()
    guard let level = levels.last, level.directory == nil else { return }
    do throws(TreeFailure) {
      let directory = try left.directory?.openParent()
      guard try directory?.status().identity == level.identity else { throw .changed(.replaced) }
      levels[levels.count - 1].directory = directory
    } catch {
      throw failing(error, left.path)
    }
  }

  /// What has the name in the deepest directory; nil where nothing has it any more.
  private mutating func entry(_ name: [CChar]) throws(ArchiveError) -> Entry? {
    guard let level = levels.last, let directory = level.directory else { return nil }
    let path: EntryPath
    do throws(EntryPathError) { path = try level.path(of: name) } catch {
      // As Linux itself does for a name that none may be.
      throw failing(.system(.list, number: EIO), level.path)
    }
    do throws(TreeFailure) { return try entry(name, in: directory, path) } catch {
      if error.isGone { return nil }
      throw failing(error, path)
    }
  }

  private mutating func failing(_ error: TreeFailure, _ path: EntryPath) -> ArchiveError {
    let error = error.naming(pathPrefix + (path.isRoot ? "" : path.description))
    failure = error
    return error
  }
}

// MARK: Entries

extension DirectoryReader {
  private mutating func entry(
    _ name: [CChar], in directory: TreeFile, _ path: EntryPath
  ) throws(TreeFailure) -> Entry {
    let status = try directory.status(of: name)
    if status.hasSeveralNames {
      if let first = firstPaths[status.identity] { return entry(path, .hardLink(to: first), status, []) }
    }
    let entry =
      switch status.kind {
      case .directory: try enter(try directory.openDirectory(name), path)
      case .regular: try begin(try directory.openFile(name), path, status.identity)
      default:
        entry(
          path, try kind(of: name, in: directory, status), status,
          try directory.attributes(of: name, through: &buffer))
      }
    if status.hasSeveralNames { firstPaths[status.identity] = path }
    return entry
  }

  /// The facts are those of the file that is open, which is the one that was examined.
  private mutating func begin(
    _ file: TreeFile, _ path: EntryPath, _ identity: FileIdentity
  ) throws(TreeFailure) -> Entry {
    let status = try file.status()
    guard status.identity == identity, status.kind == .regular else { throw .changed(.replaced) }
    let attributes = try file.attributes(through: &buffer)
    let ranges = status.mayHaveHoles ? try file.dataRanges(size: status.size) : nil
    let shape = Entry.Content(size: status.size, dataRanges: ranges)
    content = TreeContent(path, file, status, shape)
    return entry(path, .regular(shape), status, attributes)
  }

  private mutating func kind(
    of name: [CChar], in directory: TreeFile, _ status: FileStatus
  ) throws(TreeFailure) -> Entry.Kind {
    switch status.kind {
    case .symbolicLink: .symbolicLink(target: try directory.target(of: name, through: &buffer))
    case .characterDevice: .characterDevice(major: status.deviceMajor, minor: status.deviceMinor)
    case .blockDevice: .blockDevice(major: status.deviceMajor, minor: status.deviceMinor)
    case .fifo: .fifo
    case .socket: .socket
    case .directory, .regular, nil: throw .system(.examine, number: EINVAL)
    }
  }

  private func entry(
    _ path: EntryPath, _ kind: Entry.Kind, _ status: FileStatus, _ attributes: [Entry.ExtendedAttribute]
  ) -> Entry {
    Entry(
      path, kind, mode: status.mode, owner: owner ?? status.owner, modificationTime: status.modificationTime,
      extendedAttributes: attributes)
  }
}

// MARK: Content

extension DirectoryReader {
  /// How many bytes of the file are in the buffer now.
  private mutating func readContent() throws(ArchiveError) -> Int {
    guard let path = content?.path else { return 0 }
    do throws(TreeFailure) {
      let count = try content?.read(into: &buffer) ?? 0
      progress.add(count)
      return count
    } catch {
      throw failing(error, path)
    }
  }
}
