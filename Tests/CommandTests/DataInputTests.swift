// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

private let debugfs = ForeignTool("debugfs")
private let e2fsck = ForeignTool("e2fsck")
private let sfdisk = ForeignTool("sfdisk")
private let tar = ForeignTool("tar")

/// What --data and what goes with it bring to the ext4 partition.
@Suite(.enabled(if: debugfs.isInstalled && e2fsck.isInstalled && tar.isInstalled))
struct DataInputTests {
  private let scratch: TemporaryDirectory
  private let image: String

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
    try Data("content\n".utf8).write(to: try directory("tree/below").appendingPathComponent("file"))
  }

  private func directory(_ name: String) throws -> URL {
    let url = scratch.url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  private var tree: String { scratch.path("tree") }

  /// A tar of the tree with owners that an ordinary user can't give.
  private func archive() throws -> String {
    let path = scratch.path("tree.tar.gz")
    let arguments = ["-C", tree, "-czf", path, "--owner=70000", "--group=70001", "--mode=u=rwx,go=", "."]
    #expect(try tar.run(arguments).status == 0)
    return path
  }

  private func build(_ arguments: String...) throws -> ForeignTool.Result {
    try cairn.run(["build", "-o", image, "--no-boot", "--size", "36MiB", "--no-sync"] + arguments)
  }

  /// "User:Group:Mode" of a path, as debugfs has it; nil where there is none.
  private func attributes(_ path: String) throws -> String? {
    let text = try debugfs.run("-R", "stat \"/\(path)\"", "\(image)?offset=4194304").text
    func field(_ name: String) -> String? {
      text.firstRange(of: "\(name):").map { range in
        String(text[range.upperBound...].drop { $0 == " " }.prefix { !$0.isWhitespace })
      }
    }
    guard let user = field("User"), let group = field("Group"), let mode = field("Mode") else { return nil }
    return "\(user):\(group):\(mode)"
  }

  private func expectClean() throws {
    let verdict = try e2fsck.run("-fn", "\(image)?offset=4194304")
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  @Test(.enabled(if: sfdisk.isInstalled)) func `a card of the ext4 partition alone holds what a tar has`()
    throws
  {
    let build = try build("--data", try archive())
    #expect(build.status == 0, "\(build.errors)")
    let table = try sfdisk.run("--dump", image).text
    #expect(table.contains("start=        8192") && table.contains("type=83") && !table.contains("bootable"))
    #expect(try attributes("below/file") == "70000:70001:0700")
    #expect(try attributes("") == "70000:70001:0700", "the archive's ./ is the root's")
    #expect(try debugfs.run("-R", "cat /below/file", "\(image)?offset=4194304").text == "content\n")
    try expectClean()
    #expect(try cairn.run("check", image).status == 0)
  }

  @Test func `inputs go where they are sent, and their ./ is that directory`() throws {
    let archive = try archive()
    let build = try build(
      "--data", "a/b=\(archive)", "--data", "/c=\(tree)", "--owner", "1000:root")
    #expect(build.status == 0, "\(build.errors)")
    #expect(try attributes("a") == "0:0:0755")
    #expect(try attributes("a/b") == "70000:70001:0700")
    #expect(try attributes("c/below/file")?.hasPrefix("1000:0:") == true)
    #expect(try attributes("c")?.hasPrefix("1000:0:") == true)
    try expectClean()
  }

  @Test func `an archive without ./ makes its target directory with root's attributes`() throws {
    let empty = scratch.path("empty.tar")
    #expect(try tar.run("-cf", empty, "-T", "/dev/null").status == 0)
    let build = try build("--data", "x/y=\(empty)", "--data", tree)
    #expect(build.status == 0, "\(build.errors)")
    #expect(try attributes("x/y") == "0:0:0755")
    try expectClean()
  }

  @Test func `a device table has the last word on owners, and makes devices`() throws {
    let table = scratch.path("table")
    try Data("below/file f 4711 5 6\nbelow r -1 7 8\ndev/console c 600 0 5 5 1\n".utf8)
      .write(to: URL(fileURLWithPath: table))
    let build = try build("--data", tree, "--device-table", table)
    #expect(build.status == 0, "\(build.errors)")
    #expect(try attributes("below/file") == "7:8:04711")
    #expect(try attributes("dev/console") == "0:5:0600")
    try expectClean()
    try Data("a f 644 0 0\n".utf8).write(to: URL(fileURLWithPath: table))
    let failed = try self.build("--data", tree, "--device-table", table)
    #expect(failed.status == 5)
    #expect(failed.errors.contains("table: line 1: a: no input has it"), "\(failed.errors)")
  }

  @Test func `hard links are one inode across inputs' own trees`() throws {
    try FileManager.default.linkItem(atPath: "\(tree)/below/file", toPath: "\(tree)/second name")
    let build = try build("--data", "t=\(tree)")
    #expect(build.status == 0, "\(build.errors)")
    let first = try debugfs.run("-R", "stat /t/below/file", "\(image)?offset=4194304").text
    let second = try debugfs.run("-R", "stat \"/t/second name\"", "\(image)?offset=4194304").text
    #expect(first.contains("Links: 2") && first == second)
    try expectClean()
  }

  @Test func `an apkovl that the data brings is taken instead of Cairn's`() throws {
    try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(tree)/own.apkovl.tar.gz"))
    let build = try cairn.run(
      "build", "-o", image, "--size", "128MiB", "--boot-size", "48MiB", "--no-sync", "--release",
      try SampleCard.shared.get().release, "--data", tree, "--hostname", "pi")
    #expect(build.status == 0, "\(build.errors)")
    #expect(build.text.contains("settings in own.apkovl.tar.gz"), "\(build.text)")
    let names = try debugfs.run("-R", "ls -p /", "\(image)?offset=54525952").text
    #expect(names.contains("/own.apkovl.tar.gz/") && !names.contains("/pi.apkovl.tar.gz/"))
    #expect(names.contains("/cache/") && names.contains("/below/"))
  }

  @Test func `what stands where the system wants a directory or its settings is refused`() throws {
    try Data().write(to: URL(fileURLWithPath: "\(tree)/cache"))
    _ = try directory("tree/pi.apkovl.tar.gz")
    let build = try cairn.run(
      "build", "-o", image, "--size", "128MiB", "--boot-size", "48MiB", "--no-sync", "--release",
      try SampleCard.shared.get().release, "--data", tree, "--hostname", "pi")
    #expect(build.status == 5)
    #expect(build.errors.split(separator: "\n").count == 3, "\(build.errors)")
    for path in ["cache", "pi.apkovl.tar.gz"] {
      #expect(build.errors.contains("  \(path): an earlier entry has the same path"), "\(build.errors)")
    }
  }

  @Test func `content that doesn't fit is said with the size that would do`() throws {
    let large = try directory("large").appendingPathComponent("file")
    try Data(repeating: 1, count: 40 << 20).write(to: large)
    let build = try build("--data", scratch.path("large"))
    #expect(build.status == 6)
    #expect(build.errors.contains("the content does not fit into 32 MiB; it takes"), "\(build.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
    let words = build.errors.split(separator: " ")
    let size = try #require(words.lastIndex(of: "of").map { "\(words[$0 + 1])\(words[$0 + 2])" })
    #expect(try self.build("--data", scratch.path("large"), "--size", size).status == 0, "\(size)")
  }

  @Test(arguments: [
    (["--no-boot"], "Missing '--data <path>'"),
    (["--data", "x"], "Missing '--release <tar>' or '--boot <path>'; '--no-boot' makes no boot partition"),
    (["--no-boot", "--no-data"], "'--no-boot' and '--no-data' leave nothing to make"),
    (
      ["--no-boot", "--data", "x", "--boot", "y"],
      "'--no-boot' makes no partition for '--release' and '--boot'"
    ),
    (["--no-data", "--boot", "x", "--data", "y"], "'--no-data' makes no partition for '--data'"),
    (["--no-data", "--boot", "x", "--data-size", "1G"], "'--no-data' makes no partition for the options"),
    (["--no-data", "--boot", "x", "--owner", "1:1"], "'--no-data' makes no partition for '--data', '--dev"),
    (
      ["--no-boot", "--data", "../x=y"],
      "The value '../x=y' is invalid for '--data <[target=]path>': the target has a \"..\" in it"
    ),
    (
      ["--no-boot", "--data", "x", "--owner", "pi"],
      "The value 'pi' is invalid for '--owner <user:group>': give two numbers"
    ),
    (["--no-boot", "--data", "-"], "'--data' takes a path; standard input is /dev/stdin"),
    (["--no-boot", "--data", "a="], "'--data' takes a path, and it is empty"),
    (["--boot", "", "--no-data"], "'--boot' takes a path, and it is empty"),
    (["--boot", "x", "-o", "-"], "'--output' takes a path"),
    (["--boot", "x", "-o", ""], "'--output' takes a path, and it is empty"),
  ])
  func `contradictions are wrong usage`(arguments: [String], message: String) throws {
    let run = try cairn.run(["build", "-o", image] + arguments)
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("cairn: \(message)"), "\(run.errors)")
    #expect(run.errors.hasSuffix("\nRun `cairn build --help` for what it takes.\n"), "\(run.errors)")
  }

  @Test func `options of the file system are in its superblock`() throws {
    let build = try build(
      "--data", tree, "--no-journal", "--reserved", "0.5", "--inodes", "2000", "--errors", "remount-ro",
      "--mount-options", "discard,^acl", "--features", "old-kernels,^resize_inode", "--data-label", "own",
      "--data-uuid", "01234567-89ab-cdef-0123-456789abcdef")
    #expect(build.status == 0, "\(build.errors)")
    let header = try ForeignTool("dumpe2fs").run("-h", "\(image)?offset=4194304").text
    for line in [
      "Filesystem volume name:   own", "Filesystem UUID:          01234567-89ab-cdef-0123-456789abcdef",
      "Errors behavior:          Remount read-only", "Default mount options:    user_xattr discard",
      "Reserved block count:     40", "Inode count:              2000",
    ] { #expect(header.contains(line + "\n"), "\(line)") }
    let features = try #require(header.split(separator: "\n").first { $0.hasPrefix("Filesystem features:") })
    for feature in ["has_journal", "metadata_csum", "64bit", "resize_inode"] {
      #expect(!features.contains(feature), "\(features)")
    }
    try expectClean()
    #expect(try cairn.run("check", image).status == 0)
  }

  @Test func `a data partition of a given size makes the card that holds it`() throws {
    let build = try cairn.run(
      "build", "-o", image, "--no-boot", "--no-sync", "--data", tree, "--data-size", "10MiB")
    #expect(build.status == 0, "\(build.errors)")
    let size = try FileManager.default.attributesOfItem(atPath: image)[.size] as? Int
    #expect(size == 14 << 20)
    try expectClean()
  }

  @Test(arguments: [
    (["--features", "^extent"], "files are mapped by extents alone", 2),
    (["--features", "nonsense"], "no such feature", 2),
    (["--mount-options", "nonsense"], "nonsense", 2),
    (["--journal-size", "1MiB"], "'--journal-size' takes 4MiB", 2),
    (["--journal-size", "8MiB", "--no-journal"], "exclude each other", 2),
    (["--data-size", "minimal"], "give a size", 2),
    (["--data-label", "more than sixteen bytes"], "at most 16 bytes", 2),
    (["--data-uuid", "1234"], "8-4-4-4-12", 2),
    (["--reserved", "60"], "0 to 50 %", 3),
    (["--inode-ratio", "100"], "1024 to 67108864", 3),
    (["--data-size", "3TiB"], "an MBR can address", 3),
    (["--data-size", "40MiB"], "has no room for a data partition of 40 MiB", 3),
    (["--journal-size", "20MiB"], "a journal of 20 MiB takes more than half of what is free in 32 MiB", 3),
    (["--data-size", "1MiB"], "1 MiB are too few for ext4's own structures; make it 8 MiB or more", 3),
    (["--inodes", "9000"], "9000 inodes, and one of 32 MiB takes 16 to 8192", 3),
  ])
  func `options that can't be are refused with the reason`(
    arguments: [String], reason: String, status: Int32
  ) throws {
    let run = try cairn.run(
      ["build", "-o", image, "--no-boot", "--data", tree, "--size", "36MiB"] + arguments)
    #expect(run.status == status)
    #expect(run.errors.contains(reason), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  private func size(of path: String) throws -> UInt64 {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64)
  }

  @Test func `the smallest data partition holds its content and no more`() throws {
    try Data(repeating: 1, count: 20 << 20).write(to: URL(fileURLWithPath: "\(tree)/large"))
    func build(_ dataSize: String) throws -> UInt64 {
      let run = try cairn.run(
        "build", "-o", image, "--no-boot", "--no-sync", "--data", tree, "--data-size", dataSize)
      #expect(run.status == 0, "\(run.errors)")
      try expectClean()
      return try size(of: image) - 4 << 20
    }
    let smallest = try build("min")
    #expect(smallest > 20 << 20 && smallest < 28 << 20)
    let header = try ForeignTool("dumpe2fs").run("-h", "\(image)?offset=4194304").text
    #expect(header.contains("Free blocks:              0\n"))
    #expect(try build("min+5MiB") > smallest + 5 << 20)
    let tooSmall = try cairn.run(
      "build", "-o", image, "--no-boot", "--data", tree, "--data-size", "\(smallest - 4096)")
    #expect(tooSmall.status == 6)
  }

  @Test func `the smallest data partition has the inodes that are asked for`() throws {
    let run = try cairn.run(
      "build", "-o", image, "--no-boot", "--no-sync", "--data", tree, "--data-size", "min", "--inodes", "5000"
    )
    #expect(run.status == 0, "\(run.errors)")
    let header = try ForeignTool("dumpe2fs").run("-h", "\(image)?offset=4194304").text
    #expect(header.contains("Inode count:              5008\n"), "\(header)")
    try expectClean()
  }

  @Test(arguments: [[], ["--data-size", "min"]]) func `without a journal a card may be as small as 5 MiB`(
    arguments: [String]
  ) throws {
    let options = ["--no-boot", "--no-sync", "--no-journal", "--size", "5MiB", "--data", tree]
    let run = try cairn.run(["build", "-o", image] + options + arguments)
    #expect(run.status == 0, "\(run.errors)")
    try expectClean()
    #expect(try cairn.run("check", image).status == 0)
  }

  @Test func `entries that ext4 can't hold are listed once, a line each`() throws {
    let run = try cairn.run(
      "build", "-o", image, "--no-boot", "--data", try archive(), "--data", try archive())
    #expect(run.status == 5)
    #expect(
      run.errors
        == "cairn: data partition: below/file: an earlier entry has the same path; leave one of them out\n")
    try Data().write(to: URL(fileURLWithPath: "\(tree)/second"))
    let listed = try cairn.run("build", "-o", image, "--no-boot", "--data", tree, "--data", tree)
    #expect(listed.errors.split(separator: "\n").count == 3, "\(listed.errors)")
    #expect(listed.errors.hasPrefix("cairn: data partition: ext4 volume: 2 entries can't be on it;"))
  }

  @Test func `with a release, the smallest data partition holds the overlay, too`() throws {
    let run = try cairn.run(
      "build", "-o", image, "--boot-size", "48MiB", "--no-sync", "--data", tree, "--data-size", "min",
      "--release",
      try SampleCard.shared.get().release)
    #expect(run.status == 0, "\(run.errors)")
    let start: UInt64 = 52 << 20
    #expect(try size(of: image) < start + 12 << 20)
    #expect(try e2fsck.run("-fn", "\(image)?offset=\(start)").status == 0)
  }

  @Test func `what can't be read twice has no smallest size`() throws {
    let pipe = scratch.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let writer = try tar.start(["-C", tree, "-cf", pipe, "."])
    defer { writer.terminate() }
    let run = try cairn.run("build", "-o", image, "--no-boot", "--data", pipe, "--data-size", "min")
    #expect(run.status == 2)
    #expect(run.errors.contains("pipe: is read twice where"), "\(run.errors)")
  }

  @Test func `a tar that is too large is found out before anything is written`() throws {
    try Data(repeating: 1, count: 40 << 20).write(to: URL(fileURLWithPath: "\(tree)/large"))
    let archive = scratch.path("large.tar")
    #expect(try tar.run("-C", tree, "-cf", archive, ".").status == 0)
    // Nothing can be written here, and that is not the complaint.
    let run = try cairn.run(
      "build", "-o", "/proc/card.img", "--no-boot", "--data", archive, "--size", "36MiB")
    #expect(run.status == 6)
    #expect(run.errors.contains("the content does not fit into 32 MiB; it takes"), "\(run.errors)")
  }
}
