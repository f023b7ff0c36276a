// SPDX-License-Identifier: Apache-2.0
import Entries
import Testing

@Suite struct EntryPathTests {
  @Test(arguments: [
    ("boot/a", "boot/a"), ("./boot//a", "boot/a"), ("boot/./a/.", "boot/a"), ("boot/", "boot"), ("a", "a"),
    ("", ""), (".", ""), ("./", ""), (".//./", ""), ("...", "..."), ("..a/.b", "..a/.b"), (" ", " "),
    ("a\\b", "a\\b"), ("ü/é", "ü/é"),
  ])
  func `a path has one form`(text: String, normal: String) throws {
    #expect(try EntryPath(Array(text.utf8)).bytes == Array(normal.utf8))
  }

  @Test(arguments: [
    ("/", EntryPathError.absolute), ("/boot", .absolute), ("//", .absolute), ("..", .leavesRoot),
    ("../a", .leavesRoot), ("a/..", .leavesRoot), ("a/../b", .leavesRoot), ("a\0", .containsNUL),
    ("a/\0/..", .containsNUL),
  ])
  func `a path that leads elsewhere is an error`(text: String, error: EntryPathError) {
    #expect(throws: error) { try EntryPath(Array(text.utf8)) }
  }

  @Test func `names may hold any bytes`() throws {
    let path = try EntryPath([0xFF, 0x2F, 0x0A])
    #expect(path.names == [[0xFF], [0x0A]])
    #expect(path != EntryPath("a"))
  }

  @Test func `a path has a name, a parent and names on the way`() {
    let path: EntryPath = EntryPath("etc/apk/world")
    #expect(path.name == Array("world".utf8)[...])
    #expect(path.parent == EntryPath("etc/apk"))
    #expect(path.names.map(Array.init) == ["etc", "apk", "world"].map { Array($0.utf8) })
    #expect(path.parent.parent.parent == .root)
    #expect(EntryPath("etc").parent == .root)
    #expect(!path.isRoot)
  }

  @Test func `the root is its own parent and has no name`() {
    #expect(EntryPath.root.isRoot)
    #expect(EntryPath.root.parent == .root)
    #expect(EntryPath.root.name.isEmpty)
    #expect(EntryPath.root.names.isEmpty)
    #expect(EntryPath("") == .root)
  }

  @Test func `paths are joined below one another`() {
    #expect(EntryPath("etc").appending(EntryPath("apk/world")) == EntryPath("etc/apk/world"))
    #expect(EntryPath.root.appending(EntryPath("etc")) == EntryPath("etc"))
    #expect(EntryPath("etc").appending(.root) == EntryPath("etc"))
  }

  @Test(arguments: [
    (Array("boot/a b.txt".utf8), "boot/a b.txt"),
    (Array("grüße/日本".utf8), "grüße/日本"),
    (Array(#"dev-sda\x2d1.mount"#.utf8), #"dev-sda\x2d1.mount"#),
    ([0x61, 0x0A, 0x62], #"a\x0ab"#),
    ([0x1B, 0x5B, 0x33, 0x31, 0x6D], #"\x1b[31m"#),
    ([0x61, 0xFF, 0x5C, 0x7F], #"a\xff\x5c\x7f"#),
    ([0xC3, 0xBC, 0x09], #"\xc3\xbc\x09"#),
    // U+202E, which turns what follows round.
    ([0x61, 0xE2, 0x80, 0xAE, 0x62], #"a\xe2\x80\xaeb"#),
    ([], "./"),
  ])
  func `a path is printed fit for a terminal`(bytes: [UInt8], text: String) throws {
    #expect(try EntryPath(bytes).description == text)
  }

  @Test(arguments: [
    (EntryPathError.absolute, #"begins with "/", and entries lie below the root of the volume"#),
    (.leavesRoot, #"has a ".." in it, which could lead out of the volume"#),
    (.containsNUL, "has a NUL in it, which no file system takes"),
  ])
  func `an error says what is wrong with the path`(error: EntryPathError, text: String) {
    #expect(error.description == text)
  }

  @Test func `what lies in a directory is told from what begins like it`() {
    let home = EntryPath("home/pi")
    for path in [EntryPath("home/pi"), EntryPath("home/pi/a"), EntryPath("home/pi/a/b")] {
      #expect(path.isEqualOrBelow(home))
      #expect(path.isEqualOrBelow(.root))
    }
    for path in [EntryPath("home"), EntryPath("home/pip"), EntryPath("pi"), .root] {
      #expect(!path.isEqualOrBelow(home))
    }
  }
}
