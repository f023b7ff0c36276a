// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Ext4
internal import PartitionTable
internal import Recipes

/// Where the partitions lie on a card, in bytes.
///
/// The boot partition begins at the first multiple of the alignment behind the MBR, each other one at the first multiple
/// behind the one before. What fills the card ends with its last whole block of 4 KiB.
struct Layout {
  let size: UInt64
  let boot: Range<UInt64>?
  let data: Range<UInt64>?
  /// Of the persistent directories that have a partition, in their order.
  let persistent: [Range<UInt64>]

  /// - Parameters:
  ///   - requests: the recipe's persistent directories, if it is to have any.
  ///   - smallestDataSize: what the content takes, for a recipe that wants no more than that.
  init(
    _ recipe: Recipe, persistence requests: [PersistenceRequest], on medium: Medium, smallestDataSize: UInt64?
  ) throws(PlanError) {
    guard recipe.hasBootPartition || recipe.hasDataPartition else { throw .noPartition }
    let alignment = medium.writeAlignment
    let bootSize = recipe.hasBootPartition ? recipe.bootSize.byteCount.roundedDown(to: Self.sectorSize) : 0
    try Self.checkLargest(recipe.bootSize)
    let bootEnd = alignment + bootSize
    var volumes = Volumes(start: bootEnd.roundedUp(to: alignment), alignment: alignment)
    if recipe.hasDataPartition {
      volumes.append(
        try Self.dataSize(recipe, smallest: smallestDataSize),
        smallestSize: Self.smallestSize(recipe.dataFormat))
    }
    for request in requests where request.directory.strategy == .partition {
      volumes.append(try request.size.map(Self.volumeSize), smallestSize: Format.smallestSize)
    }
    let known = medium.byteCount ?? recipe.decidedSize?.byteCount
    size = known ?? volumes.end(sizing: Self.defaultVolumeSize) ?? bootEnd
    let smallestEnd = volumes.smallestEnd ?? bootEnd
    guard size.roundedDown(to: Format.blockSize) >= smallestEnd else {
      let needed = ByteSize(byteCount: smallestEnd.roundedUp(to: alignment))
      throw .cardTooSmall(size: ByteSize(byteCount: size), needed: needed, recipe)
    }
    try Self.checkLargest(ByteSize(byteCount: size))
    boot = recipe.hasBootPartition ? alignment..<bootEnd : nil
    var ranges = volumes.ranges(to: size.roundedDown(to: Format.blockSize))[...]
    data = recipe.hasDataPartition ? ranges.popFirst() : nil
    persistent = Array(ranges)
  }

  /// 1 GiB: of a persistent directory's file system, where nothing says or bounds it.
  static let defaultVolumeSize: UInt64 = 1 << 30

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
    case .fixed(let size): return try volumeSize(size)
    case .smallest: return smallest ?? draftSize(recipe.dataFormat)
    }
  }

  private static func volumeSize(_ size: ByteSize) throws(PlanError) -> UInt64 {
    try checkLargest(size)
    return size.byteCount.roundedDown(to: Format.blockSize)
  }
}

/// The ext4 partitions behind the boot partition.
private struct Volumes {
  let start: UInt64
  let alignment: UInt64
  /// Nil for those that share what the others leave.
  private var sizes: [UInt64?] = []
  private var smallestSizes: [UInt64] = []

  init(start: UInt64, alignment: UInt64) {
    self.start = start
    self.alignment = alignment
  }

  /// - Parameter smallestSize: for a volume whose own size is nil.
  mutating func append(_ size: UInt64?, smallestSize: UInt64) {
    sizes.append(size)
    smallestSizes.append(size ?? smallestSize)
  }

  /// Where the last one ends if each is as small as it may be; nil without one.
  var smallestEnd: UInt64? { ranges(smallestSizes).last?.upperBound }

  /// Where the last one ends if each that has no size of its own gets `size`; nil without one.
  func end(sizing size: UInt64) -> UInt64? { ranges(sizes.map { $0 ?? size }).last?.upperBound }

  /// Up to `end`, which is a multiple of a block. All but the last one begin and, where they share, end at a multiple of
  /// the alignment.
  func ranges(to end: UInt64) -> [Range<UInt64>] {
    let sharerCount = UInt64(sizes.count { $0 == nil })
    guard sharerCount > 0 else { return ranges(sizes.compactMap(\.self)) }
    let fixedSize = sizes.reduce(0) { $0 + ($1 ?? 0).roundedUp(to: alignment) }
    let (left, isOverflow) = (end - start).subtractingReportingOverflow(fixedSize)
    let room = isOverflow ? 0 : left
    let share = (room / sharerCount).roundedDown(to: alignment)
    var result = ranges(sizes.map { $0 ?? share })
    if sizes.last == .some(nil), let last = result.popLast() {
      result.append(last.lowerBound..<max(last.lowerBound, end))
    }
    return result
  }

  private func ranges(_ sizes: [UInt64]) -> [Range<UInt64>] {
    var position = start
    return sizes.map { size in
      let first = position.roundedUp(to: alignment)
      position = first + size
      return first..<position
    }
  }
}
