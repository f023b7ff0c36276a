// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@testable import FAT32

@Suite struct FileAllocationTableTests {
  @Test func `chains follow one another, the root's rest is the last`() throws {
    var table = FileAllocationTable()
    #expect(table.appendChain(1) == 3)
    #expect(table.appendChain(0) == 0)
    #expect(table.appendChain(3) == 4)
    table.appendRootContinuation(2)
    #expect(table.nextCluster == 9)
    let entries = try written(table, byteCount: 1024)
    #expect(
      Array(entries[0..<10]) == [
        0x0FFF_FFF8, 0x0FFF_FFFF, 7, 0x0FFF_FFFF, 5, 6, 0x0FFF_FFFF, 8, 0x0FFF_FFFF, 0,
      ])
    #expect(entries.count == 256 && entries[9...].allSatisfy { $0 == 0 })
  }

  @Test func `a root of one cluster ends there`() throws {
    var table = FileAllocationTable()
    table.appendRootContinuation(0)
    #expect(try written(table, byteCount: 512)[2] == 0x0FFF_FFFF)
  }

  @Test func `long chains are whole`() throws {
    var table = FileAllocationTable()
    _ = table.appendChain(20_000)
    _ = table.appendChain(40_000)
    let entries = try written(table, byteCount: 300_000)
    #expect((3..<20_002).allSatisfy { entries[$0] == UInt32($0) + 1 })
    #expect(entries[20_002] == 0x0FFF_FFFF)
    #expect((20_003..<60_002).allSatisfy { entries[$0] == UInt32($0) + 1 })
    #expect(entries[60_002] == 0x0FFF_FFFF)
    #expect(entries[60_003...].allSatisfy { $0 == 0 })
  }

  @Test(
    arguments: [
      (0, .free), (0xF000_0000, .free), (2, .next(2)), (0xF000_0065, .next(101)), (0x0FFF_FFF7, .bad),
      (0x0FFF_FFF8, .endOfChain), (0x0FFF_FFFF, .endOfChain),
    ] as [(UInt32, FileAllocationTable.Entry)])
  func `an entry has 28 bits`(number: UInt32, entry: FileAllocationTable.Entry) throws {
    #expect(try FileAllocationTable.Entry(decoding: number, clusterCount: 100) == entry)
    #expect(try FileAllocationTable.Entry(decoding: entry.encoded, clusterCount: 100) == entry)
  }

  @Test(arguments: [1, 102, 0x0FFF_FFF6] as [UInt32])
  func `an entry can't name a cluster that is not there`(number: UInt32) {
    #expect(throws: FAT32Error.damaged(.fileAllocationTable, field: "entry", found: UInt64(number))) {
      try FileAllocationTable.Entry(decoding: number, clusterCount: 100)
    }
  }

  private func written(_ table: FileAllocationTable, byteCount: Int) throws -> [UInt32] {
    let target = MemoryTarget(byteCount: byteCount)
    var writer = SequentialWriter(to: target, at: 0)
    try table.write(to: &writer, byteCount: UInt64(byteCount))
    try writer.flushBuffer()
    let bytes = target.contents()
    return stride(from: 0, to: byteCount, by: 4).map { bytes.span.bytes.load(at: $0) }
  }
}
