// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct GeometryTests {
  @Test(
    arguments: [
      // 4 KiB clusters would be 65,404: FAT16 to the Raspberry Pi's firmware.
      (size: 256 << 20, clusterSize: 2048),
      (size: 100_000_000, clusterSize: 1024),
      (size: 64 << 20, clusterSize: 512),
      (size: 512 << 20, clusterSize: 4096),
      (size: 8 << 30, clusterSize: 4096),
      (size: (8 << 30) + 512, clusterSize: 8192),
      (size: 16 << 30, clusterSize: 8192),
      (size: (16 << 30) + 512, clusterSize: 16_384),
      (size: 32 << 30, clusterSize: 16_384),
      (size: (32 << 30) + 512, clusterSize: 32_768),
      (size: (2 << 40) - 512, clusterSize: 32_768),
    ] as [(size: UInt64, clusterSize: UInt64)])
  func `clusters are as large as the volume allows`(size: UInt64, clusterSize: UInt64) throws {
    let geometry = try Geometry(volumeSize: size, hiddenSectorCount: 8192)
    #expect(geometry.clusterSize == clusterSize)
    #expect(geometry.clusterCount >= 65_541)
    #expect(geometry.volumeSize == size / 512 * 512)
  }

  @Test func `a volume of 512 MiB behind 4 MiB`() throws {
    let geometry = try Geometry(volumeSize: 512 << 20, hiddenSectorCount: 8192)
    // 1,048,576 sectors, of which 8,192 come before the data: 1,040,384 in clusters of 8 are 130,048, and as many
    // entries and two more fill 1,017 sectors of 128.
    #expect(geometry.sectorCount == 1_048_576)
    #expect(geometry.hiddenSectorCount == 8192)
    #expect(geometry.sectorsPerCluster == 8)
    #expect(geometry.clusterCount == 130_048)
    #expect(geometry.fatSectorCount == 1017)
    #expect(geometry.reservedSectorCount == 8192 - 2 * 1017)
    #expect(geometry.dataOffset == 4 << 20)
    #expect(geometry.offset(ofCluster: 2) == 4 << 20)
    #expect(geometry.offset(ofCluster: 12) == (4 << 20) + 40_960)
  }

  @Test func `the data region is aligned from the start of the disk`() throws {
    let geometry = try Geometry(volumeSize: 512 << 20, hiddenSectorCount: 63)
    #expect((63 * 512 + geometry.dataOffset) % (4 << 20) == 0)
    let unaligned = try Geometry(volumeSize: 512 << 20, hiddenSectorCount: 63, dataAlignment: 512)
    #expect(unaligned.reservedSectorCount == 32)
  }

  @Test func `padding takes at most a 64th of the volume`() throws {
    // 2,048 of 131,072 sectors are allowed. Alignments of 1 MiB and more want more, as 32 + 2 · 1,009 sectors end just
    // behind the first MiB: 512 KiB it is.
    let geometry = try Geometry(volumeSize: 64 << 20, hiddenSectorCount: 8192)
    #expect(geometry.dataOffset == 3 << 19)
    #expect(geometry.clusterSize == 512)
    #expect(geometry.clusterCount == 131_072 - 3072)
    #expect(geometry.fatSectorCount == 1001)
  }

  @Test(arguments: [0, 3, 3 << 20, 1 << 62, .max] as [UInt64])
  func `any number passes for an alignment`(alignment: UInt64) throws {
    let geometry = try Geometry(volumeSize: 300 << 20, hiddenSectorCount: .max, dataAlignment: alignment)
    #expect(geometry.clusterCount >= 65_541)
    #expect(geometry.reservedSectorCount >= 32)
  }

  @Test func `too small and too large are refused with the limit`() throws {
    // 32 + 2 · 513 + 65,541 sectors.
    let smallest: UInt64 = 34_098_688
    #expect(throws: FAT32Error.volumeTooSmall(volumeSize: smallest - 1, smallest: smallest)) {
      try Geometry(volumeSize: smallest - 1, hiddenSectorCount: 0)
    }
    #expect(throws: FAT32Error.volumeTooSmall(volumeSize: 0, smallest: smallest)) {
      try Geometry(volumeSize: 0, hiddenSectorCount: 0)
    }
    #expect(try Geometry(volumeSize: smallest, hiddenSectorCount: 0).clusterCount == 65_541)
    let largest: UInt64 = 2_199_023_255_040
    #expect(throws: FAT32Error.volumeTooLarge(volumeSize: 2 << 40, largest: largest)) {
      try Geometry(volumeSize: 2 << 40, hiddenSectorCount: 0)
    }
    #expect(try Geometry(volumeSize: largest + 511, hiddenSectorCount: 0).sectorCount == .max)
  }

  @Test func `the FAT is neither short nor wasteful, whatever the size`() throws {
    // Steps that are odd numbers of sectors, growing with the size.
    var sectorCount: UInt64 = 66_599
    while sectorCount < 80_000_000 {
      for hidden in [0, 63, 2048, 8191] as [UInt32] {
        let geometry = try Geometry(volumeSize: sectorCount * 512, hiddenSectorCount: hidden)
        try expectConsistent(geometry, sectorCount)
      }
      sectorCount += sectorCount / 150 | 1
    }
  }

  private func expectConsistent(_ geometry: Geometry, _ sectorCount: UInt64) throws {
    let clusters = UInt64(geometry.clusterCount)
    let spc = UInt64(geometry.sectorsPerCluster)
    let start = UInt64(geometry.reservedSectorCount) + 2 * UInt64(geometry.fatSectorCount)
    #expect(clusters == (sectorCount - start) / spc)
    #expect(clusters >= 65_541)
    let entries = UInt64(geometry.fatSectorCount) * 128
    #expect(entries >= clusters + 2 && entries < clusters + 2 + 128, "\(geometry)")
    #expect(UInt64(geometry.reservedSectorCount) - 32 <= sectorCount / 64)
  }

  @Test func `the smallest volume for a content works, and none below does`() throws {
    for (byteCount, granularity) in [
      (0, 512), (40 << 20, 1 << 20), (255 << 20, 1 << 20), (262 << 20, 1 << 20),
    ]
      as [(UInt64, UInt64)]
    {
      func need(_ clusterSize: UInt64) -> UInt64 { byteCount / clusterSize + 1 }
      let geometry = try #require(
        Geometry.smallest(hiddenSectorCount: 8192, granularity: granularity, neededClusterCount: need))
      #expect(geometry.volumeSize % granularity == 0)
      #expect(need(geometry.clusterSize) <= geometry.clusterCount)
      var size = geometry.volumeSize
      while size > granularity {
        size -= granularity
        guard let smaller = try? Geometry(volumeSize: size, hiddenSectorCount: 8192) else { break }
        #expect(need(smaller.clusterSize) > smaller.clusterCount, "\(size)")
      }
    }
    #expect(Geometry.smallest(hiddenSectorCount: 0) { (3 << 40) / $0 } == nil)
    #expect(Geometry.smallest(hiddenSectorCount: 0) { _ in .max } == nil)
  }

  @Test(.enabled(if: judges)) func `fsck.fat takes every size for FAT32`() throws {
    let scratch = try TemporaryDirectory()
    var size: UInt64 = 34_098_688
    while size < 700 << 20 {
      let path = scratch.path("\(size).img")
      try writeEmptyVolume(path, size: size, hiddenSectorCount: 2048)
      try expectClean(path)
      try FileManager.default.removeItem(atPath: path)
      size += (size / 11 / 512 | 1) * 512
    }
  }
}
