// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// One of everything that a data partition can hold, as its inputs: a tar for what takes a header of its own, a
/// directory for what a tar has not.
struct OneOfEverything {
  let tar: String
  let directory: String
  /// A few files for a boot partition.
  let boot: String

  var inputs: [CardContent.Input] {
    [.init(path: tar), .init(path: directory, target: Self.path("live"))]
  }

  /// - Parameter scratch: where the inputs are made.
  init(in scratch: String) throws {
    tar = scratch + "/everything.tar"
    directory = scratch + "/live"
    boot = scratch + "/boot.d"
    try Self.writeTar(to: tar)
    try Self.makeDirectory(directory)
    try Self.makeBootDirectory(boot)
  }

  static let time = Timestamp(seconds: 1_617_209_520, nanoseconds: 123_456_789)

  static func path(_ text: String) -> EntryPath {
    guard let path = try? EntryPath(Array(text.utf8)) else { preconditionFailure("a path of the test's own") }
    return path
  }

  /// Bytes that are no zeros, other ones for each seed and in each block.
  static func content(_ byteCount: Int, seed: Int) -> [UInt8] {
    let piece = (0..<min(byteCount, 9973)).map {
      UInt8(truncatingIfNeeded: ($0 &* 31 &+ $0 >> 5 &+ seed) | 1)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount + piece.count)
    while bytes.count < byteCount { bytes += piece }
    bytes.removeLast(bytes.count - byteCount)
    return bytes
  }
}

// The tar.
extension OneOfEverything {
  private static func writeTar(to path: String) throws {
    let sink = MemorySink()
    var tar = TarWriter(to: sink)
    for (number, entry) in entries.enumerated() {
      try tar.add(entry)
      guard case .regular(let content) = entry.kind else { continue }
      try tar.append(Self.content(Int(content.size), seed: number).span.bytes)
    }
    try tar.finish()
    try Data(sink.bytes).write(to: URL(fileURLWithPath: path))
  }

  private static var entries: [Entry] { directories + files + links + devices }

  private static var directories: [Entry] {
    [
      entry("", .directory, mode: 0o751), entry("sticky", .directory, mode: 0o1777),
      entry("group", .directory, mode: 0o2770, owner: .init(user: 4_000_000_000, group: 4_294_967_294)),
    ]
  }

  private static var files: [Entry] {
    var files = [0, 1, 4095, 4096, 4097, 1_000_001].map { size in
      entry("files/\(size)", .regular(.init(size: UInt64(size))), mode: 0o644)
    }
    // More than one block of names: a directory with an index.
    files += (0..<300).map {
      entry("names/\($0)\(String(repeating: "-", count: $0 % 40))", .regular(.init(size: 0)))
    }
    files.append(entry("programs/su", .regular(.init(size: 70_000)), mode: 0o4755))
    files.append(entry("programs/wall", .regular(.init(size: 10)), mode: 0o2755))
    files.append(
      entry("attributes/inode", .regular(.init(size: 1)), attributes: [("user.note", Array("short".utf8))]))
    files.append(
      entry(
        "attributes/block", .regular(.init(size: 1)),
        attributes: [
          ("security.capability", [1, 0, 0, 2, 0, 32, 0, 0] + Array(repeating: 0, count: 12)),
          ("system.posix_acl_access", accessControlList), ("trusted.long", content(2000, seed: 1)),
          ("user.empty", []),
        ]))
    var odd = entry("x", .regular(.init(size: 5)))
    if let name = try? EntryPath((1...255).map { $0 == 0x2F ? 0x2E : UInt8($0) }) { odd.path = name }
    return files + [odd]
  }

  private static var links: [Entry] {
    [1, 59, 60, 4095].map { entry("links/\($0)", .symbolicLink(target: content($0, seed: $0)), mode: 0o777) }
      + [
        entry("links/hard", .hardLink(to: path("files/4097"))),
        entry("links/hard to symbolic", .hardLink(to: path("links/60"))),
      ]
  }

  private static var devices: [Entry] {
    [
      entry("dev/console", .characterDevice(major: 5, minor: 1), mode: 0o600),
      entry("dev/large", .blockDevice(major: 4095, minor: 1_048_575), mode: 0o660), entry("dev/fifo", .fifo),
    ]
  }

  private static func entry(
    _ name: String, _ kind: Entry.Kind, mode: UInt16 = 0o644, owner: Entry.Owner = .root,
    attributes: [(String, [UInt8])] = []
  ) -> Entry {
    Entry(
      path(name), kind, mode: mode, owner: owner, modificationTime: time,
      extendedAttributes: attributes.map { .init(name: Array($0.utf8), value: $1) })
  }

  /// u::rw-, u:1000:rw-, g::r--, m::rw-, o::---, as getxattr(2) gives it.
  private static let accessControlList: [UInt8] = [
    2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 6, 0, 0xE8, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
    16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
  ]
}

// The directories.
extension OneOfEverything {
  /// A socket, and a GiB of holes with bytes between them.
  private static func makeDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let file = open(path + "/sparse", O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    let bytes = content(5000, seed: 1)
    for offset in stride(from: 7 << 20, to: 900 << 20, by: 50 << 20) {
      let count = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
      guard count == bytes.count else { throw Failure(number: errno) }
    }
    guard ftruncate(file, 1 << 30) == 0, mknod(path + "/socket", S_IFSOCK | 0o755, 0) == 0 else {
      throw Failure(number: errno)
    }
  }

  private static func makeBootDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path + "/overlays", withIntermediateDirectories: true)
    for (name, size) in [("config.txt", 40), ("overlays/long name of a file.dtbo", 100_000), ("empty", 0)] {
      try Data(content(size, seed: size)).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
  }

  private struct Failure: Error { let number: Int32 }
}
