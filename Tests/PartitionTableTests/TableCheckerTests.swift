// SPDX-License-Identifier: Apache-2.0
import Blocks
import PartitionTable
import TestSupport
import Testing

@Suite struct TableCheckerTests {
  /// Two partitions of 16 MiB from 4 MiB on, the first active, on a disk of 64 MiB; then `bytes` at their offsets.
  private func disk(_ damage: [Int: [UInt8]] = [:]) throws -> MemoryTarget {
    let disk = MemoryTarget(byteCount: 64 << 20)
    try MasterBootRecord(
      diskSignature: 0x4341_524E,
      partitions: [
        .init(number: 1, firstLBA: 8192, sectorCount: 32768, type: .fat32LBA, isActive: true),
        .init(number: 2, firstLBA: 40960, sectorCount: 32768, type: .linux),
      ]
    ).write(to: disk)
    for (offset, bytes) in damage {
      var buffer = AlignedBuffer(byteCount: bytes.count)
      var all = buffer.mutableBytes
      all.store(bytes, at: 0)
      try disk.write(buffer.bytes, at: UInt64(offset))
    }
    return disk
  }

  @Test func `a table of ours has nothing to find, and its partitions are there`() throws {
    let disk = try disk()
    let checker = try TableChecker(checking: disk)
    #expect(checker.findings == [])
    #expect(checker.partitions == (try MasterBootRecord(reading: disk).partitions))
  }

  @Test(
    arguments: [
      ([510: [0]], [.noBootSignature]),
      ([450: [0xEE]], [.shieldsGPT]),
      ([440: [0, 0, 0, 0]], [.noDiskSignature]),
      ([446: [0]], [.noActivePartition]),
      ([462: [0x80]], [.severalActivePartitions([1, 2])]),
      ([462: [0x7F]], [.badStatus(number: 2, status: 0x7F)]),
      ([466: [0]], [.unusedButNotEmpty(number: 2)]),
      ([490: [1]], [.unusedButNotEmpty(number: 3)]),
      ([474: [0, 0, 0, 0]], [.empty(number: 2)]),
      ([454: [0, 0, 0, 0]], [.coversTable(number: 1)]),
      (
        [474: [0, 0x80, 0x01, 0]],
        [.beyondEnd(number: 2, end: 71_303_168, diskSize: 67_108_864)]
      ),
      ([470: [0, 0x60, 0, 0]], [.overlap(number: 2, other: 1)]),
      ([470: [1, 0xA0, 0, 0]], [.misaligned(number: 2, start: 20_972_032)]),
    ] as [([Int: [UInt8]], [TableFinding])])
  func `each damage is found, and nothing else`(damage: [Int: [UInt8]], findings: [TableFinding]) throws {
    let checker = try TableChecker(checking: disk(damage))
    #expect(checker.findings == findings)
    for finding in findings { #expect((440..<512).contains(finding.offset)) }
  }

  @Test func `no bytes whatever trap`() throws {
    var generator = SeededGenerator()
    for byteCount in [0, 1, 511] {
      let checker = try TableChecker(checking: MemoryTarget(byteCount: byteCount))
      #expect(checker.findings == [.noBootSignature])
    }
    for _ in 0..<10_000 {
      let disk = MemoryTarget(byteCount: 1024)
      var buffer = AlignedBuffer(byteCount: 512)
      var all = buffer.mutableBytes
      for offset in stride(from: 440, to: 510, by: 2) {
        all.store(UInt16.random(in: 0...UInt16.max, using: &generator), at: offset)
      }
      all.store(0xAA55 as UInt16, at: 510)
      try disk.write(buffer.bytes, at: 0)
      let checker = try TableChecker(checking: disk)
      #expect(checker.partitions.allSatisfy { $0.range.upperBound <= 1024 })
    }
  }
}
