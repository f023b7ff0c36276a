// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Devices

/// What libblkid finds on plain files that stand for cards.
@Suite struct DiskContentsTests {
  private let scratch: TemporaryDirectory
  private var path: String { scratch.path("card") }

  init() throws { scratch = try TemporaryDirectory() }

  private func makeFile(byteCount: Int) throws {
    try #require(FileManager.default.createFile(atPath: path, contents: nil))
    try #require(truncate(path, off_t(byteCount)) == 0)
  }

  private func partition(_ script: String) throws {
    let result = try ForeignTool("sfdisk").run("--wipe", "always", path, input: Data(script.utf8))
    try #require(result.status == 0, "\(result.errors)")
  }

  private func contents() throws -> DiskContents {
    try OpenDevice(try DeviceList().target(at: path)).contents()
  }

  @Test(.enabled(if: ForeignTool("sfdisk").isInstalled && ForeignTool("mkfs.fat").isInstalled))
  func `a card's table, and what is on its partitions`() throws {
    try makeFile(byteCount: 64 << 20)
    try partition("label: dos\n1MiB,16MiB,c,*\n17MiB,20MiB,83\n37MiB,1MiB,83\n")
    try ForeignTool("mkfs.fat").succeed(
      "-F", "16", "-n", "BOOT", "-i", "12345678", "--offset", "2048", path, "16384")
    try ForeignTool("mke2fs").succeed(
      "-q", "-F", "-t", "ext4", "-L", "my data", "-U", "0f3e2d1c-0000-4000-8000-000000000001", "-E",
      "offset=\(17 << 20)", path, "20M")
    let contents = try contents()
    #expect(contents.tableType == "dos")
    #expect(contents.signatures.isEmpty)
    #expect(!contents.isBlank)
    #expect(contents.partitions.map(\.number) == [1, 2, 3])
    #expect(contents.partitions[0].range == 1 << 20..<17 << 20)
    #expect(
      contents.partitions.map(\.signatures) == [
        [DiskContents.Signature(type: "vfat", label: "BOOT", uuid: "1234-5678")],
        [
          DiskContents.Signature(
            type: "ext4", label: "my data", uuid: "0f3e2d1c-0000-4000-8000-000000000001")
        ],
        [],
      ])
  }

  @Test(.enabled(if: ForeignTool("sfdisk").isInstalled))
  func `a GPT has names, and logical partitions count`() throws {
    try makeFile(byteCount: 64 << 20)
    try partition("label: gpt\nstart=1MiB,size=16MiB,name=\"back up\"\n")
    let gpt = try contents()
    #expect(gpt.tableType == "gpt")
    #expect(gpt.partitions.map(\.name) == ["back up"])
    try partition("label: dos\n1MiB,32MiB,5\n2MiB,4MiB,83\n")
    let dos = try contents()
    #expect(dos.tableType == "dos")
    #expect(dos.partitions.map(\.number) == [5])
  }

  @Test func `a file system without a table`() throws {
    try makeFile(byteCount: 8 << 20)
    try ForeignTool("mke2fs").succeed("-q", "-F", "-t", "ext2", "-L", "whole", path)
    let contents = try contents()
    #expect(contents.tableType == nil)
    #expect(contents.partitions.isEmpty)
    #expect(contents.signatures.map(\.type) == ["ext2"])
    #expect(contents.signatures.map(\.label) == ["whole"])
  }

  @Test func `nothing, and noise`() throws {
    try makeFile(byteCount: 8 << 20)
    #expect(try contents() == DiskContents(tableType: nil, signatures: [], partitions: []))
    #expect(try contents().isBlank)
    var generator = SeededGenerator()
    for byteCount in [1, 511, 512, 513, 4096, 100_000] {
      try Data(generator.bytes(byteCount)).write(to: URL(fileURLWithPath: path))
      _ = try contents()
    }
  }

  @Test func `a label can't play tricks on a terminal`() throws {
    try makeFile(byteCount: 8 << 20)
    try ForeignTool("mke2fs").succeed("-q", "-F", "-t", "ext4", "-L", "a\u{1B}[2Jb", path)
    #expect(try contents().signatures.map(\.label) == ["a?[2Jb"])
  }

  @Test(.enabled(if: ForeignTool("sfdisk").isInstalled))
  func `a partition beyond the end is told, and not looked into`() throws {
    try makeFile(byteCount: 64 << 20)
    try partition("label: dos\n1MiB,16MiB,c\n40MiB,20MiB,83\n")
    try #require(truncate(path, 8 << 20) == 0)
    let contents = try contents()
    #expect(contents.partitions.map(\.number) == [1, 2])
    #expect(contents.partitions.map(\.signatures) == [[], []])
  }

  @Test func `two claims on one range are both told`() throws {
    try makeFile(byteCount: 8 << 20)
    try ForeignTool("mkswap").succeed(path)
    let swap = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(4096)
    try ForeignTool("mke2fs").succeed("-q", "-F", "-t", "ext4", path)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seek(toOffset: 4086)
    try file.write(contentsOf: swap.suffix(10))
    try file.close()
    #expect(Set(try contents().signatures.map(\.type)).isSuperset(of: ["ext4"]))
  }
}
