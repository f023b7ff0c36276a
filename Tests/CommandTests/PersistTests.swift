// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

private let debugfs = ForeignTool("debugfs")
private let e2fsck = ForeignTool("e2fsck")
private let sfdisk = ForeignTool("sfdisk")
private let tar = ForeignTool("tar")

/// What --persist makes of a card.
@Suite(.enabled(if: [debugfs, e2fsck, sfdisk, tar].allSatisfy(\.isInstalled)))
struct PersistTests {
  private let scratch: TemporaryDirectory
  private let image: String
  private let release: String

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
    release = try SampleCard.shared.get().release
  }

  private static let allStrategies = [
    "/var/lib/docker", "/var/log", "/srv/db:file,size=24MiB", "/opt/data:partition,size=20MiB",
  ]

  private func build(
    _ directories: [String], _ options: String..., output: String? = nil
  ) throws -> ForeignTool.Result {
    try build(directories, options, output: output)
  }

  private func build(
    _ directories: [String], _ options: [String], output: String? = nil
  ) throws -> ForeignTool.Result {
    try cairn.run(
      [
        "build", "--release", release, "-o", output ?? image, "--no-sync", "--boot-size", "36MiB",
        "--hostname", "pi",
      ] + directories.flatMap { ["--persist", $0] } + options)
  }

  /// Number, start and size of each partition, in bytes.
  private func partitions() throws -> [Range<UInt64>] {
    let dump = try sfdisk.run("--dump", image).text
    return dump.split(separator: "\n").filter { $0.contains("start=") }.map { line in
      func number(behind key: String) -> UInt64 {
        guard let range = line.firstRange(of: key) else { return 0 }
        return UInt64(line[range.upperBound...].drop { $0 == " " }.prefix { $0.isNumber }) ?? 0
      }
      let start = number(behind: "start=") * 512
      return start..<start + number(behind: "size=") * 512
    }
  }

  private func expectClean(_ volume: String) throws {
    let verdict = try e2fsck.run("-fn", volume)
    #expect(verdict.status == 0, "\(volume): \(verdict.text)\(verdict.errors)")
  }

  private func fstab(_ data: String) throws -> [String] {
    _ = try debugfs.run("-R", "dump /pi.apkovl.tar.gz \(scratch.path("overlay"))", data)
    return try tar.run("-xOzf", scratch.path("overlay"), "etc/fstab").text.split(separator: "\n").map(
      String.init)
  }

  @Test func `a card with all four strategies is clean, all the way down`() throws {
    let build = try build(Self.allStrategies, "--size", "256MiB")
    #expect(build.status == 0 && build.errors == "", "\(build.errors)")
    for line in [
      "  3  236 MiB  20 MiB     ext4           data    /opt/data",
      "  /var/lib/docker  bind       var/lib/docker/ on partition 2",
      "  /var/log         overlay    overlay/var/log/ on partition 2",
      "  /srv/db          file       images/srv/db.img on partition 2, 24 MiB of it",
      "  /opt/data        partition  partition 3, 20 MiB",
    ] { #expect(build.text.contains(line + "\n"), "\(line)\n\(build.text)") }
    let partitions = try partitions()
    #expect(partitions.map { $0.lowerBound >> 20..<$0.upperBound >> 20 } == [4..<40, 40..<236, 236..<256])
    #expect(try sfdisk.run("--verify", image).status == 0)
    #expect(try sfdisk.run("--dump", image).text.split(separator: "\n").last?.contains("type=83") == true)
    let data = "\(image)?offset=\(partitions[1].lowerBound)"
    try expectClean(data)
    try expectClean("\(image)?offset=\(partitions[2].lowerBound)")
    _ = try debugfs.run("-R", "dump /images/srv/db.img \(scratch.path("inner"))", data)
    try expectClean(scratch.path("inner"))
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path("inner"))
    #expect(attributes[.size] as? Int == 24 << 20)
    let check = try cairn.run("check", image)
    #expect(check.status == 0 && check.text.contains("partition 3, ext4, 20 MiB"), "\(check.text)")
    let uuid = try debugfs.run("-R", "show_super_stats -h", "\(image)?offset=\(partitions[2].lowerBound)")
      .text.split(separator: "\n").first { $0.hasPrefix("Filesystem UUID:") }?.split(separator: " ").last
    #expect(try fstab(data).last == "UUID=\(try #require(uuid))\t/opt/data\text4\trw,relatime 0 0")
  }

  @Test func `the same recipe makes the same bytes`() throws {
    let again = scratch.path("again.img")
    #expect(try build(Self.allStrategies, "--size", "256MiB").status == 0)
    #expect(try build(Self.allStrategies, "--size", "256MiB", output: again).status == 0)
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: again))
  }

  @Test func `the smallest data partition holds the files of its directories, too`() throws {
    let build = try build(Self.allStrategies, "--data-size", "min")
    #expect(build.status == 0, "\(build.errors)")
    let partitions = try partitions()
    let size = partitions[1].upperBound - partitions[1].lowerBound
    #expect((24 << 20...40 << 20).contains(size), "\(size)")
    try expectClean("\(image)?offset=\(partitions[1].lowerBound)")
    try expectClean("\(image)?offset=\(partitions[2].lowerBound)")
    let header = try ForeignTool("dumpe2fs").run("-h", "\(image)?offset=\(partitions[1].lowerBound)").text
    #expect(header.contains("Free blocks:              0\n"), "\(header)")
    let one = try self.build(Self.allStrategies, "--data-size", "\(size - 4096)")
    #expect(one.status == 6 && one.errors.contains("the content does not fit"), "\(one.errors)")
  }

  @Test func `a file that the data partition has no room for is found out before anything is written`() throws
  {
    let build = try build(
      ["/srv:file,size=1GiB", "/opt:partition"], "--size", "256MiB", output: "/proc/card.img")
    #expect(build.status == 6)
    #expect(build.errors.contains("the content does not fit into 108 MiB"), "\(build.errors)")
    let words = build.errors.split(separator: " ")
    let size = try #require(words.lastIndex(of: "of").map { "\(words[$0 + 1])\(words[$0 + 2])" })
    let larger = try self.build(["/srv:file,size=1GiB", "/opt:partition"], "--size", size)
    #expect(larger.status == 0, "\(size): \(larger.errors)")
  }

  @Test func `options of the data partition count for the others as well`() throws {
    let build = try build(Self.allStrategies, "--size", "256MiB", "--features", "old-kernels", "--no-journal")
    #expect(build.status == 0, "\(build.errors)")
    let partitions = try partitions()
    let header = try ForeignTool("dumpe2fs").run("-h", "\(image)?offset=\(partitions[2].lowerBound)").text
    #expect(!header.contains("has_journal") && !header.contains("metadata_csum"))
    try expectClean("\(image)?offset=\(partitions[2].lowerBound)")
  }

  @Test(arguments: [
    ("/var/lib/docker:overlay", "Docker's overlay2 can't stand on an overlay"),
    ("/var:bind", "cron's tabs"), ("/var", "cron's tabs"), ("/home:bind", "authorized keys"),
  ])
  func `what its owner may not want is warned of, and done`(directory: String, reason: String) throws {
    let build = try build([directory], "--size", "64MiB")
    #expect(build.status == 0)
    #expect(build.errors.hasPrefix("cairn: warning: persistent directory /"), "\(build.errors)")
    #expect(build.errors.contains(reason), "\(build.errors)")
    #expect(try cairn.run("check", image).status == 0)
  }

  @Test func `none leaves nothing persistent but lbu's settings and the cache`() throws {
    let build = try build(["none"], "--size", "64MiB")
    #expect(build.status == 0 && !build.text.contains("Kept over a reboot"))
    #expect(try fstab("\(image)?offset=\(40 << 20)").count == 3)
  }

  @Test func `JSON tells the directories, their places and the warnings`() throws {
    struct Report: Decodable {
      struct Plan: Decodable {
        struct Partition: Decodable { let number: Int, identifier: String }
        struct Directory: Decodable {
          let path, strategy: String
          let dataPath: String?, partition: Int?, size: UInt64?, identifier: String?
        }
        let partitions: [Partition], persistence: [Directory], warnings: [String]
      }
      let plan: Plan
    }
    let build = try build(Self.allStrategies + ["/home:bind"], "--size", "256MiB", "--json")
    let plan = try JSONDecoder().decode(Report.self, from: build.output).plan
    #expect(plan.persistence.map(\.strategy) == ["bind", "overlay", "file", "partition", "bind"])
    #expect(
      plan.persistence.map(\.dataPath) == [
        "var/lib/docker", "overlay/var/log", "images/srv/db.img", nil, "home",
      ])
    #expect(plan.persistence.map(\.size) == [nil, nil, 24 << 20, 20 << 20, nil])
    #expect(plan.persistence[3].partition == 3)
    #expect(plan.partitions.map(\.number) == [1, 2, 3])
    #expect(plan.partitions[2].identifier == plan.persistence[3].identifier)
    #expect(plan.warnings.count == 1)
  }

  @Test(arguments: [
    (["--persist", "var"], "var: name the directory by its absolute path", 2),
    (["--persist", "/srv:zram"], "zram: no strategy; take overlay, bind, file or partition", 2),
    (["--persist", "none", "--persist", "/srv"], "exclude each other", 2),
    (["--persist", "/srv", "--no-data"], "'--no-data' leaves no place for '--persist'", 2),
    (["--persist", "/srv", "--persist", "/srv/x"], "/srv/x: lies in /srv", 3),
    (["--persist", "/a:partition", "--persist", "/b:partition", "--persist", "/c:partition"], "an MBR", 3),
    (["--persist", "/a:partition,size=3TiB"], "more than an MBR can address", 3),
    (["--persist", "/a:file,size=1MiB"], "give it 8 MiB or more", 3),
  ])
  func `what can't be is refused with the reason`(arguments: [String], reason: String, status: Int32) throws {
    let run = try cairn.run(["build", "--release", release, "-o", image] + arguments)
    #expect(run.status == status)
    #expect(run.errors.contains(reason), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  @Test func `what the data brings for a directory is kept`() throws {
    let tree = scratch.path("tree/overlay/var/log/upper")
    try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
    try Data("old\n".utf8).write(to: URL(fileURLWithPath: tree + "/messages"))
    try FileManager.default.createDirectory(
      atPath: scratch.path("tree/images/srv"), withIntermediateDirectories: true)
    let volume = scratch.path("tree/images/srv/db.img")
    #expect(try ForeignTool("mke2fs").run("-q", "-t", "ext4", volume, "10M").status == 0)
    let options = ["--data", scratch.path("tree"), "--size", "256MiB"]
    let build = try build(Self.allStrategies, options)
    #expect(build.status == 0, "\(build.errors)")
    let data = "\(image)?offset=\(40 << 20)"
    #expect(try debugfs.run("-R", "cat /overlay/var/log/upper/messages", data).text == "old\n")
    _ = try debugfs.run("-R", "dump /images/srv/db.img \(scratch.path("inner"))", data)
    #expect(FileManager.default.contentsEqual(atPath: scratch.path("inner"), andPath: volume))
    try FileManager.default.removeItem(atPath: volume)
    try FileManager.default.createDirectory(atPath: volume, withIntermediateDirectories: true)
    let refused = try self.build(Self.allStrategies, options)
    #expect(refused.status == 5 && refused.errors.contains("images/srv/db.img"), "\(refused.errors)")
  }

  @Test func `without a release there is no system that could remember`() throws {
    let run = try cairn.run("build", "--no-boot", "--data", scratch.path, "--persist", "/srv", "-n")
    #expect(run.status == 2 && run.errors.contains("'--persist' is for an Alpine system"))
  }
}
