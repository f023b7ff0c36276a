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
  /// Nil for a card of the data partition alone.
  public let boot: BootPartition?
  /// Nil for a card that ends with its boot partition.
  public let data: DataPartitionPlan?
  /// Directories of the running system that stay on the card, in the order of the recipe. None without a release.
  public let persistence: [PersistentDirectory]
  public let hostname: Hostname
  /// How the system is set up that boots from the card.
  public let system: SystemSettings
  /// SHA-256 of the recipe's canonical text.
  public let recipeDigest: [UInt8]

  /// The FAT32 partition, which holds the release.
  public struct BootPartition: Equatable, Sendable {
    /// Where it lies on the card, in bytes.
    public let range: Range<UInt64>
    public let label: FAT32.VolumeLabel
    public let geometry: FAT32.Geometry
  }

  /// The ext4 partition that remembers, or one that a persistent directory has to itself.
  public struct DataPartitionPlan: Equatable, Sendable {
    /// That which remembers is 2; 1 on a card without a boot partition.
    public let number: Int
    /// Where it lies on the card, in bytes.
    public let range: Range<UInt64>
    public let format: Ext4.Format
  }

  /// - Parameters:
  ///   - sourceTime: of the first input's first entry, for a recipe that names no epoch. What lies outside 1970 to 2106,
  ///     which is all that ext4's superblock can say, is moved to its nearer end.
  ///   - holdsRelease: decides the boot partition's label, ALPINE or BOOT, and whether directories stay on the card.
  ///   - smallestDataSize: bytes of the smallest volume that holds the data partition's content and the slack behind it,
  ///     for a recipe that wants no more than that.
  /// - Throws: `PlanError` where the partitions don't fit the medium, or a file system doesn't fit its partition.
  public init(
    _ recipe: Recipe, for medium: Medium, sourceTime: Timestamp, holdsRelease: Bool = true,
    smallestDataSize: UInt64? = nil
  ) throws(PlanError) {
    let requests = recipe.hasDataPartition && holdsRelease ? recipe.persistence : []
    do { try Persistence.check(requests.map(\.directory)) } catch { throw .persistence(error) }
    let problems = recipe.system.problems()
    guard problems.isEmpty else { throw .system(problems) }
    let layout = try Layout(
      recipe, persistence: requests, on: medium, smallestDataSize: smallestDataSize)
    let time = Self.time(recipe, sourceTime)
    let canonicalText = recipe.canonicalText
    let identifiers = Identifiers(seed: canonicalText)
    self.size = layout.size
    self.alignment = medium.writeAlignment
    self.time = time
    self.identifiers = identifiers
    self.hostname = recipe.hostname
    self.system = recipe.system
    recipeDigest = Digest.sha256(Array(canonicalText.utf8))
    boot =
      if let range = layout.boot {
        try Self.boot(in: range, label: holdsRelease ? "ALPINE" : "BOOT", alignment: medium.writeAlignment)
      } else { nil }
    data =
      if let range = layout.data {
        DataPartitionPlan(
          number: layout.boot == nil ? 1 : 2, range: range,
          format: try Self.dataFormat(size: range.upperBound - range.lowerBound, recipe, time, identifiers))
      } else { nil }
    persistence = try PersistenceLayout(
      recipe: recipe, layout: layout, identifiers: identifiers, time: time
    ).directories(requests)
  }

  /// Partitions that persistent directories have to themselves.
  public var persistentPartitions: [DataPartitionPlan] { persistence.compactMap(\.partition) }

  /// What its owner may not want.
  public var warnings: [PersistenceWarning] { persistence.flatMap(\.persistence.warnings) }

  /// The table that the card's first sector holds: the boot partition first, where there is one.
  public var partitionTable: MasterBootRecord {
    var partitions: [MasterBootRecord.Partition] = []
    if let boot { partitions.append(.init(number: 1, boot.range, type: .fat32LBA, isActive: true)) }
    for volume in (data.map { [$0] } ?? []) + persistentPartitions {
      partitions.append(.init(number: volume.number, volume.range, type: .linux))
    }
    return MasterBootRecord(diskSignature: identifiers.diskSignature, partitions: partitions)
  }
}

extension Plan {
  private static func time(_ recipe: Recipe, _ sourceTime: Timestamp) -> Timestamp {
    Timestamp(seconds: recipe.epoch ?? min(max(sourceTime.seconds, 0), Int64(UInt32.max)))
  }

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
}

extension Plan {
  private static func dataFormat(
    size: UInt64, _ recipe: Recipe, _ time: Timestamp, _ identifiers: Identifiers
  ) throws(PlanError) -> Ext4.Format {
    let format = recipe.dataFormat.format(
      size: size, derivedUUID: identifiers.dataUUID, hashSeed: identifiers.hashSeed, time: time)
    do { try format.validate() } catch { throw .data(error) }
    return format
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
