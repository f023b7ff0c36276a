// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Foundation
import TestSupport
import Testing

private let tar = ForeignTool("tar")

@Suite struct TarWriterTests {
  @Test func `a small file has the fields of the POSIX table, its bytes and two blocks of zeros`() throws {
    let entry = Entry(
      "boot/cmdline.txt", .regular(.init(size: 3)), mode: 0o644, owner: .init(user: 1000, group: 100),
      modificationTime: .init(seconds: 1_700_000_000))
    let bytes = try written { writer in
      try writer.add(entry)
      try writer.append("abc")
    }
    #expect(bytes.count == 512 + 512 + 1024)
    #expect(text(bytes[0..<100]) == "boot/cmdline.txt" + String(repeating: "\0", count: 84))
    #expect(text(bytes[100..<108]) == "0000644\0")
    #expect(text(bytes[108..<116]) == "0001750\0")
    #expect(text(bytes[116..<124]) == "0000144\0")
    #expect(text(bytes[124..<136]) == "00000000003\0")
    #expect(text(bytes[136..<148]) == "14524770400\0")
    #expect(text(bytes[156..<157]) == "0")
    #expect(text(bytes[257..<265]) == "ustar\u{0}00")
    #expect(bytes[265..<329].allSatisfy { $0 == 0 })
    #expect(text(bytes[329..<345]) == "0000000\u{0}0000000\u{0}")
    let checksum =
      bytes[0..<148].reduce(0) { $0 + Int($1) } + 8 * 32 + bytes[156..<512].reduce(0) { $0 + Int($1) }
    #expect(text(bytes[148..<156]) == "0" + String(checksum, radix: 8) + "\u{0} ")
    #expect(text(bytes[512..<515]) == "abc")
    #expect(bytes[515...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [
    (Timestamp(seconds: -1, nanoseconds: 500_000_000), "14 mtime=-0.5\n"),
    (Timestamp(seconds: -2, nanoseconds: 999_999_999), "22 mtime=-1.000000001\n"),
    (Timestamp(seconds: -5), "12 mtime=-5\n"),
    (Timestamp(seconds: 7, nanoseconds: 120_000_000), "14 mtime=7.12\n"),
    (Timestamp(seconds: 8_589_934_592), "20 mtime=8589934592\n"),
  ])
  func `times that the field can't hold are decimal records`(time: Timestamp, record: String) throws {
    let bytes = try written { try $0.add(Entry("f", .fifo, mode: 0, modificationTime: time)) }
    #expect(text(bytes[156..<157]) == "x")
    #expect(text(bytes[512..<512 + record.utf8.count]) == record)
    #expect(bytes[512 + record.utf8.count] == 0)
  }

  @Test(.enabled(if: tar.isInstalled)) func `GNU tar lists every kind of entry as it was meant`() throws {
    let long = String(repeating: "d", count: 99)
    let moment = Timestamp(seconds: 1_700_000_000)
    func entry(_ path: String, _ kind: Entry.Kind, mode: UInt16 = 0o644, owner: Entry.Owner = .root) throws
      -> Entry
    {
      Entry(try EntryPath(Array(path.utf8)), kind, mode: mode, owner: owner, modificationTime: moment)
    }
    let entries = [
      try entry("./", .directory, mode: 0o755),
      try entry("etc", .directory, mode: 0o1777),
      try entry(
        "etc/empty", .regular(.init(size: 0)), mode: 0o6755,
        owner: .init(user: 2_097_152, group: 4_294_967_294)),
      try entry("etc/link", .symbolicLink(target: Array("../x y".utf8))),
      try entry("etc/hard", .hardLink(to: "etc/empty")),
      try entry("dev/null", .characterDevice(major: 1, minor: 3), mode: 0o666),
      try entry("dev/mmcblk0", .blockDevice(major: 179, minor: 2_097_151), mode: 0o660),
      try entry("run/pipe", .fifo),
      try entry("\(long)/\(long)", .regular(.init(size: 0))),
      try entry("\(long)/\(long)/\(long)", .directory),
      try entry("l", .symbolicLink(target: Array(repeating: UInt8(ascii: "t"), count: 300))),
    ]
    let bytes = try written { writer in for entry in entries { try writer.add(entry) } }
    let listing = try tar.run("-tvf", "-", "--numeric-owner", "--full-time", input: Data(bytes))
    #expect(listing.status == 0 && listing.errors.isEmpty, "\(listing.errors)")
    let lines = listing.text.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true)
    }
    let target = String(repeating: "t", count: 300)
    let expected = [
      "drwxr-xr-x 0/0 0 2023-11-14 22:13:20 ./",
      "drwxrwxrwt 0/0 0 2023-11-14 22:13:20 etc/",
      "-rwsr-sr-x 2097152/4294967294 0 2023-11-14 22:13:20 etc/empty",
      "lrw-r--r-- 0/0 0 2023-11-14 22:13:20 etc/link -> ../x y",
      "hrw-r--r-- 0/0 0 2023-11-14 22:13:20 etc/hard link to etc/empty",
      "crw-rw-rw- 0/0 1,3 2023-11-14 22:13:20 dev/null",
      "brw-rw---- 0/0 179,2097151 2023-11-14 22:13:20 dev/mmcblk0",
      "prw-r--r-- 0/0 0 2023-11-14 22:13:20 run/pipe",
      "-rw-r--r-- 0/0 0 2023-11-14 22:13:20 \(long)/\(long)",
      "drw-r--r-- 0/0 0 2023-11-14 22:13:20 \(long)/\(long)/\(long)/",
      "lrw-r--r-- 0/0 0 2023-11-14 22:13:20 l -> \(target)",
    ]
    #expect(lines.map { $0.joined(separator: " ") } == expected)
  }

  @Test(.enabled(if: tar.isInstalled)) func `a sparse file is unpacked with zeros in its holes`() throws {
    let content = Entry.Content(size: 100_000, dataRanges: [10..<12, 70_000..<70_003])
    let bytes = try written { writer in
      try writer.add(Entry("sparse", .regular(content), mode: 0o600, modificationTime: .init(seconds: 0)))
      try writer.append("abcd")
      try writer.append("e")
      try writer.add(
        Entry("next", .regular(.init(size: 1)), mode: 0o600, modificationTime: .init(seconds: 0)))
      try writer.append("n")
    }
    var expected = Data(count: 100_000)
    expected.replaceSubrange(10..<12, with: Data("ab".utf8))
    expected.replaceSubrange(70_000..<70_003, with: Data("cde".utf8))
    #expect(try tar.run("-xOf", "-", "sparse", input: Data(bytes)).output == expected)
    #expect(try tar.run("-xOf", "-", "next", input: Data(bytes)).text == "n")
  }

  @Test(.enabled(if: tar.isInstalled)) func `extended attributes come through to GNU tar`() throws {
    let bytes = try written { writer in
      var entry = Entry("f", .regular(.init(size: 0)), mode: 0o600, modificationTime: .init(seconds: 0))
      entry.extendedAttributes = [.init(name: Array("user.a=b".utf8), value: [0, 10, 255])]
      try writer.add(entry)
    }
    let listing = try tar.run("-tvvf", "-", "--xattrs", "--xattrs-include=*", input: Data(bytes))
    #expect(listing.status == 0)
    #expect(listing.text.contains("x: 3 user.a=b"))
  }

  @Test func `content that is shorter or longer than promised is an error`() throws {
    let entry = Entry("f", .regular(.init(size: 3)), mode: 0o600, modificationTime: .init(seconds: 0))
    #expect(throws: ArchiveError.contentSize("f", byteCount: 2, expected: 3)) {
      try written { writer in
        try writer.add(entry)
        try writer.append("ab")
      }
    }
    #expect(throws: ArchiveError.contentSize("f", byteCount: 4, expected: 3)) {
      try written { writer in
        try writer.add(entry)
        try writer.append("abcd")
      }
    }
    #expect(throws: ArchiveError.contentSize("d", byteCount: 1, expected: 0)) {
      try written { writer in
        try writer.add(Entry("d", .directory, mode: 0o700, modificationTime: .init(seconds: 0)))
        try writer.append("a")
      }
    }
  }

  @Test func `an entry that got too little keeps the archive from its end`() throws {
    var writer = TarWriter(to: MemorySink())
    try writer.add(Entry("f", .regular(.init(size: 3)), mode: 0o600, modificationTime: .init(seconds: 0)))
    for _ in 0..<2 {
      do {
        try writer.finish()
        Issue.record("finished")
      } catch {
        #expect(error == .contentSize("f", byteCount: 0, expected: 3))
      }
    }
  }

  @Test func `what a tar can't hold or say in order is an error`() throws {
    let moment = Timestamp(seconds: 0)
    func fails(_ error: ArchiveError, _ kinds: (EntryPath, Entry.Kind)...) {
      #expect(throws: error) {
        try written { writer in
          for (path, kind) in kinds { try writer.add(Entry(path, kind, mode: 0, modificationTime: moment)) }
        }
      }
    }
    fails(.unrepresentable("s", .socket), ("s", .socket))
    fails(.unrepresentable(.root, .root), (.root, .fifo))
    fails(.unrepresentable("l", .linkTarget), ("l", .symbolicLink(target: [])))
    fails(.unrepresentable("d", .deviceNumber), ("d", .blockDevice(major: 0, minor: 2_097_152)))
    fails(.unrepresentable("f", .dataRanges), ("f", .regular(.init(size: 9, dataRanges: [5..<6, 0..<2]))))
    fails(.unrepresentable("f", .dataRanges), ("f", .regular(.init(size: 9, dataRanges: [5..<10]))))
    fails(.duplicate("f"), ("f", .fifo), ("f", .directory))
    fails(.missingLinkTarget("h", target: "f"), ("h", .hardLink(to: "f")))
    fails(.missingLinkTarget("h", target: "d"), ("d", .directory), ("h", .hardLink(to: "d")))
  }
}
