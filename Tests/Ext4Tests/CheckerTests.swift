// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// Volumes on which there is nothing to find, and what can't be judged.
@Suite struct CheckerTests {
  static let mke2fs = ForeignTool("mke2fs")

  static func findings(_ target: any BlockTarget) throws(Ext4Error) -> (Checker.Summary, [Finding]) {
    var findings: [Finding] = []
    let summary = try Checker(target).check { findings.append($0) }
    return (summary, findings)
  }

  @Test(arguments: [
    (size: 16 << 20, nameCount: 0, directoryCount: 2), (size: 64 << 20, nameCount: 5000, directoryCount: 3),
    (size: 160 << 20, nameCount: 10, directoryCount: 3),
  ])
  func `our own volumes have no finding`(size: Int, nameCount: Int, directoryCount: Int) throws {
    let target = MemoryTarget(byteCount: size)
    try SampleVolume.fill(target, SampleVolume.format(size: UInt64(size)), Sample.names(nameCount))
    let (summary, findings) = try Self.findings(target)
    #expect(findings.map(\.description) == [])
    #expect(summary.isComplete && summary.errorCount == 0 && summary.warningCount == 0)
    #expect(summary.blockSize == 4096 && summary.blockCount == UInt64(size) / 4096)
    #expect(summary.fileCount == nameCount && summary.directoryCount == directoryCount)
  }

  @Test func `a volume with one of everything has no finding`() throws {
    let target = MemoryTarget(byteCount: 64 << 20)
    try SampleVolume.fill(target, SampleVolume.format(size: 64 << 20), Sample.everything)
    let (summary, findings) = try Self.findings(target)
    #expect(findings.map(\.description) == [])
    #expect(summary.isComplete && summary.fileCount > 40 && summary.directoryCount > 10)
  }

  @Test(
    .enabled(if: mke2fs.isInstalled),
    arguments: [
      "-t ext4", "-t ext4 -b 4096", "-t ext4 -b 2048 -I 512", "-t ext4 -b 1024 -g 1024", "-t ext4 -I 128",
      "-t ext4 -O ^metadata_csum", "-t ext4 -O ^metadata_csum,uninit_bg", "-t ext4 -O ^64bit",
      "-t ext4 -O meta_bg,^resize_inode", "-t ext4 -O sparse_super2", "-t ext4 -O ^flex_bg",
      "-t ext4 -O quota,project", "-t ext4 -O metadata_csum_seed", "-t ext4 -O mmp", "-t ext4 -O encrypt",
      "-t ext4 -O orphan_file", "-t ext4 -O ^has_journal", "-t ext4 -O ^dir_index", "-t ext4 -O large_dir",
      "-t ext4 -E packed_meta_blocks=1", "-t ext3", "-t ext3 -b 4096", "-t ext2", "-t ext2 -r 0",
    ])
  func `volumes of mke2fs have no finding`(options: String) throws {
    let volume = try Self.foreignVolume(options, fileCount: 300)
    let image = try ReadOnlyFile(path: volume.path)
    let (summary, findings) = try Self.findings(image)
    #expect(findings.map(\.description) == [])
    #expect(summary.isComplete && summary.fileCount == 303 && summary.directoryCount == 4)
  }

  /// With 300 names in one directory, a large file, a hole and a long symbolic link.
  static func foreignVolume(_ options: String, fileCount: Int) throws -> SampleVolume {
    let volume = try SampleVolume(contents: [])
    let tree = volume.directory.url.appendingPathComponent("tree")
    let names = tree.appendingPathComponent("names/below")
    try FileManager.default.createDirectory(at: names, withIntermediateDirectories: true)
    for number in 0..<fileCount {
      let name = "\(number)" + String(repeating: "-", count: number % 50)
      try Data("\(number)".utf8).write(to: names.appendingPathComponent(name))
    }
    try Data(Sample.content(3_000_000)).write(to: tree.appendingPathComponent("large"))
    try FileManager.default.createSymbolicLink(
      atPath: tree.path + "/short", withDestinationPath: "names")
    try FileManager.default.createSymbolicLink(
      atPath: tree.path + "/long", withDestinationPath: String(repeating: "n", count: 200))
    try FileManager.default.removeItem(atPath: volume.path)
    let arguments = options.split(separator: " ").map(String.init)
    let result = try mke2fs.run(["-q", "-F", "-d", tree.path] + arguments + [volume.path, "64M"])
    #expect(result.status == 0, "\(result.errors)")
    return volume
  }

  @Test(
    .enabled(if: mke2fs.isInstalled),
    arguments: [
      ("bigalloc", 0x200), ("inline_data", 0x8000), ("casefold", 0x2_0000), ("ea_inode", 0x400),
    ] as [(String, UInt64)])
  func `what can't be judged is said`(feature: String, bits: UInt64) throws {
    let volume = try Self.foreignVolume("-t ext4 -b 4096 -O \(feature)", fileCount: 1)
    let (summary, findings) = try Self.findings(try ReadOnlyFile(path: volume.path))
    #expect(findings.map(\.kind) == [.unsupportedFeature] && findings.first?.found == bits)
    #expect(!summary.isComplete && summary.warningCount == 1 && summary.errorCount == 0)
  }

  @Test(arguments: [0, 1, 1024, 1100, 2048, 4096, 1 << 20])
  func `what is no volume says so`(byteCount: Int) throws {
    let (summary, findings) = try Self.findings(MemoryTarget(byteCount: byteCount))
    #expect(findings.map(\.kind) == [.magic])
    #expect(!summary.isComplete && summary.errorCount == 1)
    #expect(
      findings[0].description == "byte 1080: s_magic is wrong, so this is no ext4 volume: 0, should be 61267")
  }

  @Test func `errors of the target come through`() throws {
    let target = MemoryTarget(byteCount: 16 << 20)
    try SampleVolume.fill(target, SampleVolume.format(size: 16 << 20), Sample.names(10))
    for number in 0..<12 {
      #expect(throws: Ext4Error.target(.cancelled)) {
        _ = try Self.findings(FailingSource(target, readCount: number))
      }
    }
  }

  /// Fails after so many reads.
  private final class FailingSource: BlockTarget {
    private let target: MemoryTarget
    private var readCount: Int

    init(_ target: MemoryTarget, readCount: Int) {
      self.target = target
      self.readCount = readCount
    }

    var size: UInt64 { target.size }
    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
      guard readCount > 0 else { throw .cancelled }
      readCount -= 1
      try target.read(into: &bytes, at: offset)
    }
    func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) { throw .cancelled }
    func zero(_ range: Range<UInt64>) throws(BlockError) { throw .cancelled }
    func flush() {}
  }
}
