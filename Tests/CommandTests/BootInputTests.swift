// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

private let fsckFAT = ForeignTool("fsck.fat")
private let e2fsck = ForeignTool("e2fsck")
private let mcopy = ForeignTool("mcopy")
private let sfdisk = ForeignTool("sfdisk")
private let tar = ForeignTool("tar")

@Suite struct BootInputTests {
  private let scratch: TemporaryDirectory
  private let image: String

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
  }

  /// A directory of the scratch directory with these files.
  private func directory(_ name: String, _ files: [String: String]) throws -> String {
    for (path, text) in files {
      let url = scratch.url.appendingPathComponent("\(name)/\(path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return scratch.path(name)
  }

  private func build(_ arguments: String...) throws -> ForeignTool.Result {
    try cairn.run(
      ["build", "-o", image, "--size", "128MiB", "--boot-size", "48MiB", "--no-sync"] + arguments)
  }

  private func read(_ path: String) throws -> String {
    try mcopy.run("-n", "-i", "\(image)@@4M", "::\(path)", "-").text
  }

  @Test(.enabled(if: sfdisk.isInstalled && fsckFAT.isInstalled && mcopy.isInstalled))
  func `a directory without a release makes a card for another board`() throws {
    let files = try directory("board", ["MLO": "first stage", "boot/u-boot.img": "second stage"])
    let build = try build("--boot", files, "--no-data")
    #expect(build.status == 0, "\(build.errors)")
    #expect(build.text.contains("without an Alpine release"))
    let table = try sfdisk.run("--dump", image).text
    #expect(table.contains("type=c, bootable") && !table.contains("type=83"))
    try extract(4 << 20..<52 << 20, of: image, to: scratch.path("boot"))
    #expect(try fsckFAT.run("-n", scratch.path("boot")).status == 0)
    #expect(try read("boot/u-boot.img") == "second stage")
  }

  @Test(.enabled(if: mcopy.isInstalled && e2fsck.isInstalled && tar.isInstalled))
  func `tars and directories come behind the release`() throws {
    let first = try directory("first", ["extra.txt": "enable_uart=1\n"])
    let second = try directory("second", ["overlays/own.dtbo": "overlay"])
    let archive = scratch.path("second.tar.gz")
    #expect(try tar.run("-C", second, "-czf", archive, ".").status == 0)
    let release = try SampleCard.shared.get().release
    let build = try build("--release", release, "--boot", first, "--boot", archive)
    #expect(build.status == 0, "\(build.errors)")
    #expect(try read("extra.txt") == "enable_uart=1\n")
    #expect(try read("overlays/own.dtbo") == "overlay")
    try extract(52 << 20..<128 << 20, of: image, to: scratch.path("data"))
    #expect(try e2fsck.run("-fn", scratch.path("data")).status == 0)
  }

  @Test(.enabled(if: e2fsck.isInstalled))
  func `without a release the data partition is empty`() throws {
    let build = try build("--boot", try directory("board", ["MLO": "first stage"]))
    #expect(build.status == 0, "\(build.errors)")
    try extract(52 << 20..<128 << 20, of: image, to: scratch.path("data"))
    let verdict = try e2fsck.run("-fn", scratch.path("data"))
    #expect(verdict.status == 0)
    #expect(verdict.text.contains(": 11/"), "lost+found and the reserved inodes alone: \(verdict.text)")
  }

  @Test func `a file that comes twice is an error`() throws {
    let files = try directory("twice", ["config.txt": "mine"])
    let build = try build("--release", try SampleCard.shared.get().release, "--boot", files)
    #expect(build.status == 5)
    #expect(build.errors.contains("config.txt: is there twice"), "\(build.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  @Test func `an input that is not there is an error before anything is read`() throws {
    let build = try build(
      "--release", try SampleCard.shared.get().release, "--boot", scratch.path("missing"))
    #expect(build.status == 5)
    #expect(build.errors.contains("missing: cannot open: No such file or directory"), "\(build.errors)")
  }

  @Test func `nothing to put on a card is wrong usage`() throws {
    let build = try build()
    #expect(build.status == 2)
    #expect(build.errors.hasPrefix("cairn: Missing '--release <tar>' or '--boot <path>'"), "\(build.errors)")
  }
}
