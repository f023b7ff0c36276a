// SPDX-License-Identifier: Apache-2.0
import Blocks
import TestSupport
import Testing

@testable import FAT32

/// What the structures of a volume say twice, read from its bytes at the specification's offsets.
@Suite struct AgreementTests {
  @Test(arguments: [0, 63, 2048, 8192] as [UInt32])
  func `what a volume says in two places is the same`(hiddenSectorCount: UInt32) throws {
    let volume = try SampleVolume(size: 40 << 20, hiddenSectorCount: hiddenSectorCount)
    var writer = try volume.writer()
    try writer.add("directory/file", sampleBytes(5000))
    try writer.finish()
    let boot = volume.bytes(0, 512).span.bytes
    let (reserved, clusterSectors) = (boot.load(UInt16.self, at: 14), boot.load(UInt8.self, at: 13))
    let fatStart = UInt64(reserved) * 512
    let fatSize = UInt64(boot.load(UInt32.self, at: 36))
    let root = volume.bytes(fatStart + 2 * fatSize * 512, 32)
    #expect(boot.load(UInt32.self, at: 28) == hiddenSectorCount, "BPB_HiddSec")
    #expect(
      volume.bytes(fatStart, 4) == [boot.load(UInt8.self, at: 21), 0xFF, 0xFF, 0x0F], "BPB_Media, FAT[0]")
    #expect(volume.bytes(fatStart + 7, 1)[0] & 0x0C == 0x0C, "ClnShutBitMask and HrdErrBitMask of FAT[1]")
    #expect(volume.bytes(0, 3 * 512) == volume.bytes(6 * 512, 3 * 512), "BPB_BkBootSec")
    #expect(root[11] == 0x08 && Array(root[..<11]) == volume.bytes(71, 11), "ATTR_VOLUME_ID, BS_VolLab")
    #expect(
      volume.bytes(fatStart, Int(fatSize) * 512) == volume.bytes(fatStart + fatSize * 512, Int(fatSize) * 512)
    )
    let clusters =
      (UInt64(boot.load(UInt32.self, at: 32)) - UInt64(reserved) - 2 * fatSize) / UInt64(clusterSectors)
    #expect(clusters >= 65_525 && fatSize == (clusters + 2 + 127) / 128, "BPB_FATSz32")
    let dataStart = UInt64(hiddenSectorCount) + UInt64(reserved) + 2 * fatSize
    #expect(dataStart % 512 == 0, "the data region begins at a multiple of 256 KiB of the disk")
  }
}
