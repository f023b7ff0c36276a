// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

private let fsckFAT = ForeignTool("fsck.fat")
private let e2fsck = ForeignTool("e2fsck")
private let debugfs = ForeignTool("debugfs")
private let sfdisk = ForeignTool("sfdisk")
private let mcopy = ForeignTool("mcopy")
private let tar = ForeignTool("tar")

@Suite struct CardTests {
  private let scratch: TemporaryDirectory
  private let card: SampleCard

  init() throws {
    scratch = try TemporaryDirectory()
    card = try SampleCard.shared.get()
  }

  @Test(.enabled(if: fsckFAT.isInstalled))
  func `fsck.fat finds nothing in the boot partition`() throws {
    try extract(SampleCard.bootRange, of: card.image, to: scratch.path("boot"))
    let verdict = try fsckFAT.run("-n", scratch.path("boot"))
    #expect(verdict.status == 0)
    #expect(!verdict.text.contains("ifference"), "\(verdict.text)")
  }

  @Test(.enabled(if: e2fsck.isInstalled))
  func `e2fsck finds nothing in the data partition`() throws {
    try extract(SampleCard.dataRange, of: card.image, to: scratch.path("data"))
    let verdict = try e2fsck.run("-fn", scratch.path("data"))
    #expect(verdict.status == 0, "\(verdict.text)\(verdict.errors)")
  }

  @Test(.enabled(if: sfdisk.isInstalled))
  func `sfdisk finds nothing in the partition table`() throws {
    let verdict = try sfdisk.run("--verify", card.image)
    #expect(verdict.status == 0)
    #expect(verdict.text.contains("No errors detected"))
  }

  @Test(.enabled(if: mcopy.isInstalled && tar.isInstalled))
  func `mcopy gives back every file of the release with its name, its bytes and its time`() throws {
    let (expected, found) = (scratch.path("expected"), scratch.path("found"))
    for directory in [expected, found] {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    #expect(try tar.run("-xzf", card.release, "-C", expected).status == 0)
    #expect(try mcopy.run("-s", "-p", "-m", "-Q", "-n", "-i", "\(card.image)@@4M", "::", found).status == 0)
    let files = try tree(expected)
    #expect(files.count > 300)
    try FileManager.default.removeItem(atPath: found + "/WRITTEN-BY.txt")
    #expect(try tree(found) == files)
  }

  @Test(.enabled(if: debugfs.isInstalled && tar.isInstalled))
  func `the overlay in the data partition unpacks to what a Pi needs`() throws {
    try extract(SampleCard.dataRange, of: card.image, to: scratch.path("data"))
    let overlay = scratch.path("pi.apkovl.tar.gz")
    _ = try debugfs.run("-R", "dump /pi.apkovl.tar.gz \(overlay)", scratch.path("data"))
    let root = scratch.path("root")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    #expect(try tar.run("-xzf", overlay, "-C", root, "--no-same-owner").status == 0)
    #expect(try String(contentsOfFile: root + "/etc/hostname", encoding: .utf8) == "pi\n")
    #expect(
      try String(contentsOfFile: root + "/etc/lbu/lbu.conf", encoding: .utf8).contains(
        "LBU_MEDIA=\"mmcblk0p2\""))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: root + "/etc/apk/cache")
        == "/media/mmcblk0p2/cache")
    let fstab = try String(contentsOfFile: root + "/etc/fstab", encoding: .utf8)
    let uuid = try debugfs.run("-R", "show_super_stats -h", scratch.path("data")).text
      .split(separator: "\n").first { $0.hasPrefix("Filesystem UUID:") }?.split(separator: " ").last
    #expect(fstab.hasSuffix("/media/mmcblk0p2/var/lib/docker\t/var/lib/docker\tnone\tbind 0 0\n"))
    #expect(fstab.contains("UUID=\(try #require(uuid))\t/media/mmcblk0p2\text4\trw,relatime 0 0\n"))
    let listing = try tar.run("-tvzf", overlay, "--numeric-owner")
    let lines = listing.text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.contains(" 1980-01-01 00:00 ") })
    let others = lines.filter { !$0.contains(" 0/0 ") }
    #expect(
      others.count == 1 && others[0].hasPrefix("-rw-r----- 0/42 ") && others[0].hasSuffix(" etc/shadow"))
  }

  @Test func `the layout is printed as it is on the card`() {
    #expect(card.output.contains("card of 256 MiB from Alpine Linux"))
    #expect(card.output.contains("1  4 MiB   64 MiB     FAT32, active  ALPINE"))
    #expect(card.output.contains("2  68 MiB  188 MiB    ext4           DATA"))
    #expect(card.output.contains("cairn write \(card.image) /dev/sdX"))
  }

  @Test func `another directory, time zone and language make the same bytes`() throws {
    for environment in [
      ["TZ": "Pacific/Chatham", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"],
      ["TZ": "UTC", "LC_ALL": "C"],
    ] {
      let again = scratch.path("again.img")
      let release = scratch.path("copy.tar.gz")
      try? FileManager.default.copyItem(atPath: card.release, toPath: release)
      let build = try cairn.run(
        SampleCard.arguments(release: release, output: again), environment: environment)
      #expect(build.status == 0, "\(build.errors)")
      #expect(FileManager.default.contentsEqual(atPath: again, andPath: card.image))
    }
  }

  /// Path below `root` to bytes and modification time, cut to FAT's two seconds.
  private func tree(_ root: String) throws -> [String: FileFacts] {
    var files: [String: FileFacts] = [:]
    let enumerator = try #require(FileManager.default.enumerator(atPath: root))
    for case let path as String in enumerator {
      let attributes = try FileManager.default.attributesOfItem(atPath: root + "/" + path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
      let time = try #require(attributes[.modificationDate] as? Date)
      files[path] = FileFacts(
        bytes: try Data(contentsOf: URL(fileURLWithPath: root + "/" + path)),
        time: Int(time.timeIntervalSince1970) / 2 * 2)
    }
    return files
  }

  private struct FileFacts: Equatable {
    let bytes: Data
    let time: Int
  }
}
