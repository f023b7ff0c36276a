// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Cairn

private let judges = ["fsck.fat", "e2fsck", "sfdisk", "mcopy", "tar"].map { ForeignTool($0) }

/// What a writer of cards will do: a device full of random bytes gets the bytes that the ledger calls content, and
/// those alone.
@Suite(
  .enabled(if: LoopMount.isPossible, "needs root and loop devices"),
  .enabled(if: judges.allSatisfy(\.isInstalled), "needs dosfstools, e2fsprogs, fdisk, mtools and tar"))
struct LoopDeviceTests {
  private let scratch: TemporaryDirectory
  private let release: String
  /// As small as a card gets: FAT32 of 36 MiB, ext4 of 28 MiB.
  private let recipe = Recipe(
    size: ByteSize(byteCount: 68 << 20), bootSize: ByteSize(byteCount: 36 << 20))

  init() throws {
    scratch = try TemporaryDirectory()
    release = scratch.path("release.tar.gz")
    try SampleReleaseFile.write(SampleRelease(scale: .small), to: release)
  }

  @Test func `on a device of random bytes, what the ledger calls content makes the whole card`() throws {
    let card = CardImage(recipe: recipe, content: CardContent(release: release))
    let summary = try card.build(to: scratch.path("card.img"), isDurable: false)
    #expect(summary.content.byteCount < 24 << 20, "most of the card is free space and stays random")
    let device = try LoopDevice(randomFile(byteCount: Int(summary.plan.size)))
    try copy(summary.content, of: scratch.path("card.img"), to: device.path)
    try expectWhole(device, summary)
  }

  @Test func `a card that is built on a device of random bytes is whole`() throws {
    let size = try #require(recipe.size).byteCount
    let device = try LoopDevice(randomFile(byteCount: Int(size)))
    var builder = try CardBuilder(
      recipe, from: CardContent(release: release), for: Medium(byteCount: size, readsAsZero: false))
    let summary = try onDevice(device.path) { try builder.build(on: $0, isDurable: true) }
    try expectWhole(device, summary)
  }

  private func expectWhole(_ device: LoopDevice, _ summary: BuildSummary) throws {
    let boot = try #require(summary.plan.boot?.range)
    let data = try #require(summary.plan.data?.range)
    try expectClean(device.path, boot: boot, data: data)
    #expect(try CardCheck(checking: ReadOnlyFile(path: device.path)).parts.flatMap(\.findings) == [])
    let release = try releaseTree()
    #expect(release.count > 300)
    var found = try bootTree(device.path, boot)
    #expect(found.removeValue(forKey: "WRITTEN-BY.txt") != nil)
    #expect(found == release)
    let mount = try LoopMount(device.path, at: data.lowerBound)
    #expect(try tree(mount.path("")).filter { $0.key != "lost+found/" } == dataTree(summary))
  }

  /// A random block over and over, of a length that is prime: no two sectors are the same.
  private func randomFile(byteCount size: Int) throws -> String {
    var generator = SeededGenerator()
    let block = Data(generator.bytes(99_991))
    let path = scratch.path("device")
    var bytes = Data(capacity: size + block.count)
    while bytes.count < size { bytes.append(block) }
    try bytes.prefix(size).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Of the image, what was written and what was zeroed, and nothing else.
  private func copy(_ content: ExtentSet, of image: String, to device: String) throws {
    let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: image))
    let target = try FileHandle(forWritingTo: URL(fileURLWithPath: device))
    for range in content.ranges {
      try source.seek(toOffset: range.lowerBound)
      try target.seek(toOffset: range.lowerBound)
      try target.write(contentsOf: try #require(try source.read(upToCount: range.count)))
    }
    try target.synchronize()
    try target.close()
  }

  private func expectClean(_ device: String, boot: Range<UInt64>, data: Range<UInt64>) throws {
    let table = try ForeignTool("sfdisk").run("--verify", device)
    #expect(table.status == 0 && table.text.contains("No errors detected"), "\(table.text)\(table.errors)")
    try extract(boot, of: device, to: scratch.path("boot"))
    let fat = try ForeignTool("fsck.fat").run("-n", scratch.path("boot"))
    #expect(fat.status == 0 && !fat.text.contains("ifference"), "\(fat.text)")
    try extract(data, of: device, to: scratch.path("data"))
    let ext4 = try ForeignTool("e2fsck").run("-fn", scratch.path("data"))
    #expect(ext4.status == 0, "\(ext4.text)\(ext4.errors)")
  }
}

// What should be there, and what is.
extension LoopDeviceTests {
  private func bootTree(_ device: String, _ range: Range<UInt64>) throws -> [String: Data] {
    let copy = try directory("found")
    let result = try ForeignTool("mcopy").run(
      "-s", "-Q", "-n", "-i", "\(device)@@\(range.lowerBound)", "::", copy)
    #expect(result.status == 0, "\(result.errors)")
    return try tree(copy)
  }

  private func releaseTree() throws -> [String: Data] {
    try unpack(release, in: directory("release"))
  }

  /// What went into the data partition, by way of a tar.
  private func dataTree(_ summary: BuildSummary) throws -> [String: Data] {
    let sink = MemorySink()
    var tar = TarWriter(to: sink)
    let overlay = try #require(summary.plan.overlay(for: summary.release, files: OverlayFiles()))
    try DataPartition(overlay).write(to: &tar)
    try tar.finish()
    try Data(sink.bytes).write(to: URL(fileURLWithPath: scratch.path("data.tar")))
    return try unpack(scratch.path("data.tar"), in: directory("data.d"))
  }

  private func unpack(_ tar: String, in directory: String) throws -> [String: Data] {
    let result = try ForeignTool("tar").run("-xf", tar, "-C", directory)
    #expect(result.status == 0, "\(result.errors)")
    return try tree(directory)
  }

  private func directory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(
      atPath: scratch.path(name), withIntermediateDirectories: true)
    return scratch.path(name)
  }

  /// Path to bytes; a directory's are none, and its path ends with a slash.
  private func tree(_ root: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
      var isDirectory: ObjCBool = false
      #expect(FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory))
      files[isDirectory.boolValue ? path + "/" : path] =
        isDirectory.boolValue ? Data() : try Data(contentsOf: URL(fileURLWithPath: root + "/" + path))
    }
    return files
  }
}
