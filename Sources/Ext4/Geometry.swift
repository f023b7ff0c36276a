// SPDX-License-Identifier: Apache-2.0
import Blocks

/// Where things lie on a volume, as the library laid it out.
struct Geometry {
  let blockCount: UInt64
  let inodeCount: UInt32
  let inodesPerGroup: UInt32
  /// Blocks that only root may fill.
  let reservedBlockCount: UInt64
  /// 0 where there is no journal.
  let journalBlockCount: UInt64
  /// First block of each group's inode table.
  let inodeTables: [UInt64]
  /// What every metadata checksum begins with: the CRC of the UUID. Nil without the feature `metadata_csum`.
  let checksumSeed: UInt32?

  /// Of no volume at all.
  static let nothing = Geometry(
    blockCount: 0, inodeCount: 0, inodesPerGroup: 1, reservedBlockCount: 0, journalBlockCount: 0,
    inodeTables: [],
    checksumSeed: nil)

  /// Offset of an inode's 256 bytes from the start of the volume.
  func offset(ofInode number: UInt32) -> UInt64 {
    let index = number - 1
    let table = inodeTables[Int(index / inodesPerGroup)]
    return table * Format.blockSize + UInt64(index % inodesPerGroup) * Format.inodeSize
  }

  /// What the checksums of an inode and of its blocks begin with; the generation is 0 throughout.
  ///
  /// Source: kernel documentation, ext4, "Checksums".
  func checksumSeed(ofInode number: UInt32) -> UInt32? {
    guard let checksumSeed else { return nil }
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(index))) }
    return unsafe CRC32C.checksum(bytes.span.bytes, seed: checksumSeed)
  }
}
