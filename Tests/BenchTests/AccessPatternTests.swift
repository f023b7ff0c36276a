// SPDX-License-Identifier: Apache-2.0
import Bench
import Testing

@Suite struct AccessPatternTests {
  private static let patterns: [AccessPattern] = [
    .sequential(blockSize: 4096), .sequential(blockSize: 4 << 20), .random(blockSize: 4096), .synced, .fat,
    .ext4,
  ]

  @Test(arguments: patterns, [4 << 20, (5 << 20) + 4096, 1 << 30] as [UInt64])
  func `every access lies within the region, on blocks of 4096 bytes`(pattern: AccessPattern, room: UInt64) {
    let region = (16 << 20)..<(16 << 20) + room
    let accesses = (0..<5000).map { pattern.access($0, in: region) }
    #expect(accesses.allSatisfy { $0.offset >= region.lowerBound })
    #expect(accesses.allSatisfy { $0.offset + UInt64($0.byteCount) <= region.upperBound })
    #expect(accesses.allSatisfy { $0.offset % 4096 == 0 && $0.byteCount % 4096 == 0 })
    #expect(accesses.allSatisfy { $0.byteCount <= pattern.largestByteCount })
  }

  @Test(arguments: patterns)
  func `the smallest region has room for it`(pattern: AccessPattern) {
    let region = 0..<pattern.smallestRegion
    let accesses = (0..<1000).map { pattern.access($0, in: region) }
    #expect(accesses.allSatisfy { $0.offset + UInt64($0.byteCount) <= region.upperBound })
  }

  @Test func `sequential blocks follow each other and begin again`() {
    let pattern = AccessPattern.sequential(blockSize: 1 << 20)
    // Room for three and a rest, which is left out.
    let offsets = (0..<7).map { pattern.access($0, in: 0..<(3 << 20) + 4096).offset >> 20 }
    #expect(offsets == [0, 1, 2, 0, 1, 2, 0])
  }

  @Test func `random blocks are the same on every run, and go everywhere`() {
    let pattern = AccessPattern.random(blockSize: 4096)
    let region: Range<UInt64> = 0..<1 << 20
    let offsets = (0..<4096).map { pattern.access($0, in: region).offset }
    // SplitMix64, by another program.
    #expect(offsets[0..<3].map { $0 / 4096 } == Self.firstRandomBlocks)
    // 256 blocks, each about 16 times: none is left out, none is preferred.
    let counts = Dictionary(grouping: offsets) { $0 }.mapValues(\.count)
    #expect(counts.count == 256)
    #expect(counts.values.allSatisfy { (1...40).contains($0) })
    // Hardly ever the block behind the last one.
    let neighbours = zip(offsets, offsets.dropFirst()).count { $1 == $0 + 4096 }
    #expect(neighbours < 60)
  }

  private static let firstRandomBlocks: [UInt64] = [26, 53, 224]

  @Test func `synced writes are small, follow each other, and are flushed each`() {
    for number in 0..<100 as Range<UInt64> {
      let access = AccessPattern.synced.access(number, in: 0..<1 << 20)
      #expect(access == Access(offset: number * 4096, byteCount: 4096, isSynced: true))
    }
  }

  @Test func `FAT writes data, both FATs at the same place, and a directory, whose blocks stay the same`() {
    let region: Range<UInt64> = 0..<64 << 20
    let accesses = (0..<400).map { AccessPattern.fat.access($0, in: region) }
    let files = stride(from: 0, to: 400, by: 4).map { Array(accesses[$0..<$0 + 4]) }
    for (number, file) in files.enumerated() {
      #expect(file.map(\.byteCount) == [32 << 10, 4096, 4096, 4096])
      #expect(file[0].offset == UInt64(3 << 20) + UInt64(number) * (32 << 10))
      #expect(file[2].offset == file[1].offset + (1 << 20))
      #expect(file.allSatisfy { !$0.isSynced })
    }
    // A hundred runs of 8 clusters are in one block of the FAT, their entries in one of the directory.
    #expect(Set(files.map { $0[1].offset }) == [0])
    #expect(Set(files.map { $0[3].offset }) == [2 << 20])
    // The 129th run begins the FAT's next block, the 129th file the directory's.
    #expect(AccessPattern.fat.access(128 * 4 + 1, in: region).offset == 4096)
    #expect(AccessPattern.fat.access(128 * 4 + 3, in: region).offset == (2 << 20) + 4096)
  }

  @Test func `ext4 writes data, a transaction with its commit flushed, and an inode table`() {
    let region: Range<UInt64> = 0..<64 << 20
    let journal: Range<UInt64> = 64 << 10..<(64 << 10) + (16 << 20)
    for file in [0, 1, 2, 1023, 1024, 1999] as [UInt64] {
      let accesses = (0..<4).map { AccessPattern.ext4.access(file * 4 + $0, in: region) }
      #expect(accesses.map(\.byteCount) == [4096, 12288, 4096, 4096])
      #expect(accesses.map(\.isSynced) == [false, false, true, false])
      #expect(accesses[0].offset >= journal.upperBound)
      // The journal goes round: 16 MiB take 1024 transactions of 16 KiB.
      #expect(accesses[1].offset == journal.lowerBound + file % 1024 * 16384)
      #expect(accesses[2].offset == accesses[1].offset + 12288)
      #expect(accesses[3].offset < journal.lowerBound)
    }
  }
}
