// SPDX-License-Identifier: Apache-2.0
import Archive
import CLinux
import Entries
import Foundation
import TestSupport

/// A directory tree that a test makes, gone with the value. Names are of any bytes.
final class FileTree {
  private let directory: TemporaryDirectory
  /// Of the tree's root.
  let path: String
  private static let remover = ForeignTool("rm")

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("tree")
    try check(mkdir(path, 0o755))
  }

  /// A tree may be deeper than paths go, which FileManager can't remove.
  deinit { _ = try? Self.remover.run("-rf", path) }

  /// Beside the tree.
  func outside(_ name: String) -> String { directory.path(name) }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  func put(_ name: String, _ bytes: some Sequence<UInt8> = []) throws {
    try put(Array(name.utf8), bytes)
  }

  func put(_ name: [UInt8], _ bytes: some Sequence<UInt8> = []) throws {
    let descriptor = try check(linux_open(terminated(name), O_CREAT | O_WRONLY | O_TRUNC, 0o644))
    defer { close(descriptor) }
    let bytes = Array(bytes)
    try check(write(descriptor, bytes, bytes.count))
  }

  func makeDirectory(_ name: String, mode: mode_t = 0o755) throws { try check(mkdir(path(name), mode)) }

  func makeLink(_ name: String, to target: String) throws { try check(symlink(target, path(name))) }

  func makeHardLink(_ name: String, to other: String) throws { try check(link(path(other), path(name))) }

  func setTime(_ name: String, _ seconds: Int, _ nanoseconds: Int) throws {
    let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: nanoseconds), count: 2)
    try check(utimensat(AT_FDCWD, path(name), times, AT_SYMLINK_NOFOLLOW))
  }

  /// False where the file system has no such attributes.
  func setAttribute(_ name: String, _ attribute: String, _ value: [UInt8]) throws -> Bool {
    guard lsetxattr(path(name), attribute, value, value.count, 0) != 0 else { return true }
    guard errno != EOPNOTSUPP, errno != EPERM else { return false }
    throw POSIXFailure(number: errno)
  }

  /// Sets the file's size and writes `bytes` at each of `offsets`.
  func makeSparse(_ name: String, size: Int, _ bytes: [UInt8], at offsets: [Int]) throws {
    let descriptor = try check(linux_open(path(name), O_CREAT | O_WRONLY, 0o644))
    defer { close(descriptor) }
    try check(ftruncate(descriptor, size))
    for offset in offsets { try check(pwrite(descriptor, bytes, bytes.count, offset)) }
  }

  func truncate(_ name: String, to size: Int) throws { try check(Foundation.truncate(path(name), size)) }

  /// Directories in one another, each with a file that comes behind the next one.
  func makeChain(depth: Int, name: String) throws {
    var parent = try check(linux_open(path, O_RDONLY | O_DIRECTORY, 0))
    for _ in 0..<depth {
      try check(mkdirat(parent, name, 0o755))
      try check(symlinkat("target", parent, "z"))
      let next = try check(linux_openat(parent, name, O_RDONLY | O_DIRECTORY))
      close(parent)
      parent = next
    }
    close(parent)
  }

  /// How many descriptors of this process lead into the tree.
  func openDescriptorCount() throws -> Int {
    let list = try ForeignTool("find").run(path, "-printf", "%D %i\n")
    let inside = Set(list.text.split(separator: "\n").map(String.init))
    return (0..<1024).filter { descriptor in
      var status = stat()
      return fstat(Int32(descriptor), &status) == 0 && inside.contains("\(status.st_dev) \(status.st_ino)")
    }.count
  }

  private func terminated(_ name: [UInt8]) -> [CChar] {
    (Array("\(path)/".utf8) + name + [0]).map { CChar(bitPattern: $0) }
  }
}

struct POSIXFailure: Error { let number: Int32 }

@discardableResult
func check<Number: SignedInteger>(_ result: Number) throws -> Number {
  guard result >= 0 else { throw POSIXFailure(number: errno) }
  return result
}
