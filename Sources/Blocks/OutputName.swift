// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The name that an output will have, and the names around it.
struct OutputName {
  /// Links followed: nothing is there, or a regular file.
  let path: String

  /// - Throws: `notARegularFile` where something else has the name, `system` where it can't be looked at.
  init(resolving path: String) throws(BlockError) {
    try Self.checkReplaceable(path)
    var path = path
    // The system has just followed the chain to its end, so it has no more links than this.
    for _ in 0..<40 {
      guard let target = try Self.linkTarget(path) else { break }
      path = target.utf8.first == Self.slash ? target : "\(Self.directory(of: path))/\(target)"
    }
    self.path = path
  }

  var directory: String { Self.directory(of: path) }

  /// Permissions of the file that has the name now; nil where there is none.
  var mode: mode_t? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
  }

  /// A hidden name in the same directory. No other process makes it, but one that was killed may have left
  /// it.
  func temporaryPath(_ number: Int) -> String { "\(directory)/.cairn-\(getpid())-\(number).partial" }

  /// Puts the name on storage.
  func flushDirectory() throws(BlockError) {
    do throws(BlockError) {
      try FileDescriptor.open(directory, flags: O_RDONLY | O_DIRECTORY, for: .flush).flush()
    } catch {
      switch error {
      // A directory that may be written to but not read, or a file system that has no such call: the name is
      // there, and when it reaches storage is the system's affair.
      case .system(_, _, _, EACCES), .system(_, _, _, EINVAL): return
      default: throw error
      }
    }
  }
}

extension OutputName {
  private static let slash = UInt8(ascii: "/")

  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: slash) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func checkReplaceable(_ path: String) throws(BlockError) {
    var status = stat()
    if unsafe stat(path, &status) == 0 {
      if let kind = BlockError.FileKind(status.st_mode) { throw .notARegularFile(path: path, kind: kind) }
    } else if linux_errno() != ENOENT || path.isEmpty {
      throw .system(.create, path: path, offset: nil, number: linux_errno())
    }
  }

  /// What the link at `path` points to, or nil where there is no link.
  private static func linkTarget(_ path: String) throws(BlockError) -> String? {
    var bytes = [CChar](repeating: 0, count: 4096)  // PATH_MAX: no link is longer
    let count = unsafe readlink(path, &bytes, bytes.count)
    guard count > 0 else { return nil }
    guard let target = String(validating: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) else {
      throw .system(.create, path: path, offset: nil, number: EILSEQ)
    }
    return target
  }
}

extension BlockError.FileKind {
  /// Nil for a regular file.
  init?(_ mode: mode_t) {
    switch mode & mode_t(S_IFMT) {
    case mode_t(S_IFREG): return nil
    case mode_t(S_IFDIR): self = .directory
    case mode_t(S_IFBLK): self = .blockDevice
    case mode_t(S_IFCHR): self = .characterDevice
    case mode_t(S_IFIFO): self = .pipe
    case mode_t(S_IFSOCK): self = .socket
    default: self = .other
    }
  }
}
