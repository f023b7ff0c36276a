// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Foundation
import TestSupport
import Testing

private let tar = ForeignTool("tar")

/// A directory with what a tar can be made of, by GNU tar and others.
private struct Tree {
  let directory: TemporaryDirectory
  var tarPath: String { directory.path("made") }

  init() throws { directory = try TemporaryDirectory() }

  func put(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    let url = directory.url.appendingPathComponent("in/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  /// Runs GNU tar within the directory, and reads what it made.
  func made(_ arguments: String..., names: [String] = ["."]) throws -> [Read] {
    let all =
      ["-C", directory.path("in"), "-cf", tarPath, "--sort=name", "--mtime=@1700000000"] + arguments + names
    let result = try tar.run(all)
    #expect(result.status == 0, "\(result.errors)")
    return try readAll(tarPath)
  }
}

@Suite(.enabled(if: tar.isInstalled)) struct GNUTarFormatTests {
  @Test(arguments: ["v7", "ustar", "oldgnu", "gnu", "posix"])
  func `every format of GNU tar gives the same entries`(format: String) throws {
    let tree = try Tree()
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
    try tree.put("dir/file", bytes)
    try tree.put("dir/empty", [])
    let link = tree.directory.path("in/link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "dir/../nowhere")
    try FileManager.default.linkItem(
      atPath: tree.directory.path("in/dir/file"), toPath: tree.directory.path("in/hard"))
    let all = try tree.made(
      "--format=\(format)", "--owner=1000", "--group=100", "--mode=0640", "--numeric-owner")
    let owner = Entry.Owner(user: 1000, group: 100)
    let moment = Timestamp(seconds: 1_700_000_000)
    func entry(_ path: EntryPath, _ kind: Entry.Kind) -> Entry {
      Entry(path, kind, mode: 0o640, owner: owner, modificationTime: moment)
    }
    #expect(
      all.map(\.entry) == [
        entry("", .directory), entry("dir", .directory), entry("dir/empty", .regular(.init(size: 0))),
        entry("dir/file", .regular(.init(size: 100_000))), entry("hard", .hardLink(to: "dir/file")),
        entry("link", .symbolicLink(target: Array("dir/../nowhere".utf8))),
      ])
    #expect(all[3].bytes == bytes)
  }

  @Test(arguments: ["gnu", "oldgnu", "posix"])
  func `long names, large numbers and odd times come through`(format: String) throws {
    let tree = try Tree()
    let name = String(repeating: "n", count: 200)
    let path = "\(name)/\(name)/\(name)"
    try tree.put(path, Array("x".utf8))
    try FileManager.default.createSymbolicLink(
      atPath: tree.directory.path("in/link"), withDestinationPath: path)
    let all = try tree.made(
      "--format=\(format)", "--owner=4000000000", "--group=3000000000", "--mtime=@-1000.25",
      "--no-recursion",
      names: ["link", path])
    #expect(all[0].entry.kind == .symbolicLink(target: Array(path.utf8)))
    #expect(all[1].entry.path.bytes == Array(path.utf8))
    #expect(all[1].entry.owner == .init(user: 4_000_000_000, group: 3_000_000_000))
    let time = Timestamp(seconds: -1001, nanoseconds: 750_000_000)
    // Only PAX has fractions; GNU tar rounds down for the others.
    #expect(all[1].entry.modificationTime == (format == "posix" ? time : Timestamp(seconds: -1001)))
    #expect(all[1].bytes == Array("x".utf8))
  }

  @Test func `a ustar prefix is put before the name`() throws {
    let tree = try Tree()
    let name = String(repeating: "n", count: 90)
    try tree.put("\(name)/\(name)", Array("x".utf8))
    let all = try tree.made("--format=ustar")
    #expect(all.map(\.entry.path.description) == ["./", name, "\(name)/\(name)"])
  }

  @Test(arguments: [
    ["--format=oldgnu"], ["--format=gnu"], ["--format=posix", "--sparse-version=0.0"],
    ["--format=posix", "--sparse-version=0.1"], ["--format=posix", "--sparse-version=1.0"],
  ])
  func `sparse files keep their holes`(arguments: [String]) throws {
    let tree = try Tree()
    try tree.put("sparse", [])
    let handle = try FileHandle(forWritingTo: tree.directory.url.appendingPathComponent("in/sparse"))
    // More ranges than a header and a further block hold.
    for index in 0..<40 {
      try handle.seek(toOffset: UInt64(index) * 65_536)
      try handle.write(contentsOf: Data(repeating: UInt8(index + 1), count: 4096))
    }
    try handle.truncate(atOffset: 40 * 65_536 + 5)
    try handle.close()
    try tree.put("z", Array("after".utf8))
    let all = try tree.made("--sparse", "--hole-detection=raw", arguments[0], arguments.last ?? "")
    #expect(all.map(\.entry.path) == ["", "sparse", "z"])
    guard case .regular(let content) = all[1].entry.kind else { throw Unexpected() }
    #expect(content.size == 40 * 65_536 + 5)
    #expect(content.dataRanges?.count == 40)
    #expect(content.storedByteCount == 40 * 4096)
    #expect(
      all[1].content == Array(try Data(contentsOf: URL(fileURLWithPath: tree.directory.path("in/sparse")))))
    #expect(all[2].bytes == Array("after".utf8))
  }

  @Test func `extended attributes go to a disk and come back`() throws {
    let tree = try Tree()
    try tree.put("other", [])
    let attribute = Entry.ExtendedAttribute(name: Array("user.a=b%".utf8), value: [0, 0x0A, 0xFF])
    let bytes = try written { writer in
      var entry = Entry("f", .regular(.init(size: 0)), mode: 0o644, modificationTime: .init(seconds: 0))
      entry.extendedAttributes = [attribute]
      try writer.add(entry)
    }
    let unpacking = try tar.run(
      "-C", tree.directory.path("in"), "--xattrs", "-xf", "-", input: Data(bytes))
    // Where the file system has none, there is nothing to see.
    guard unpacking.status == 0, unpacking.errors.isEmpty else { return }
    let all = try tree.made("--format=posix", "--xattrs", names: ["f"])
    #expect(all[0].entry.extendedAttributes == [attribute])
  }

  struct Unexpected: Error {}
}

@Suite struct CompressionTests {
  private static let entries = [
    Read(
      entry: Entry("a", .regular(.init(size: 200_000)), mode: 0o644, modificationTime: .init(seconds: 5)),
      bytes: (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }),
    Read(entry: Entry("b", .directory, mode: 0o755, modificationTime: .init(seconds: 6))),
  ]

  private static func tarBytes() throws -> [UInt8] {
    try written { writer in
      for read in entries {
        try writer.add(read.entry)
        try writer.append(read.bytes.span.bytes)
      }
    }
  }

  private static let tools = ["gzip", "bzip2", "xz", "zstd", "lz4", "lzip"]

  private func compressed(_ name: String) throws -> [UInt8] {
    Array(try ForeignTool(name).run("-c", input: Data(try Self.tarBytes())).output)
  }

  @Test(arguments: tools.filter { ForeignTool($0).isInstalled })
  func `what a tool compresses is told by its first bytes and read`(name: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("a.tar")
    try Data(try compressed(name)).write(to: URL(fileURLWithPath: path))
    #expect(try ArchiveReader(path: path).compression == Compression(rawValue: name))
    #expect(try readAll(path) == Self.entries)
  }

  @Test func `without compression there is none`() throws {
    #expect(try readAll(Self.tarBytes()) == Self.entries)
  }

  @Test(arguments: tools.filter { ForeignTool($0).isInstalled })
  func `a compressed file that stops early is an error in the entry where it stops`(name: String) throws {
    let bytes = try compressed(name)
    for byteCount in [1, 2, 3, bytes.count / 4, bytes.count / 2, bytes.count * 3 / 4] {
      let error = try #require(throws: ArchiveError.self) { try readAll(bytes.dropLast(byteCount)) }
      guard case .compressed(let compression, _, _, _, _) = error else {
        Issue.record("\(error)")
        continue
      }
      #expect(compression.rawValue == name)
    }
  }

  @Test(arguments: tools.filter { ForeignTool($0).isInstalled })
  func `damage in the middle of a compressed file is an error`(name: String) throws {
    let bytes = try compressed(name)
    for offset in stride(from: 20, to: bytes.count - 20, by: bytes.count / 12) {
      var damaged = bytes
      damaged[offset] ^= 0x10
      #expect(throws: ArchiveError.self, "\(offset)") { try readAll(damaged) }
    }
  }

  @Test(arguments: tools.filter { ForeignTool($0).isInstalled })
  func `what follows compressed data is an error`(name: String) throws {
    #expect(throws: ArchiveError.self) {
      try readAll(try compressed(name) + Array("garbage!".utf8))
    }
  }

  @Test(arguments: tools.filter { ForeignTool($0).isInstalled })
  func `streams one behind the other are one`(name: String) throws {
    let whole = try Self.tarBytes()
    // libarchive takes an empty stream of LZ4 for the end of the file, and what follows it then is an error.
    let middle = name == "lz4" ? whole[100_000..<100_001] : whole[100_000..<100_000]
    let parts = try [whole[..<100_000], middle, whole[middle.endIndex...]].flatMap {
      Array(try ForeignTool(name).run("-c", input: Data($0)).output)
    }
    #expect(try readAll(parts) == Self.entries)
  }

  // MARK: gzip

  private func smallGzip() throws -> [UInt8] {
    let sink = MemorySink()
    let gzip = try GzipSink(to: sink)
    var writer = TarWriter(to: gzip)
    try writer.add(Entry("f", .regular(.init(size: 5)), mode: 0o644, modificationTime: .init(seconds: 0)))
    try writer.append("hello")
    try writer.finish()
    return sink.bytes
  }

  @Test func `every truncation of a small gzip file is an error`() throws {
    let bytes = try smallGzip()
    #expect(try readAll(bytes).map(\.bytes) == [Array("hello".utf8)])
    for byteCount in 0..<bytes.count {
      #expect(throws: ArchiveError.self, "\(byteCount)") { try readAll(bytes[..<byteCount]) }
    }
  }

  @Test func `every damage to a small gzip file is an error, but in fields that mean nothing`() throws {
    let bytes = try smallGzip()
    let entries = try readAll(bytes)
    for offset in bytes.indices {
      for mask in [0x01, 0x80] as [UInt8] {
        var damaged = bytes
        damaged[offset] ^= mask
        // The time and the system (RFC 1952, 2.3.1), and lengths of codes that don't occur.
        if let read = try? readAll(damaged) { #expect(read == entries, "\(offset) \(mask)") }
      }
    }
  }

  @Test func `zeros behind gzip's last member are padding`() throws {
    #expect(try readAll(try smallGzip() + [UInt8](repeating: 0, count: 300_000)).count == 1)
    let byteCount = UInt64(try smallGzip().count)
    let error = #expect(throws: ArchiveError.self) { try readAll(try smallGzip() + [0, 0, 1]) }
    guard case .compressed(.gzip, _, byteCount + 2, nil, .trailingBytes) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `names, comments and further fields of a gzip header are passed over`() throws {
    let bytes = try smallGzip()
    let fields: [UInt8] = [3, 0, 1, 2, 3] + Array("name\0comment\0".utf8)
    let withFields = bytes[..<3] + [0x1C] + bytes[4..<10] + fields + bytes[10...]
    #expect(try readAll(withFields).count == 1)
  }

  @Test func `members may meet anywhere in the buffer that the file is read into`() throws {
    let tool = ForeignTool("gzip")
    guard tool.isInstalled else { return }
    let whole = try Self.tarBytes()
    let first = Array(try tool.run("-c", input: Data(whole[..<1000])).output)
    let second = Array(try tool.run("-c", input: Data(whole[1000...])).output)
    for byteCount in (128 << 10) - 12...(128 << 10) + 12 {
      // A comment makes the first member just so long.
      let comment = [UInt8](repeating: UInt8(ascii: "c"), count: byteCount - first.count - 1) + [0]
      let member = first[..<3] + [0x10] + first[4..<10] + comment + first[10...]
      #expect(member.count == byteCount)
      #expect(try readAll(Array(member) + second) == Self.entries, "\(byteCount)")
    }
  }

  @Test func `an error names the entry in which a gzip file stops`() throws {
    let bytes = try compressed("gzip")
    let error = #expect(throws: ArchiveError.self) { try readAll(bytes[..<(bytes.count / 2)]) }
    guard case .compressed(.gzip, _, UInt64(bytes.count / 2), Array("a".utf8), .truncated) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains(": a (byte ") == true)
  }
}

@Suite struct ArchiveReaderTests {
  private static let release = ProcessInfo.processInfo.environment["CAIRN_TEST_RELEASE"]

  @Test(.enabled(if: release != nil)) func `a release is read as GNU tar reads it`() throws {
    let path = try #require(Self.release)
    let listing = try tar.run("-tvf", path, "--numeric-owner", "--full-time").text
      .split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    let all = try readAll(path)
    #expect(all.map(Self.line) == listing)
    let content = try tar.run("-xOf", path).output
    #expect(content == Data(all.flatMap(\.bytes)))
  }

  /// As GNU tar lists it.
  private static func line(_ read: Read) -> String {
    let entry = read.entry
    let bits = Array("rwxrwxrwx").enumerated().map { entry.mode >> (8 - $0) & 1 == 1 ? $1 : "-" }
    let isDirectory = entry.kind == .directory
    let date = Date(timeIntervalSince1970: Double(entry.modificationTime.seconds))
    let time = date.ISO8601Format(.iso8601(timeZone: .gmt, dateTimeSeparator: .space))
      .replacingOccurrences(of: "Z", with: "")
    let owner = "\(entry.owner.user)/\(entry.owner.group)"
    let path = entry.path.isRoot ? "./" : "./\(entry.path)\(isDirectory ? "/" : "")"
    return "\(isDirectory ? "d" : "-")\(String(bits)) \(owner) \(read.bytes.count) \(time) \(path)"
  }

  @Test func `what the writer writes is read as it was`() throws {
    let entries = try Self.everyKind()
    let bytes = try written { writer in
      for read in entries {
        try writer.add(read.entry)
        try writer.append(read.bytes.span.bytes)
      }
    }
    #expect(try readAll(bytes) == entries)
  }

  private static func everyKind() throws -> [Read] {
    let long = try EntryPath(Array(repeating: UInt8(ascii: "n"), count: 300))
    let entries: [(EntryPath, Entry.Kind)] = [
      ("", .directory), ("d", .directory), ("d/f", .regular(.init(size: 3))),
      (long, .regular(.init(size: 0))),
      ("h", .hardLink(to: long)), ("s", .symbolicLink(target: Array(repeating: 0xFF, count: 200))),
      ("c", .characterDevice(major: 1, minor: 5)), ("b", .blockDevice(major: 8, minor: 2_097_151)),
      ("p", .fifo),
    ]
    let times = [
      Timestamp(seconds: 0), Timestamp(seconds: -1, nanoseconds: 1), Timestamp(seconds: .min),
      Timestamp(seconds: .max, nanoseconds: 999_999_999), Timestamp(seconds: -3),
    ]
    return entries.enumerated().map { index, described in
      var entry = Entry(
        described.0, described.1, mode: UInt16(index * 455), owner: .init(user: .max, group: UInt32(index)),
        modificationTime: times[index % times.count])
      entry.extendedAttributes = [.init(name: Array("user.%=é".utf8), value: [0, 10, UInt8(index)])]
      return Read(entry: entry, bytes: described.1 == .regular(.init(size: 3)) ? [1, 2, 3] : [])
    }
  }

  // MARK: The thread

  /// Larger than what is read ahead.
  private static func largeTar() throws -> [UInt8] {
    let piece = [UInt8](repeating: 7, count: 300_000)
    return try written { writer in
      for index in 0..<12 {
        let path = try EntryPath(Array("f\(index)".utf8))
        try writer.add(
          Entry(path, .regular(.init(size: 300_000)), mode: 0o644, modificationTime: .init(seconds: 0)))
        try writer.append(piece.span.bytes)
      }
    }
  }

  @Test func `a reader may be given up after any entry`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("a")
    try Data(try Self.largeTar()).write(to: URL(fileURLWithPath: path))
    for count in 0...12 {
      var reader = try ArchiveReader(path: path)
      for index in 0..<count {
        let entry = try reader.next()
        #expect(entry?.path.description == "f\(index)")
        if index % 2 == 0 { #expect(try reader.nextBytes().byteCount > 0) }
      }
    }
  }

  @Test func `bytes that nobody took are skipped, and progress tells how far the file is read`() throws {
    let directory = try TemporaryDirectory()
    let bytes = try Self.largeTar()
    try Data(bytes).write(to: URL(fileURLWithPath: directory.path("a")))
    var reader = try ArchiveReader(path: directory.path("a"))
    #expect(try reader.nextBytes().isEmpty)
    var count = 0
    while try reader.next() != nil { count += 1 }
    #expect(count == 12)
    #expect(try reader.nextBytes().isEmpty)
    #expect(try reader.next() == nil)
    #expect(reader.progress.totalByteCount == UInt64(bytes.count))
    #expect(reader.progress.consumedByteCount == UInt64(bytes.count))
  }

  @Test func `entries before the damage come first, then the error, every time`() throws {
    let directory = try TemporaryDirectory()
    try Data(header("f") + header("/g") + end).write(to: URL(fileURLWithPath: directory.path("a")))
    var reader = try ArchiveReader(path: directory.path("a"))
    #expect(try reader.next()?.path == "f")
    for _ in 0..<3 {
      do {
        _ = try reader.next()
        Issue.record("no error")
      } catch {
        #expect(
          error
            == .tar(
              path: directory.path("a"), offset: 512, entry: Array("/g".utf8), .unsafePath(.absolute)))
        #expect(
          error.description == directory.path("a")
            + ": /g (byte 512 of the tar): the path begins with \"/\", and entries lie below the root of the volume"
        )
      }
    }
  }

  // MARK: Files

  @Test func `a file that is missing, a directory or closed to us is an error of the system`() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.path("missing")
    #expect(throws: ArchiveError.system(.open, path: missing, number: ENOENT)) { try readAll(missing) }
    #expect(throws: ArchiveError.system(.read, path: directory.path, number: EISDIR)) {
      try readAll(directory.path)
    }
    #expect(
      ArchiveError.system(.open, path: "a", number: ENOENT).description
        == "a: cannot open: No such file or directory")
  }

  @Test(arguments: ["PK\u{3}\u{4}", "", "hello\n", String(repeating: "text\n", count: 1000)])
  func `what is no tar is called so`(text: String) throws {
    let error = #expect(throws: ArchiveError.self) { try readAll(Array(text.utf8)) }
    guard case .tar(_, 0, nil, .notTar) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a pipe is read, and given up while it waits`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let bytes = Data(try Self.largeTar())
    let writing = Thread {
      // Opening waits for the other side. All of it, and then a start without an end.
      try? FileHandle(forWritingTo: URL(fileURLWithPath: path)).write(contentsOf: bytes)
    }
    writing.start()
    var reader = try ArchiveReader(path: path)
    #expect(reader.progress.totalByteCount == nil)
    var count = 0
    while try reader.next() != nil { count += 1 }
    #expect(count == 12)

    let holding = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try holding.write(contentsOf: bytes[..<1000])
    _ = try ArchiveReader(path: path)
    try holding.close()
  }
}
