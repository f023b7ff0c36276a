// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CLinux

/// The machine's account of itself: sysfs, procfs, udev's database and /dev, below a root that tests make up.
///
/// Paths begin with a slash and are looked up below the root.
public struct SystemTree: Sendable {
  /// Without a slash at its end; empty for the machine's own.
  let root: String

  /// - Parameter root: where sys, proc, run and dev lie.
  public init(root: String = "/") {
    var root = root[...]
    while root.hasSuffix("/") { root.removeLast() }
    self.root = String(root)
  }

  var isMachine: Bool { root.isEmpty }
}

/// The errno of a look at the system's files.
struct FileFailure: Error { let number: CInt }

// MARK: Files

extension SystemTree {
  /// The most that is read of one file, in bytes: the mounts of a busy machine are a few hundred KiB.
  private static let largestByteCount = 64 << 20

  /// The whole of a file. Files of procfs and sysfs don't tell their size.
  func contents(_ path: String) throws(FileFailure) -> [UInt8] {
    let raw = unsafe linux_open(root + path, O_RDONLY | O_NONBLOCK, 0)
    guard raw >= 0 else { throw FileFailure(number: linux_errno()) }
    let file = FileDescriptor(owning: raw, path: path)
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while all.count < Self.largestByteCount {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(file.raw, $0.baseAddress, $0.count) }
      if count < 0, linux_errno() == EINTR { continue }
      guard count >= 0 else { throw FileFailure(number: linux_errno()) }
      if count == 0 { return all }
      all += chunk[..<count]
    }
    throw FileFailure(number: EFBIG)
  }

  /// The lines of a file, bytes that are no UTF-8 replaced.
  func lines(_ path: String) throws(FileFailure) -> [String] {
    try contents(path).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// An attribute in sysfs, without the space around it. Nil where there is none, it is empty, or its device is gone.
  func attribute(_ path: String) -> String? {
    do throws(FileFailure) {
      let text = String(decoding: try contents(path), as: UTF8.self)
      let isSpace = { (character: Character) in character.isWhitespace || character == "\0" }
      let trimmed = text.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
      return trimmed.isEmpty ? nil : String(trimmed)
    } catch { return nil }
  }

  /// An attribute that is a decimal number.
  func number<Number: FixedWidthInteger>(_ path: String) -> Number? { attribute(path).flatMap { Number($0) } }

  func exists(_ path: String) -> Bool { unsafe access(root + path, F_OK) == 0 }

  /// Whether this user may read and write. Nil where nothing has the path.
  func isAccessible(_ path: String) -> Bool? {
    if unsafe access(root + path, R_OK | W_OK) == 0 { return true }
    return linux_errno() == ENOENT ? nil : false
  }

  /// The path that all links of a path lead to.
  func realPath(_ path: String) throws(FileFailure) -> String {
    guard let resolved = unsafe realpath(root + path, nil) else { throw FileFailure(number: linux_errno()) }
    defer { unsafe free(resolved) }
    let real = unsafe String(cString: resolved)
    guard !root.isEmpty else { return real }
    let top = try SystemTree().realPath(root)
    return real.hasPrefix(top + "/") ? String(real.dropFirst(top.count)) : real
  }

  /// What a link says, unresolved. Nil for what is no link.
  func link(_ path: String) -> String? {
    var target = [UInt8](repeating: 0, count: 4096)
    let count = unsafe target.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return -1 }
      return unsafe readlink(root + path, start.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    return count < 0 ? nil : String(decoding: target[..<count], as: UTF8.self)
  }
}

// MARK: Directories

extension SystemTree {
  /// The names in a directory, sorted; none where there is no directory.
  func names(in path: String) throws(FileFailure) -> [String] {
    let raw = unsafe linux_open(root + path, O_RDONLY | O_DIRECTORY, 0)
    guard raw >= 0 else {
      let number = linux_errno()
      if [ENOENT, ENOTDIR, ENODEV].contains(number) { return [] }
      throw FileFailure(number: number)
    }
    let directory = FileDescriptor(owning: raw, path: path)
    var names: [String] = []
    var records = [UInt8](repeating: 0, count: 32 << 10)
    while true {
      let count = unsafe records.withUnsafeMutableBytes {
        unsafe linux_getdents(directory.raw, $0.baseAddress, $0.count)
      }
      guard count >= 0 else { throw FileFailure(number: linux_errno()) }
      if count == 0 { return names.sorted() }
      Self.append(namesIn: records[..<count], to: &names)
    }
  }

  /// Byte offsets in a struct linux_dirent64. Source: getdents(2).
  private enum Field {
    static let reclen = 16
    static let name = 19
  }

  private static func append(namesIn records: ArraySlice<UInt8>, to names: inout [String]) {
    var offset = 0
    while offset + Field.name < records.count {
      let byteCount = Int(unsafe records.span.bytes.load(UInt16.self, at: offset + Field.reclen))
      guard byteCount > Field.name, offset + byteCount <= records.count else { return }
      let name = records[offset + Field.name..<offset + byteCount].prefix { $0 != 0 }
      let text = String(decoding: name, as: UTF8.self)
      if text != ".", text != ".." { names.append(text) }
      offset += byteCount
    }
  }
}
