// SPDX-License-Identifier: Apache-2.0
public import Alpine
internal import Blocks
public import Entries
public import Ext4
public import FAT32
public import PartitionTable
public import Recipes

/// Where everything on a card goes: pure arithmetic from a recipe, a medium and a time, without a byte of I/O.
public struct Plan: Equatable, Sendable {
  /// Bytes of the whole card.
  public let size: UInt64
  /// Partitions begin at multiples of this many bytes.
  public let alignment: UInt64
  /// Every timestamp that no input brings.
  public let time: Timestamp
  public let identifiers: Identifiers
  public let boot: BootPartition
  /// Nil for a card that ends with its boot partition.
  public let data: DataPartitionPlan?
  public let hostname: Hostname

  /// The FAT32 partition, which holds the release.
  public struct BootPartition: Equatable, Sendable {
    /// Where it lies on the card, in bytes.
    public let range: Range<UInt64>
    public let label: FAT32.VolumeLabel
    public let geometry: FAT32.Geometry
  }

  /// The ext4 partition that remembers.
  public struct DataPartitionPlan: Equatable, Sendable {
    /// Where it lies on the card, in bytes.
    public let range: Range<UInt64>
    public let format: Ext4.Format
  }

  /// - Parameters:
  ///   - sourceTime: of the release's first entry, for a recipe that names no epoch. What lies outside 1970 to 2106,
  ///     which is all that ext4's superblock can say, is moved to its nearer end.
  ///   - holdsRelease: decides the boot partition's label: ALPINE or BOOT.
  /// - Throws: `PlanError` where the partitions don't fit the medium, or a file system doesn't fit its partition.
  public init(
    _ recipe: Recipe, for medium: Medium, sourceTime: Timestamp, holdsRelease: Bool = true
  ) throws(PlanError) {
    let sourceSeconds = min(max(sourceTime.seconds, 0), Int64(UInt32.max))
    let time = Timestamp(seconds: recipe.epoch ?? sourceSeconds)
    let identifiers = Identifiers(seed: recipe.canonicalText)
    let ranges = try Self.ranges(recipe, medium)
    self.size = medium.byteCount
    self.alignment = medium.writeAlignment
    self.time = time
    self.identifiers = identifiers
    self.hostname = recipe.hostname
    boot = try Self.boot(
      in: ranges.boot, label: holdsRelease ? "ALPINE" : "BOOT", alignment: medium.writeAlignment)
    data = if let range = ranges.data { try Self.data(in: range, identifiers, time) } else { nil }
  }

  /// The table that the card's first sector holds.
  public var partitionTable: MasterBootRecord {
    var partitions = [MasterBootRecord.Partition(number: 1, boot.range, type: .fat32LBA, isActive: true)]
    if let data { partitions.append(.init(number: 2, data.range, type: .linux)) }
    return MasterBootRecord(diskSignature: identifiers.diskSignature, partitions: partitions)
  }
}

extension Plan {
  /// The boot partition begins at the first multiple of the alignment behind the MBR, the data partition at the first
  /// one behind the boot partition, and it ends with the card's last whole block of 4 KiB.
  private static func ranges(
    _ recipe: Recipe, _ medium: Medium
  ) throws(PlanError) -> (boot: Range<UInt64>, data: Range<UInt64>?) {
    let bootStart = medium.writeAlignment
    let bootEnd = bootStart + recipe.bootSize.byteCount.roundedDown(to: MasterBootRecord.sectorSize)
    let dataStart = bootEnd.roundedUp(to: medium.writeAlignment)
    let end = medium.byteCount.roundedDown(to: Ext4.Format.blockSize)
    let smallestEnd = recipe.hasDataPartition ? dataStart + Ext4.Format.smallestSize : bootEnd
    guard end >= smallestEnd else {
      throw .cardTooSmall(
        size: ByteSize(byteCount: medium.byteCount),
        needed: ByteSize(byteCount: smallestEnd.roundedUp(to: medium.writeAlignment)), recipe.bootSize,
        hasDataPartition: recipe.hasDataPartition)
    }
    guard end <= Self.largestSize else {
      throw .cardTooLarge(
        size: ByteSize(byteCount: medium.byteCount), largest: ByteSize(byteCount: Self.largestSize))
    }
    return (bootStart..<bootEnd, recipe.hasDataPartition ? dataStart..<end : nil)
  }

  /// 2 TiB: an MBR counts sectors of 512 bytes with 32 bits.
  private static let largestSize = MasterBootRecord.sectorSize << 32

  private static func boot(
    in range: Range<UInt64>, label: String, alignment: UInt64
  ) throws(PlanError) -> BootPartition {
    do throws(FAT32Error) {
      return BootPartition(
        range: range, label: try FAT32.VolumeLabel(label),
        geometry: try FAT32.Geometry(
          volumeSize: range.upperBound - range.lowerBound,
          hiddenSectorCount: UInt32(range.lowerBound / MasterBootRecord.sectorSize), dataAlignment: alignment)
      )
    } catch { throw .boot(error) }
  }

  private static func data(
    in range: Range<UInt64>, _ identifiers: Identifiers, _ time: Timestamp
  ) throws(PlanError) -> DataPartitionPlan {
    do throws(Ext4Error) {
      let format = Ext4.Format(
        size: range.upperBound - range.lowerBound, label: try Ext4.VolumeLabel("DATA"),
        uuid: identifiers.dataUUID,
        hashSeed: identifiers.hashSeed, time: time)
      return DataPartitionPlan(range: range, format: format)
    } catch { throw .data(error) }
  }
}

extension MasterBootRecord.Partition {
  /// A partition by its range in bytes, whose ends are multiples of a sector and below 2 TiB.
  fileprivate init(number: Int, _ range: Range<UInt64>, type: PartitionType, isActive: Bool = false) {
    self.init(
      number: number, firstLBA: UInt32(range.lowerBound / MasterBootRecord.sectorSize),
      sectorCount: UInt32((range.upperBound - range.lowerBound) / MasterBootRecord.sectorSize), type: type,
      isActive: isActive)
  }
}
