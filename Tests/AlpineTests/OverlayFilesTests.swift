// SPDX-License-Identifier: Apache-2.0
import Alpine
import Archive
import Entries
import Foundation
import TestSupport
import Testing

/// Gives entries with their bytes.
private struct Tree: EntryReader {
  private var files: [(Entry, [UInt8])]
  private var bytes: [UInt8] = []

  init(_ files: [(Entry, [UInt8])]) { self.files = files }

  mutating func next() throws(ArchiveError) -> Entry? {
    guard !files.isEmpty else { return nil }
    let (entry, bytes) = files.removeFirst()
    self.bytes = bytes
    return entry
  }

  private var given: [UInt8] = []

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    given = bytes
    bytes = []
    return given.span.bytes
  }
}

private func entry(
  _ path: String, _ kind: Entry.Kind, mode: UInt16 = 0o644, owner: Entry.Owner = .root
) throws -> Entry {
  Entry(
    try EntryPath(Array(path.utf8)), kind, mode: mode, owner: owner, modificationTime: Timestamp(seconds: 77))
}

private func file(
  _ path: String, _ text: String = "x", mode: UInt16 = 0o644, owner: Entry.Owner = .root
) throws -> (Entry, [UInt8]) {
  let bytes = Array(text.utf8)
  return (
    try entry(path, .regular(Entry.Content(size: UInt64(bytes.count))), mode: mode, owner: owner), bytes
  )
}

private func directory(
  _ path: String, mode: UInt16 = 0o755, owner: Entry.Owner = .root
) throws -> (Entry, [UInt8]) {
  (try entry(path, .directory, mode: mode, owner: owner), [])
}

private func overlay(_ files: [(Entry, [UInt8])], _ settings: SystemSettings = SystemSettings()) throws
  -> Overlay
{
  var collected = OverlayFiles()
  var tree = Tree(files)
  try collected.add(contentsOf: &tree)
  return Overlay(
    hostname: .default, dataPartitionUUID: "", release: nil, settings: settings, persistence: [],
    files: collected,
    time: Timestamp(seconds: 1_617_209_520))
}

private func recorded(_ overlay: Overlay) -> Recorder {
  var recorder = Recorder()
  overlay.write(to: &recorder)
  return recorder
}

@Suite struct OverlayFilesTests {
  private let list = EntryPath("etc/apk/protected_paths.d/lbu.list")

  @Test func `they keep owner and mode, take the place of ours, and have the overlay's time`() throws {
    let recorder = recorded(
      try overlay([
        try directory("srv", mode: 0o750, owner: .init(user: 7, group: 8)), try file("srv/a", mode: 0o4755),
        try file("etc/hosts", "mine\n", mode: 0o600),
        (try entry("usr/bin/vi", .symbolicLink(target: Array("/bin/busybox".utf8)), mode: 0o777), []),
        try file("opt/first", "same"), (try entry("opt/a", .hardLink(to: EntryPath("opt/first"))), []),
      ]))
    for line in [
      "d 750 7:8 srv", "f 4755 0:0 srv/a", "f 600 0:0 etc/hosts", "l 777 0:0 usr/bin/vi -> /bin/busybox",
      "d 755 0:0 opt", "f 644 0:0 opt/a",
    ] {
      #expect(recorder.listing.contains(line), "\(line)")
    }
    #expect(recorder.text(EntryPath("etc/hosts")) == "mine\n" && recorder.text(EntryPath("opt/a")) == "same")
    #expect(Set(recorder.files.map(\.entry.modificationTime)) == [Timestamp(seconds: 1_617_209_520)])
  }

  @Test func `what a commit would leave out is listed`() throws {
    let recorder = recorded(
      try overlay([
        try directory("usr"), try directory("usr/local"), try file("usr/local/x[1]"),
        try directory("opt/empty"),
        try directory("srv/data", mode: 0o700), try file("srv/data/a"), try file("home/ann/.profile"),
        try directory("root", mode: 0o700), try file("root/.profile"), try file("etc/motd"),
        try file("etc/init.d/mine", mode: 0o755),
        (try entry("etc/init.d/net.eth0", .symbolicLink(target: Array("net.lo".utf8)), mode: 0o777), []),
      ]))
    #expect(
      recorder.text(list)
        == "+home\n+root/.ssh\n+etc/init.d/mine\n+opt/empty\n+root/.profile\n+srv/data\n+srv/data/a\n"
        + "+usr/local/x\\[1]\n")
  }

  @Test func `a list of theirs is added to`() throws {
    let recorder = recorded(
      try overlay([try file("etc/apk/protected_paths.d/lbu.list", "+var/mine\n+home\n"), try file("opt/x")]))
    #expect(recorder.text(list) == "+var/mine\n+home\n+root/.ssh\n+opt/x\n")
  }

  @Test func `a home stays its user's`() throws {
    var settings = SystemSettings()
    settings.users = [.init(name: "ann")]
    let listing = recorded(
      try overlay(
        [try directory("home"), try directory("home/ann"), try file("home/ann/.profile")], settings)
    ).listing
    #expect(listing.contains("d 700 1000:1000 home/ann") && listing.contains("f 644 0:0 home/ann/.profile"))
  }

  @Test func `scripts for etc/local.d start the service that runs them`() throws {
    let services = try overlay([try file("etc/local.d/a.start", mode: 0o755)]).services.map(\.name)
    #expect(services.contains("local"))
    #expect(!(try overlay([]).services.map(\.name).contains("local")))
  }

  @Test func `holes are zeros`() throws {
    var entry = try entry("etc/sparse", .directory)
    entry.kind = .regular(Entry.Content(size: 6, dataRanges: [1..<2, 4..<6]))
    #expect(
      recorded(try overlay([(entry, [1, 2, 3])]))[EntryPath("etc/sparse")]?.bytes == [0, 1, 0, 0, 2, 3])
  }

  @Test(
    arguments: [
      (Entry.Kind.fifo, "etc/x", OverlayFileProblem.special),
      (.blockDevice(major: 1, minor: 1), "etc/x", .special),
      (.hardLink(to: EntryPath("etc/y")), "etc/x", .missingLinkTarget),
      (.regular(.init(size: 64 << 20 + 1)), "etc/x", .tooMuch),
      (.regular(.init(size: .max)), "etc/x", .tooMuch),
      (.regular(.init(size: 0)), "run/x", .hidden),
      (.regular(.init(size: 0)), "etc/a\nb", .unnameable),
    ] as [(Entry.Kind, String, OverlayFileProblem)])
  func `what an overlay can't hold is refused`(kind: Entry.Kind, path: String, problem: OverlayFileProblem)
    throws
  {
    var files = OverlayFiles()
    var tree = Tree([(try entry(path, kind), [])])
    let error = AlpineError.overlayFile(try EntryPath(Array(path.utf8)), problem)
    #expect(throws: CopyError<ArchiveError, AlpineError>.writing(error)) { try files.add(contentsOf: &tree) }
    #expect(files.isEmpty)
  }

  @Test(arguments: [("etc/hostname/x", "etc/hostname"), ("etc/apk/cache/x", "etc/apk/cache")])
  func `nothing can lie in what is no directory`(path: String, holder: String) throws {
    let overlay = try overlay([try file(path)])
    let paths = try [path, holder].map { try EntryPath(Array($0.utf8)) }
    #expect(throws: AlpineError.overlayFile(paths[1], .inTheWay(of: paths[0]))) { try overlay.archive() }
  }

  @Test func `a directory's files may all be root's`() throws {
    let directory = try TemporaryDirectory()
    try Data("hi\n".utf8).write(to: URL(fileURLWithPath: directory.path("motd")))
    var reader = try DirectoryReader(path: directory.path, owner: .root)
    var files = OverlayFiles()
    try files.add(contentsOf: &reader)
    #expect(files.paths == [EntryPath("motd")] && files.byteCount == 3)
  }
}
