// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

@Suite struct CheckTests {
  private let scratch: TemporaryDirectory
  private let card: SampleCard

  init() throws {
    scratch = try TemporaryDirectory()
    card = try SampleCard.shared.get()
  }

  /// The card with `bytes` at an offset.
  private func damaged(_ bytes: [UInt8], at offset: UInt64) throws -> String {
    let path = scratch.path("damaged.img")
    try FileManager.default.copyItem(atPath: card.image, toPath: path)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data(bytes))
    try file.close()
    return path
  }

  @Test func `a card of ours is clean`() throws {
    let run = try cairn.run("check", card.image)
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    let lines = run.text.split(separator: "\n")
    #expect(lines[0] == "partition table, 512 bytes from byte 0: clean")
    #expect(lines[1] == "partition 1, FAT32, 64 MiB from byte 4194304: clean")
    #expect(lines[2] == "partition 2, ext4, 188 MiB from byte 71303168: clean")
    if ForeignTool("e2fsck").isInstalled { #expect(lines[3].hasPrefix("  e2fsck -fn (exit code 0): DATA: ")) }
  }

  @Test func `damage to a file system is found, and the exit code tells`() throws {
    // The media byte of the boot sector.
    let run = try cairn.run("check", try damaged([0xAA], at: (4 << 20) + 21))
    #expect(run.status == 7)
    #expect(run.text.contains("partition 1, FAT32, 64 MiB from byte 4194304: "))
    #expect(run.text.contains("  error: byte 21: BPB_Media is no medium: 170"))
  }

  @Test func `damage to ext4 is found`() throws {
    // A byte of the superblock's UUID, which its checksum covers.
    let run = try cairn.run("check", try damaged([0xAA, 0x55], at: (68 << 20) + 1024 + 0x68))
    #expect(run.status == 7)
    #expect(run.text.contains("partition 2, ext4, 188 MiB from byte 71303168: "))
    #expect(run.text.contains("  error: byte 2044: the superblock's checksum is wrong"), "\(run.text)")
  }

  @Test func `damage to the partition table is found`() throws {
    let run = try cairn.run("check", try damaged([0, 0, 0, 0], at: 446 + 12))
    #expect(run.status == 7)
    #expect(run.text.contains("  error: partition 1: has no sectors"))
  }

  @Test func `findings are there as JSON, with where they stand on the card`() throws {
    let run = try cairn.run("check", "--json", try damaged([0xAA], at: (4 << 20) + 21))
    #expect(run.status == 7)
    let report = try #require(try JSONSerialization.jsonObject(with: run.output) as? [String: Any])
    #expect(report["schema"] as? Int == 1)
    let parts = try #require(report["parts"] as? [[String: Any]])
    #expect(parts.compactMap { $0["kind"] as? String } == ["partition table", "FAT32", "ext4"])
    let findings = try #require(parts[1]["findings"] as? [[String: Any]])
    let media = try #require(findings.first { $0["kind"] as? String == "media" })
    #expect(media["severity"] as? String == "error")
    #expect(media["offset"] as? Int == (4 << 20) + 21)
  }

  @Test func `an image of one file system needs no table`() throws {
    try extract(SampleCard.bootRange, of: card.image, to: scratch.path("boot"))
    let run = try cairn.run("check", scratch.path("boot"))
    #expect(run.status == 0)
    #expect(run.text == "FAT32, 64 MiB from byte 0: clean\n")
  }

  @Test func `what can't be read is an error of its own`() throws {
    let run = try cairn.run("check", scratch.path("missing"))
    #expect(run.status == 5)
    #expect(run.errors.hasPrefix("cairn: "))
  }
}
