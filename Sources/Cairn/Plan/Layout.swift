// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Ext4
internal import PartitionTable
internal import Recipes

/// Where the partitions lie on a card, in bytes.
///
/// The boot partition begins at the first multiple of the alignment behind the MBR, the data partition at the first one
/// behind the boot partition or in its place. What fills the card ends with its last whole block of 4 KiB.
struct Layout {
  let size: UInt64
  let boot: Range<UInt64>?
  let data: Range<UInt64>?

  /// - Parameter smallestDataSize: what the content takes, for a recipe that wants no more than that.
  init(_ recipe: Recipe, on medium: Medium, smallestDataSize: UInt64?) throws(PlanError) {
    guard recipe.hasBootPartition || recipe.hasDataPartition else { throw .noPartition }
    let start = medium.writeAlignment
    let bootSize = recipe.hasBootPartition ? recipe.bootSize.byteCount.roundedDown(to: Self.sectorSize) : 0
    try Self.checkLargest(recipe.bootSize)
    let bootEnd = start + bootSize
    let dataStart = bootEnd.roundedUp(to: medium.writeAlignment)
    let dataSize = try Self.dataSize(recipe, smallest: smallestDataSize)
    let contentEnd =
      recipe.hasDataPartition ? dataStart + (dataSize ?? Self.smallestSize(recipe.dataFormat)) : bootEnd
    size = medium.byteCount ?? recipe.decidedSize?.byteCount ?? contentEnd
    guard size.roundedDown(to: Format.blockSize) >= contentEnd else {
      let needed = ByteSize(byteCount: contentEnd.roundedUp(to: medium.writeAlignment))
      throw .cardTooSmall(size: ByteSize(byteCount: size), needed: needed, recipe)
    }
    try Self.checkLargest(ByteSize(byteCount: size))
    boot = recipe.hasBootPartition ? start..<bootEnd : nil
    let dataEnd = dataSize.map { dataStart + $0 } ?? size.roundedDown(to: Format.blockSize)
    data = recipe.hasDataPartition ? dataStart..<dataEnd : nil
  }

  private static let sectorSize = MasterBootRecord.sectorSize
  /// 2 TiB: an MBR counts sectors of 512 bytes with 32 bits.
  private static let largestSize = sectorSize << 32

  private static func checkLargest(_ size: ByteSize) throws(PlanError) {
    guard size.byteCount <= largestSize else {
      throw .cardTooLarge(size: size, largest: ByteSize(byteCount: largestSize))
    }
  }

  private static func smallestSize(_ format: DataFormat) -> UInt64 {
    Format.smallestSize(journal: format.journal, features: format.features)
  }

  /// Of a data partition while it is not known what its content takes: it may have the inodes that are asked for.
  private static func draftSize(_ format: DataFormat) -> UInt64 {
    max(smallestSize(format), UInt64(format.inodeCount ?? 0) * Format.blockSize)
  }

  /// Nil where the data partition fills the card.
  private static func dataSize(_ recipe: Recipe, smallest: UInt64?) throws(PlanError) -> UInt64? {
    switch recipe.dataSize {
    case .rest: return nil
    case .fixed(let size):
      try checkLargest(size)
      return size.byteCount.roundedDown(to: Format.blockSize)
    case .smallest: return smallest ?? draftSize(recipe.dataFormat)
    }
  }
}
