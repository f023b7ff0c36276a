// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// Where everything lies on a FAT32 volume: pure arithmetic from its size.
///
/// The volume is `reserved sectors | FAT | FAT | clusters`. The padding that aligns the clusters is made of reserved
/// sectors, so both FATs are exactly as long as the clusters need.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Type Determination" and "FAT Volume Initialization".
public struct Geometry: Equatable, Sendable {
  /// All sectors of the volume. `BPB_TotSec32`.
  public let sectorCount: UInt32
  /// Sectors of the disk before the volume. `BPB_HiddSec`.
  public let hiddenSectorCount: UInt32
  /// Sectors before the first FAT, padding included. `BPB_RsvdSecCnt`.
  public let reservedSectorCount: UInt16
  /// Sectors of one FAT. `BPB_FATSz32`.
  public let fatSectorCount: UInt32
  /// Copies of the FAT: two, on volumes of others one, too. `BPB_NumFATs`.
  public let fatCount: UInt32
  /// A power of two from 1 to 64, on volumes of others up to 128. `BPB_SecPerClus`.
  public let sectorsPerCluster: UInt8
  /// Clusters of the data region, numbered from 2. Never below 65,541, but on volumes of others.
  public let clusterCount: UInt32
  /// What the data region was asked to be aligned to, in bytes from the start of the disk; 512 for a volume that was
  /// read, which does not tell.
  public let requestedDataAlignment: UInt64

  /// Bytes in a sector; other sizes are legal, but hardly anything reads them.
  public static let sectorSize: UInt64 = 512
  /// Copies of the FAT on a volume that is made here. `BPB_NumFATs`.
  public static let fatCount: UInt32 = 2
  /// The smallest volume that is FAT32 to everyone, in bytes: 32 reserved sectors, two FATs of 513, 65,541 clusters.
  public static let smallestVolumeSize: UInt64 = 66_599 * 512
  /// The largest volume, in bytes: `BPB_TotSec32` has 32 bits.
  public static let largestVolumeSize: UInt64 = UInt64(UInt32.max) * 512

  /// A volume with fewer clusters is FAT16.
  static let fat16ClusterLimit: UInt32 = 65_525
  /// The specification asks to stay away from that limit by 16, because there is code that is off by as much.
  static let smallestClusterCount = fat16ClusterLimit + 16
  /// Reserved sectors without padding, as every formatter has them.
  static let smallestReservedSectorCount: UInt32 = 32
  /// Padding takes at most this part of the volume.
  private static let largestPaddingShare: UInt64 = 64

  /// Lays out a volume.
  ///
  /// Clusters are as large as Microsoft's table has them (4 KiB up to 8 GiB, 8 KiB up to 16 GiB, 16 KiB up to 32 GiB,
  /// then 32 KiB), or the largest smaller size that leaves 65,541 of them: a volume with fewer than 65,525 is FAT16
  /// to the Raspberry Pi's firmware and to Windows, whatever its boot sector says.
  ///
  /// - Parameters:
  ///   - volumeSize: in bytes; rounded down to whole sectors.
  ///   - hiddenSectorCount: sectors of the disk before the volume: the LBA at which its partition begins.
  ///   - dataAlignment: in bytes, a power of two (others are rounded down to one): the first cluster lies at a
  ///     multiple of it, counted from the start of the disk. Where that would cost more than 1/64 of the volume or
  ///     more reserved sectors than 16 bits can count, the largest power of two that doesn't is taken; a volume that
  ///     would have too few clusters even of 512 bytes goes below that.
  /// - Throws: `volumeTooSmall`, `volumeTooLarge`.
  public init(
    volumeSize: UInt64, hiddenSectorCount: UInt32, dataAlignment: UInt64 = 4 << 20
  ) throws(FAT32Error) {
    guard volumeSize >= Self.smallestVolumeSize else {
      throw .volumeTooSmall(volumeSize: volumeSize, smallest: Self.smallestVolumeSize)
    }
    guard let sectorCount = UInt32(exactly: volumeSize / Self.sectorSize) else {
      throw .volumeTooLarge(volumeSize: volumeSize, largest: Self.largestVolumeSize)
    }
    let alignments = Self.halves(from: max(dataAlignment / Self.sectorSize, 1).highestBit)
    for sectorsPerCluster in Self.halves(from: Self.largestSectorsPerCluster(volumeSize: volumeSize)) {
      let affordable = alignments.lazy.map {
        Layout(
          sectorCount: UInt64(sectorCount), hiddenSectorCount: UInt64(hiddenSectorCount),
          sectorsPerCluster: sectorsPerCluster, alignment: $0)
      }.filter(\.isAffordable)
      // Where clusters can't be made smaller, alignment is given up before the volume is.
      let layout = sectorsPerCluster > 1 ? affordable.first : affordable.first(where: \.isFAT32)
      if let layout, layout.isFAT32 {
        self.init(layout, requestedDataAlignment: dataAlignment)
        return
      }
    }
    throw .volumeTooSmall(volumeSize: volumeSize, smallest: Self.smallestVolumeSize)
  }

  /// The smallest volume that holds a content, in steps of `granularity` bytes; nil where FAT32 can't.
  ///
  /// What a content needs depends on the size of clusters, and that on the size of the volume, so a larger volume is
  /// not always a roomier one: every step is tried, from what the content needs at least.
  ///
  /// - Parameters:
  ///   - hiddenSectorCount: as for a volume of known size.
  ///   - dataAlignment: as for a volume of known size.
  ///   - granularity: in bytes, more than 0.
  ///   - neededClusterCount: how many clusters of so many bytes the content takes, the root directory's included.
  ///     The bytes in them must not become fewer as clusters become larger.
  public static func smallest(
    hiddenSectorCount: UInt32, dataAlignment: UInt64 = 4 << 20, granularity: UInt64 = 1 << 20,
    neededClusterCount: (_ clusterSize: UInt64) -> UInt64
  ) -> Geometry? {
    precondition(granularity > 0, "steps of nothing lead nowhere")
    let leastByteCount = neededClusterCount(sectorSize).multipliedReportingOverflow(by: sectorSize)
    guard !leastByteCount.overflow, leastByteCount.partialValue <= largestVolumeSize else { return nil }
    var size = max(leastByteCount.partialValue, smallestVolumeSize).roundedUp(to: granularity)
    while size <= largestVolumeSize {
      if let geometry = try? Geometry(
        volumeSize: size, hiddenSectorCount: hiddenSectorCount, dataAlignment: dataAlignment),
        neededClusterCount(geometry.clusterSize) <= UInt64(geometry.clusterCount)
      {
        return geometry
      }
      size += granularity
    }
    return nil
  }
}

// What follows from it.
extension Geometry {
  /// Bytes of the volume: whole sectors.
  public var volumeSize: UInt64 { UInt64(sectorCount) * Self.sectorSize }
  /// Bytes in a cluster.
  public var clusterSize: UInt64 { UInt64(sectorsPerCluster) * Self.sectorSize }
  /// Where the first FAT begins, in bytes from the start of the volume.
  public var fatOffset: UInt64 { UInt64(reservedSectorCount) * Self.sectorSize }
  /// Bytes of one FAT, its unused end included.
  public var fatSize: UInt64 { UInt64(fatSectorCount) * Self.sectorSize }
  /// Where cluster 2 begins, in bytes from the start of the volume.
  public var dataOffset: UInt64 { fatOffset + UInt64(fatCount) * fatSize }

  /// Where a cluster begins, in bytes from the start of the volume.
  ///
  /// - Parameter cluster: at least 2, the number of the first one.
  public func offset(ofCluster cluster: UInt32) -> UInt64 {
    dataOffset + UInt64(cluster - 2) * clusterSize
  }
}

extension Geometry {
  /// Microsoft's table, without its line for small volumes: those are found by trying.
  private static func largestSectorsPerCluster(volumeSize: UInt64) -> UInt64 {
    switch volumeSize {
    case ...(8 << 30): 8
    case ...(16 << 30): 16
    case ...(32 << 30): 32
    default: 64
    }
  }

  /// A power of two and all smaller ones, down to 1.
  private static func halves(from largest: UInt64) -> [UInt64] {
    Array(sequence(first: largest) { $0 > 1 ? $0 / 2 : nil })
  }

  private init(_ layout: Layout, requestedDataAlignment: UInt64) {
    sectorCount = UInt32(layout.sectorCount)
    hiddenSectorCount = UInt32(layout.hiddenSectorCount)
    reservedSectorCount = UInt16(layout.reservedSectorCount)
    fatSectorCount = UInt32(layout.fatSectorCount)
    fatCount = Self.fatCount
    sectorsPerCluster = UInt8(layout.sectorsPerCluster)
    clusterCount = UInt32(layout.clusterCount)
    self.requestedDataAlignment = requestedDataAlignment
  }

  /// A volume with one size of clusters and one alignment, which it may be too small for. Everything in sectors.
  private struct Layout {
    let sectorCount: UInt64
    let hiddenSectorCount: UInt64
    let sectorsPerCluster: UInt64
    let alignment: UInt64
    /// As many as the clusters need.
    private(set) var fatSectorCount: UInt64 = 0
    /// Where the first cluster begins.
    private(set) var dataStart: UInt64 = 0

    init(sectorCount: UInt64, hiddenSectorCount: UInt64, sectorsPerCluster: UInt64, alignment: UInt64) {
      self.sectorCount = sectorCount
      self.hiddenSectorCount = hiddenSectorCount
      self.sectorsPerCluster = sectorsPerCluster
      self.alignment = alignment
      dataStart = dataStart(behind: smallestFATSectorCount())
      // Where the alignment has moved the data by more than a whole FAT sector's clusters, fewer do.
      fatSectorCount = neededFATSectorCount(clusterCount)
    }

    var clusterCount: UInt64 { clusterCount(from: dataStart) }
    var reservedSectorCount: UInt64 { dataStart - UInt64(Geometry.fatCount) * fatSectorCount }

    var isFAT32: Bool { clusterCount >= UInt64(Geometry.smallestClusterCount) }

    var isAffordable: Bool {
      let padding = reservedSectorCount - UInt64(Geometry.smallestReservedSectorCount)
      return padding <= sectorCount / Geometry.largestPaddingShare && reservedSectorCount <= UInt16.max
    }

    /// The shortest FATs that have an entry for every cluster behind them: longer ones leave fewer clusters, so they
    /// are found by halving.
    private func smallestFATSectorCount() -> UInt64 {
      var low: UInt64 = 1
      var high = neededFATSectorCount(sectorCount / sectorsPerCluster)
      while low < high {
        let middle = (low + high) / 2
        let needed = neededFATSectorCount(clusterCount(from: dataStart(behind: middle)))
        if needed <= middle { high = middle } else { low = middle + 1 }
      }
      return low
    }

    /// Sectors of 128 entries for so many clusters and the two entries that no cluster has.
    private func neededFATSectorCount(_ clusterCount: UInt64) -> UInt64 {
      (clusterCount + 2).dividedRoundingUp(by: Geometry.sectorSize / 4)
    }

    private func dataStart(behind fatSectorCount: UInt64) -> UInt64 {
      let unaligned =
        UInt64(Geometry.smallestReservedSectorCount) + UInt64(Geometry.fatCount) * fatSectorCount
      return (hiddenSectorCount + unaligned).roundedUp(to: alignment) - hiddenSectorCount
    }

    private func clusterCount(from dataStart: UInt64) -> UInt64 {
      dataStart < sectorCount ? (sectorCount - dataStart) / sectorsPerCluster : 0
    }
  }
}

extension UInt64 {
  /// The largest power of two that is not above this number, which is not 0.
  fileprivate var highestBit: UInt64 { 1 << UInt64(bitWidth - 1 - leadingZeroBitCount) }
}
