// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Foundation
import TestSupport
import Testing

private let tar = ForeignTool("tar")

@Suite struct InputReaderTests {
  private func read(_ path: String, owner: Entry.Owner? = nil) throws -> [Read] {
    var reader = try InputReader(path: path, directoryOwner: owner)
    return try readAll(from: &reader)
  }

  @Test(.enabled(if: tar.isInstalled)) func `a directory and a tar of it are the same input`() throws {
    let tree = try FileTree()
    try tree.makeDirectory("d")
    try tree.put("d/f", repeatElement(1, count: 600_000))
    try tree.makeLink("link", to: "d")
    for name in ["", "d", "d/f", "link"] { try tree.setTime(name, 1_000_000_000, 0) }
    let archive = tree.outside("tar.gz")
    #expect(try tar.run("-C", tree.path, "-czf", archive, "--sort=name", ".").status == 0)
    let all = try read(tree.path)
    #expect(all.map(\.entry.path) == ["", "d", "d/f", "link"])
    let own = Entry.Owner(user: geteuid(), group: getegid())
    #expect(all.allSatisfy { $0.entry.owner == own })
    #expect(try read(archive) == all)
    let other = Entry.Owner(user: 7, group: 8)
    #expect(try read(tree.path, owner: other).allSatisfy { $0.entry.owner == other })
    #expect(try read(archive, owner: other) == all)
  }

  @Test(.enabled(if: tar.isInstalled)) func `progress is the reader's that it became`() throws {
    let tree = try FileTree()
    try tree.put("f", repeatElement(1, count: 1000))
    let archive = tree.outside("tar")
    #expect(try tar.run("-C", tree.path, "-cf", archive, ".").status == 0)
    var directory = try InputReader(path: tree.path)
    _ = try readAll(from: &directory)
    #expect(directory.progress.consumedByteCount == 1000)
    #expect(directory.progress.totalByteCount == nil)
    let file = try InputReader(path: archive)
    #expect(file.progress.totalByteCount == 10_240)
  }

  @Test(.enabled(if: tar.isInstalled)) func `a named pipe is an archive`() throws {
    let tree = try FileTree()
    try tree.put("f", [1, 2])
    let pipe = tree.outside("pipe")
    try check(mkfifo(pipe, 0o600))
    let writer = try tar.start(["-C", tree.path, "-cf", pipe, "."])
    defer { writer.waitUntilExit() }
    #expect(try read(pipe).map(\.bytes) == [[], [1, 2]])
  }

  @Test func `what can't be opened, and what is neither, is said`() throws {
    let tree = try FileTree()
    try tree.put("f", repeatElement(UInt8(ascii: "x"), count: 2000))
    #expect(throws: ArchiveError.tar(path: tree.path("f"), offset: 0, entry: nil, .notTar)) {
      try read(tree.path("f"))
    }
    #expect(throws: ArchiveError.system(.open, path: tree.path("f/"), number: ENOTDIR)) {
      try read(tree.path("f/"))
    }
    #expect(throws: ArchiveError.system(.open, path: tree.path("g"), number: ENOENT)) {
      try read(tree.path("g"))
    }
  }
}
