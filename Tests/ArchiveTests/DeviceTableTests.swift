// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Testing

@Suite struct DeviceTableTests {
  private let time = Timestamp(seconds: 1_700_000_000)

  private func table(_ text: String) throws -> DeviceTableUse {
    DeviceTableUse(of: try DeviceTable(Array(text.utf8), path: "table"))
  }

  private func entry(_ path: StaticString, _ kind: Entry.Kind, mode: UInt16 = 0o644) -> Entry {
    Entry(
      EntryPath(path), kind, mode: mode, owner: .init(user: 501, group: 20), modificationTime: time)
  }

  private let file = Entry.Kind.regular(.init(size: 0))

  @Test func `entries get the owner and the mode of their line`() throws {
    var use = try table(
      """
      # who owns what
      home/pi          r  -1    1000  1000
      /etc/shadow      f  640   0     42
      etc\\040files/a\\134b  f 4755 1 2 - - - - -
      home/pi/private  d  700   1000  1000
      """)
    var shadow = entry("etc/shadow", file)
    var blank = entry("etc files/a\\b", file)
    var home = entry("home/pi", .directory, mode: 0o2750)
    var below = entry("home/pi/.profile", file)
    var link = entry("home/pi/link", .symbolicLink(target: [1]), mode: 0o777)
    var privateDirectory = entry("home/pi/private", .directory, mode: 0o755)
    var beside = entry("home/pip", file)
    try use.apply(to: &shadow)
    try use.apply(to: &blank)
    try use.apply(to: &home)
    try use.apply(to: &below)
    try use.apply(to: &link)
    try use.apply(to: &privateDirectory)
    try use.apply(to: &beside)
    #expect(shadow.owner == .init(user: 0, group: 42) && shadow.mode == 0o640)
    #expect(blank.owner == .init(user: 1, group: 2) && blank.mode == 0o4755)
    let pi = Entry.Owner(user: 1000, group: 1000)
    #expect(home.owner == pi && home.mode == 0o2750)
    #expect(below.owner == pi && below.mode == 0o644)
    #expect(link.owner == pi && link.mode == 0o777)
    #expect(privateDirectory.owner == pi && privateDirectory.mode == 0o700)
    #expect(beside.owner == .init(user: 501, group: 20))
    #expect(try use.additions(time: time) == [])
  }

  @Test func `what no entry is gets made`() throws {
    var use = try table(
      """
      dev         d 755 0 0
      dev/console c 600 0 5 5 1
      dev/hda     b 640 0 6 3 1 1 2 3
      run/queue   p -1  7 8
      dev/null    c 666 0 0 1 3
      """)
    var null = entry("dev/null", .characterDevice(major: 9, minor: 9))
    try use.apply(to: &null)
    #expect(null.kind == .characterDevice(major: 1, minor: 3) && null.mode == 0o666)
    let made = try use.additions(time: time)
    #expect(
      made.map(\.path)
        == ["dev", "dev/console", "dev/hda1", "dev/hda2", "dev/hda3", "run/queue"].map { EntryPath($0) })
    #expect(
      made.map(\.kind) == [
        .directory, .characterDevice(major: 5, minor: 1), .blockDevice(major: 3, minor: 1),
        .blockDevice(major: 3, minor: 3), .blockDevice(major: 3, minor: 5), .fifo,
      ])
    #expect(made.map(\.mode) == [0o755, 0o600, 0o640, 0o640, 0o640, 0o600])
    #expect(made.last?.owner == .init(user: 7, group: 8))
  }

  @Test(arguments: [
    ("a f 644 0", DeviceTableProblem.fieldCount(4)),
    ("a f 644 0 0 0 0 0 0 0 0", .fieldCount(11)),
    ("a x 644 0 0", .unknownType(Array("x".utf8))),
    ("a f 648 0 0", .malformedNumber(field: "mode")),
    ("a f 10000 0 0", .malformedNumber(field: "mode")),
    ("a f 644 root 0", .malformedNumber(field: "user")),
    ("a f 644 0 4294967296", .malformedNumber(field: "group")),
    ("a c 644 0 0 1 4294967295 0 4294967295 2", .malformedNumber(field: "minor")),
    ("a c 644 0 0 1 1 0 1 4000000000", .malformedNumber(field: "count")),
    ("a\\04 f 644 0 0", .escape),
    ("a\\999 f 644 0 0", .escape),
    ("../a f 644 0 0", .unsafePath(.leavesRoot)),
  ])
  func `a line that can't be is named`(line: String, problem: DeviceTableProblem) {
    #expect(throws: ArchiveError.deviceTable(path: "table", line: 2, problem)) {
      try table("# first\n\(line)\n")
    }
  }

  @Test func `what does not fit the entries is named`() throws {
    #expect(throws: ArchiveError.deviceTable(path: "table", line: 2, .duplicate(otherLine: 1))) {
      try table("a f 644 0 0\n/a d 755 0 0")
    }
    var use = try table("a f 644 0 0")
    var directory = entry("a", .directory)
    #expect(throws: ArchiveError.deviceTable(path: "table", line: 1, .otherType(EntryPath("a")))) {
      try use.apply(to: &directory)
    }
    var link = entry("a", .hardLink(to: EntryPath("b")))
    #expect(
      throws: ArchiveError.deviceTable(path: "table", line: 1, .hardLink(EntryPath("a"), to: EntryPath("b")))
    ) { try use.apply(to: &link) }
    #expect(throws: ArchiveError.deviceTable(path: "table", line: 1, .missing(EntryPath("a")))) {
      try use.additions(time: time)
    }
  }
}
