// SPDX-License-Identifier: Apache-2.0
import Blocks
import Foundation
import PartitionTable
import TestSupport
import Testing

private let sfdisk = ForeignTool("sfdisk")

@Suite struct MasterBootRecordTests {
  /// 256 MiB of FAT32 from 4 MiB on, then ext4 to the end of a 2 GiB card.
  private let card = MasterBootRecord(
    diskSignature: 0x4341_524E,
    partitions: [
      .init(number: 1, firstLBA: 8192, sectorCount: 524_288, type: .fat32LBA, isActive: true),
      .init(number: 2, firstLBA: 532_480, sectorCount: 3_661_824, type: .linux),
    ])
  private let cardSize: UInt64 = 2 << 30

  @Test(arguments: [
    (field: "disk signature", offset: 440, bytes: [0x4E, 0x52, 0x41, 0x43] as [UInt8]),
    (field: "first partition's status", offset: 446, bytes: [0x80]),
    (field: "first partition's type", offset: 450, bytes: [0x0C]),
    (field: "first partition's first LBA", offset: 454, bytes: [0x00, 0x20, 0x00, 0x00]),
    (field: "first partition's sector count", offset: 458, bytes: [0x00, 0x00, 0x08, 0x00]),
    (field: "second partition's status", offset: 462, bytes: [0x00]),
    (field: "second partition's type", offset: 466, bytes: [0x83]),
    (field: "second partition's first LBA", offset: 470, bytes: [0x00, 0x20, 0x08, 0x00]),
    (field: "second partition's sector count", offset: 474, bytes: [0x00, 0xE0, 0x37, 0x00]),
    (field: "third and fourth partition", offset: 478, bytes: [UInt8](repeating: 0, count: 32)),
    (field: "boot signature", offset: 510, bytes: [0x55, 0xAA]),
    (field: "boot code", offset: 0, bytes: [UInt8](repeating: 0, count: 440)),
  ])
  func `each field stands where the MBR has it`(field: String, offset: Int, bytes: [UInt8]) throws {
    let sector = try card.sector(diskSize: cardSize)
    #expect(Array(sector[offset..<offset + bytes.count]) == bytes)
  }

  @Test func `a table read back is the one written`() throws {
    let disk = MemoryTarget(byteCount: 64 << 20)
    let small = MasterBootRecord(
      diskSignature: 0xFFFF_FFFF,
      partitions: [
        .init(number: 1, firstLBA: 1, sectorCount: 1, type: .linux),
        .init(number: 3, firstLBA: 8192, sectorCount: 122_880, type: .fat32LBA, isActive: true),
      ])
    try small.write(to: disk)
    #expect(try MasterBootRecord(reading: disk) == small)
    #expect(small.partitions[1].range == 4 << 20..<64 << 20)
  }

  @Test func `the same table gives the same sector`() throws {
    #expect(try card.sector(diskSize: cardSize) == card.sector(diskSize: cardSize))
  }

  @Test(.enabled(if: sfdisk.isInstalled))
  func `sfdisk reads what was written and finds no fault`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("card.img")
    try Data(card.sector(diskSize: cardSize)).write(to: URL(fileURLWithPath: path))
    #expect(truncate(path, Int(cardSize)) == 0)
    let dump = try sfdisk.run("--dump", path)
    #expect(dump.text.contains("label-id: 0x4341524e"))
    #expect(dump.text.contains("start=        8192, size=      524288, type=c, bootable"))
    #expect(dump.text.contains("start=      532480, size=     3661824, type=83"))
    let verdict = try sfdisk.run("--verify", path)
    #expect(verdict.status == 0)
    #expect(verdict.text.contains("No errors detected"))
  }

  @Test(arguments: [
    [MasterBootRecord.Partition(number: 1, firstLBA: 8192, sectorCount: 131_072, type: .linux)],
    [.init(number: 1, firstLBA: 131_072, sectorCount: 1, type: .linux)],
    [
      .init(number: 1, firstLBA: 8192, sectorCount: 8192, type: .linux),
      .init(number: 2, firstLBA: 16383, sectorCount: 8192, type: .linux),
    ],
    [.init(number: 5, firstLBA: 8192, sectorCount: 8192, type: .linux)],
  ])
  func `partitions that don't fit the disk are refused`(partitions: [MasterBootRecord.Partition]) {
    let record = MasterBootRecord(diskSignature: 1, partitions: partitions)
    #expect(throws: PartitionTableError.self) { try record.sector(diskSize: 64 << 20) }
  }

  @Test func `a disk without a table has none`() {
    #expect(throws: PartitionTableError.noTable) {
      try MasterBootRecord(reading: MemoryTarget(byteCount: 1 << 20))
    }
    #expect(throws: PartitionTableError.noTable) {
      try MasterBootRecord(reading: MemoryTarget(byteCount: 100))
    }
  }

  @Test func `garbage is no table and no trap`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("garbage MBR seed: \(seed)")
    var state = seed
    for _ in 0..<500 {
      let disk = MemoryTarget(byteCount: 1 << 20)
      var buffer = AlignedBuffer(byteCount: 512)
      var sector = buffer.mutableBytes
      for index in 0..<512 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sector.store(UInt8(truncatingIfNeeded: state >> 33), at: index)
      }
      sector.store(UInt16(0xAA55), at: 510)
      try disk.write(buffer.bytes, at: 0)
      _ = try? MasterBootRecord(reading: disk)
    }
  }
}
