// SPDX-License-Identifier: Apache-2.0
import Archive
import CLinux
import Entries
import Foundation
import TestSupport
import Testing

private let tar = ForeignTool("tar")
private let find = ForeignTool("find")
private let isRoot = geteuid() == 0

private func readTree(_ path: String, owner: Entry.Owner? = nil) throws -> [Read] {
  var reader = try DirectoryReader(path: path, owner: owner)
  return try readAll(from: &reader)
}

/// What `read` throws, which has to be an `ArchiveError`.
private func failure(of read: () throws -> Void) -> ArchiveError? {
  #expect(throws: ArchiveError.self, performing: read)
}

@Suite struct DirectoryReaderTests {
  @Test(.enabled(if: tar.isInstalled)) func `a tree gives what GNU tar makes of it`() throws {
    let tree = try FileTree()
    try tree.put("one", (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) })
    try tree.put("empty")
    try tree.put(Array("line\nbreak".utf8), [1])
    try tree.put([0xFF, 0x20, 0x5C], [2])
    try tree.makeDirectory("d", mode: 0o1750)
    try tree.makeDirectory("d/e")
    try tree.put("d/e/f", [3])
    try tree.put("d.f", [4])
    try tree.makeLink("link", to: "d/../nowhere at all")
    try tree.makeLink("loop", to: ".")
    try tree.makeHardLink("a", to: "one")
    try tree.makeHardLink("d/e/a", to: "one")
    try tree.makeHardLink("link2", to: "link")
    try tree.makeSparse("sparse", size: 3 << 20, [5, 6, 7], at: [1 << 20, 2 << 20])
    try check(mkfifo(tree.path("fifo"), 0o640))
    try check(chmod(tree.path("d.f"), 0o6711))
    try tree.setTime("d.f", 1_700_000_000, 123_456_789)
    try tree.setTime("link", -1, 250_000_000)
    _ = try tree.setAttribute("one", "user.note", [0, 1, 0xFF])
    _ = try tree.setAttribute("d", "user.z", [])
    let archive = tree.outside("tar")
    let made = try tar.run(
      "-C", tree.path, "-cf", archive, "--sort=name", "--format=posix", "--sparse", "--xattrs",
      "--xattrs-include=user.*", "--pax-option=delete=atime,delete=ctime", ".")
    #expect(made.status == 0, "\(made.errors)")
    func plain(_ all: [Read]) -> [Read] {
      all.map { read in
        guard case .regular(let shape) = read.entry.kind else { return read }
        var plain = Read(entry: read.entry, bytes: read.content)
        plain.entry.kind = .regular(.init(size: shape.size))
        return plain
      }
    }
    let expected = plain(try readAll(archive))
    #expect(expected.count == 16)
    #expect(plain(try readTree(tree.path)) == expected)
  }

  @Test func `facts are those of lstat`() throws {
    let tree = try FileTree()
    try tree.put("f", [1, 2, 3])
    try check(chmod(tree.path("f"), 0o4751))
    try tree.setTime("f", -5, 999_999_999)
    try tree.makeLink("l", to: "f")
    try tree.setTime("l", 5_000_000_000, 1)
    try tree.setTime("", 7, 8)
    let all = try readTree(tree.path)
    #expect(
      all == [
        Read(
          entry: Entry(
            "", .directory, mode: 0o755, owner: .init(user: geteuid(), group: getegid()),
            modificationTime: .init(seconds: 7, nanoseconds: 8))),
        Read(
          entry: Entry(
            "f", .regular(.init(size: 3)), mode: 0o4751, owner: .init(user: geteuid(), group: getegid()),
            modificationTime: .init(seconds: -5, nanoseconds: 999_999_999)), bytes: [1, 2, 3]),
        Read(
          entry: Entry(
            "l", .symbolicLink(target: Array("f".utf8)), mode: 0o777,
            owner: .init(user: geteuid(), group: getegid()),
            modificationTime: .init(seconds: 5_000_000_000, nanoseconds: 1))),
      ])
  }

  @Test func `an owner that is given is everyone's`() throws {
    let tree = try FileTree()
    try tree.put("f")
    try tree.makeHardLink("g", to: "f")
    let owner = Entry.Owner(user: 4_000_000_000, group: 5)
    #expect(try readTree(tree.path, owner: owner).map(\.entry.owner) == [owner, owner, owner])
  }

  @Test func `names come in the order of their bytes, whatever came first`() throws {
    let names: [[UInt8]] = [
      [0x0A], [0x20], [0x41], [0x5A], [0x61], [0x61, 0x20], [0x61, 0x2E], [0x61, 0x61], [0xC3, 0xA9], [0xFF],
    ]
    for order in [names, names.reversed(), names.shuffled()] {
      let tree = try FileTree()
      for name in order { try tree.put(name, name) }
      let all = try readTree(tree.path)
      #expect(all.map(\.entry.path.bytes) == [[]] + names)
      #expect(all.map(\.bytes) == [[]] + names)
    }
  }

  @Test func `a large directory is listed to its end`() throws {
    let tree = try FileTree()
    let names = (0..<9000).map { String($0 + 10_000) + String(repeating: "n", count: 40) }
    for name in names.reversed() { try check(symlink("t", tree.path(name))) }
    #expect(try readTree(tree.path).map(\.entry.path.description) == ["./"] + names)
  }

  @Test func `content comes in pieces of 256 KiB`() throws {
    let tree = try FileTree()
    try tree.put("f", repeatElement(7, count: 600_000))
    var reader = try DirectoryReader(path: tree.path)
    _ = try reader.next()
    _ = try reader.next()
    var byteCounts: [Int] = []
    for _ in 0..<5 { byteCounts.append(try reader.nextBytes().byteCount) }
    #expect(byteCounts == [262_144, 262_144, 75_712, 0, 0])
    #expect(reader.progress.consumedByteCount == 600_000)
    #expect(reader.progress.totalByteCount == nil)
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
  }

  @Test func `content that nobody takes is passed over`() throws {
    let tree = try FileTree()
    try tree.put("a", repeatElement(7, count: 600_000))
    try tree.put("b", [1])
    var reader = try DirectoryReader(path: tree.path)
    _ = try reader.next()
    #expect(try reader.next()?.path == "a")
    #expect(try reader.nextBytes().byteCount == 262_144)
    #expect(try reader.next()?.path == "b")
    #expect(try reader.nextBytes().byteCount == 1)
    #expect(reader.progress.consumedByteCount == 262_145)
  }
}

@Suite struct DirectoryReaderKindTests {
  @Test func `later names of a file are hard links to the first`() throws {
    let tree = try FileTree()
    try tree.makeDirectory("m")
    try tree.put("m/x", [9])
    try tree.makeHardLink("m/y", to: "m/x")
    try tree.makeHardLink("z", to: "m/x")
    let all = try readTree(tree.path)
    #expect(all.map(\.entry.path) == ["", "m", "m/x", "m/y", "z"])
    #expect(
      all.map(\.entry.kind)
        == [
          .directory, .directory, .regular(.init(size: 1)), .hardLink(to: "m/x"), .hardLink(to: "m/x"),
        ])
    // Within the subtree m/x is the first; outside names don't count.
    let below = try readTree(tree.path("m"))
    #expect(below.map(\.entry.kind) == [.directory, .regular(.init(size: 1)), .hardLink(to: "x")])
  }

  @Test func `a file with other names outside the tree is a file`() throws {
    let tree = try FileTree()
    try tree.put("f", [9])
    try check(link(tree.path("f"), tree.outside("g")))
    #expect(try readTree(tree.path).map(\.entry.kind) == [.directory, .regular(.init(size: 1))])
  }

  @Test func `fifos and sockets are entries`() throws {
    let tree = try FileTree()
    try check(mkfifo(tree.path("fifo"), 0o600))
    try check(mknod(tree.path("socket"), S_IFSOCK | 0o600, 0))
    #expect(try readTree(tree.path).map(\.entry.kind) == [.directory, .fifo, .socket])
  }

  @Test(.enabled(if: isRoot, "only root makes devices")) func `devices have their numbers`() throws {
    let tree = try FileTree()
    // 0x100003 is minor 256 and 3, 0x800 major 8: makedev(8, 259).
    try check(mknod(tree.path("b"), S_IFBLK | 0o600, 0x100803))
    try check(mknod(tree.path("c"), S_IFCHR | 0o600, 0x103))
    let kinds = try readTree(tree.path).map(\.entry.kind)
    #expect(
      kinds == [.directory, .blockDevice(major: 8, minor: 259), .characterDevice(major: 1, minor: 3)])
  }

  @Test func `a sparse file has its data's ranges, and their bytes alone`() throws {
    let tree = try FileTree()
    let data = [UInt8](repeating: 7, count: 65_536)
    try tree.makeSparse("s", size: 10 << 20, data, at: [1 << 20, 4 << 20])
    try tree.makeSparse("t", size: 1 << 20, [], at: [])
    let all = try readTree(tree.path)
    var content = [UInt8](repeating: 0, count: 10 << 20)
    content.replaceSubrange(1 << 20..<(1 << 20) + 65_536, with: data)
    content.replaceSubrange(4 << 20..<(4 << 20) + 65_536, with: data)
    #expect(all[1].content == content)
    #expect(all[2].content == [UInt8](repeating: 0, count: 1 << 20))
    guard case .regular(let shape) = all[1].entry.kind, let ranges = shape.dataRanges else {
      print("the file system of \(tree.path) tells no holes")
      return
    }
    #expect(ranges == [1_048_576..<1_114_112, 4_194_304..<4_259_840])
    #expect(all[1].bytes == data + data)
    #expect(all[2].entry.kind == .regular(.init(size: 1 << 20, dataRanges: [])))
  }

  @Test func `extended attributes come sorted, and the machine's own don't`() throws {
    let tree = try FileTree()
    try tree.put("f", [1])
    try tree.makeHardLink("g", to: "f")
    let large = [UInt8](repeating: 0xEE, count: 3000)
    guard try tree.setAttribute("f", "user.b", large), try tree.setAttribute("f", "user.a", []),
      try tree.setAttribute("", "user.note", [0xFF])
    else {
      print("the file system of \(tree.path) has no attributes")
      return
    }
    // Root's, and not in every container.
    _ = try tree.setAttribute("f", "security.selinux", Array("x:y:z:s0\0".utf8))
    let all = try readTree(tree.path)
    #expect(all[0].entry.extendedAttributes == [.init(name: Array("user.note".utf8), value: [0xFF])])
    #expect(
      all[1].entry.extendedAttributes == [
        .init(name: Array("user.a".utf8), value: []), .init(name: Array("user.b".utf8), value: large),
      ])
    #expect(all[2].entry.extendedAttributes == [])
    #expect(all[1].bytes == [1])
  }

  @Test(.enabled(if: isRoot, "only root sets these attributes"))
  func `links, FIFOs and files give root's attributes to root`() throws {
    let tree = try FileTree()
    try tree.put("f")
    try check(mkfifo(tree.path("fifo"), 0o600))
    try tree.makeLink("link", to: "f")
    // vfs_cap_data of revision 2 with CAP_NET_BIND_SERVICE; an ACL of version 2 with a mask and a user.
    let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12)
    let accessControlList: [UInt8] = [
      2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 232, 3, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255,
      16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
    ]
    guard try tree.setAttribute("f", "security.capability", capability),
      try tree.setAttribute("fifo", "system.posix_acl_access", accessControlList),
      try tree.setAttribute("link", "trusted.t", [1])
    else {
      print("the file system of \(tree.path) has no such attributes")
      return
    }
    #expect(
      try readTree(tree.path).map(\.entry.extendedAttributes) == [
        [], [.init(name: Array("security.capability".utf8), value: capability)],
        [.init(name: Array("system.posix_acl_access".utf8), value: accessControlList)],
        [.init(name: Array("trusted.t".utf8), value: [1])],
      ])
  }
}

@Suite struct DirectoryReaderPathTests {
  @Test func `slashes at the end and a link at the top are followed`() throws {
    let tree = try FileTree()
    try tree.put("f", [1])
    try tree.makeDirectory("d")
    try tree.makeLink("d/out", to: "..")
    try check(symlink(tree.path, tree.outside("link")))
    let all = try readTree(tree.path)
    #expect(all.map(\.entry.path) == ["", "d", "d/out", "f"])
    #expect(try readTree(tree.path + "//") == all)
    #expect(try readTree(tree.outside("link")) == all)
    #expect(try readTree(tree.outside("link/")) == all)
  }

  @Test func `what is no directory is refused`() throws {
    let tree = try FileTree()
    try tree.put("f")
    let file = failure { _ = try DirectoryReader(path: tree.path("f")) }
    #expect(file == .system(.open, path: tree.path("f"), number: ENOTDIR))
    let missing = failure { _ = try DirectoryReader(path: tree.path("missing/")) }
    #expect(missing == .system(.open, path: tree.path("missing/"), number: ENOENT))
    #expect(missing?.description == "\(tree.path("missing/")): cannot open: No such file or directory")
  }

  @Test(.enabled(if: find.isInstalled)) func `a tree of depth 1,000 is read with few descriptors`() throws {
    let tree = try FileTree()
    let name = String(repeating: "d", count: 20)
    try tree.makeChain(depth: 1000, name: name)
    var reader = try DirectoryReader(path: tree.path)
    var paths: [EntryPath] = []
    var largestDescriptorCount = 0
    while let entry = try reader.next() {
      paths.append(entry.path)
      if paths.count == 1001 { largestDescriptorCount = try tree.openDescriptorCount() }
    }
    #expect(largestDescriptorCount == 64)
    #expect(paths.count == 2001)
    #expect(paths[1000].bytes.count == 20_999)
    // Up again: the link beside each directory, the deepest first.
    #expect(paths[1001].bytes.count == 999 * 21 + 1)
    #expect(paths[2000] == "z")
    #expect(try reader.next() == nil)
    #expect(try tree.openDescriptorCount() == 0)
  }

  @Test(.enabled(if: find.isInstalled)) func `a reader that is left early closes everything`() throws {
    let tree = try FileTree()
    try tree.makeChain(depth: 5, name: "d")
    try tree.put("d/d/d/d/d/f", repeatElement(1, count: 600_000))
    #expect(try tree.openDescriptorCount() == 0)
    do {
      var reader = try DirectoryReader(path: tree.path)
      for _ in 0..<7 { _ = try reader.next() }
      _ = try reader.nextBytes()
      #expect(try tree.openDescriptorCount() == 7)
    }
    #expect(try tree.openDescriptorCount() == 0)
  }
}

@Suite struct DirectoryReaderFailureTests {
  /// A reader that has the first 256 KiB of a file of 600,000 bytes.
  private func change(_ change: (FileTree) throws -> Void) throws -> (error: ArchiveError?, path: String) {
    let tree = try FileTree()
    try tree.put("f\n", repeatElement(1, count: 600_000))
    var reader = try DirectoryReader(path: tree.path)
    _ = try reader.next()
    _ = try reader.next()
    _ = try reader.nextBytes()
    try change(tree)
    var byteCount = 0
    let error = failure { while try !reader.nextBytes().isEmpty { byteCount += 1 } }
    // Not the last piece.
    #expect(byteCount <= 1)
    // And so it stays.
    #expect(failure { _ = try reader.nextBytes() } == error)
    #expect(failure { _ = try reader.next() } == error)
    return (error, tree.path("f\\x0a"))
  }

  @Test func `a file that shrinks is an error`() throws {
    let (error, path) = try change { try $0.truncate("f\n", to: 300_000) }
    #expect(error == .changed(path: path, .shrank))
    #expect(error?.description == "\(path): shrank while it was read; start again when nothing changes it")
  }

  @Test func `a file that grows is an error`() throws {
    let (error, path) = try change { try $0.truncate("f\n", to: 600_001) }
    #expect(error == .changed(path: path, .grew))
  }

  @Test func `a file that is written to is an error`() throws {
    let (error, path) = try change { try $0.setTime("f\n", 1, 1) }
    #expect(error == .changed(path: path, .rewritten))
  }

  @Test func `a file that goes, or is replaced, while it is read is still that file`() throws {
    let tree = try FileTree()
    try tree.put("f", repeatElement(1, count: 600_000))
    var reader = try DirectoryReader(path: tree.path)
    _ = try reader.next()
    _ = try reader.next()
    try check(unlink(tree.path("f")))
    try tree.put("f", [2])
    #expect(try readContent(from: &reader) == [UInt8](repeating: 1, count: 600_000))
  }

  @Test func `names that go and come are harmless`() throws {
    let tree = try FileTree()
    for name in ["a", "b", "c"] { try tree.put(name) }
    try tree.makeDirectory("d")
    var reader = try DirectoryReader(path: tree.path)
    _ = try reader.next()
    #expect(try reader.next()?.path == "a")
    try check(unlink(tree.path("b")))
    try check(rmdir(tree.path("d")))
    try tree.put("bb")
    #expect(try readAll(from: &reader).map(\.entry.path) == ["c"])
  }

  @Test func `the way back is not taken into another directory`() throws {
    let tree = try FileTree()
    try tree.makeChain(depth: 80, name: "d")
    var reader = try DirectoryReader(path: tree.path)
    for _ in 0..<81 { _ = try reader.next() }
    try check(mkdir(tree.outside("elsewhere"), 0o755))
    try check(rename(tree.path("d/d/d"), tree.outside("elsewhere/d")))
    let error = failure { while try reader.next() != nil {} }
    #expect(error == .changed(path: tree.path("d/d/d"), .replaced))
  }

  @Test(.enabled(if: !isRoot, "root may read everything")) func `what can't be read is named`() throws {
    let tree = try FileTree()
    try tree.makeDirectory("d")
    try tree.put("d/f")
    try tree.makeDirectory("e")
    for (name, mode) in [("d/f", 0o755 as mode_t), ("d", 0o755), ("e", 0o755)] {
      try check(chmod(tree.path(name), 0o000))
      let error = failure { _ = try readTree(tree.path) }
      #expect(error == .system(.open, path: tree.path(name), number: EACCES))
      #expect(error?.description == "\(tree.path(name)): cannot open: Permission denied")
      try check(chmod(tree.path(name), mode))
    }
    // Listed, and nothing in it can be reached.
    try check(chmod(tree.path("d"), 0o444))
    #expect(
      failure { _ = try readTree(tree.path) } == .system(.examine, path: tree.path("d/f"), number: EACCES))
    try check(chmod(tree.path("d"), 0o755))
  }
}
