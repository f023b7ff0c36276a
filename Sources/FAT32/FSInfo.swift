// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// How many clusters are free and where to look for one: hints that a driver may use but not trust.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT32 FSInfo Sector Structure and Backup Boot Sector".
struct FSInfo: Equatable, Sendable {
  /// Free data clusters, or nil when not known. `FSI_Free_Count`.
  var freeClusterCount: UInt32?
  /// Cluster to start the search from, or nil when there is no hint: the last one that was taken, as Windows and
  /// Linux have it, which begin with the one behind. `FSI_Nxt_Free`.
  var nextFreeCluster: UInt32?
}

extension FSInfo {
  /// Byte offsets, with the specification's names.
  enum Field {
    static let leadSignature = 0  // FSI_LeadSig
    static let reserved1 = 4  // FSI_Reserved1, 480 zeros
    static let structSignature = 484  // FSI_StrucSig
    static let freeCount = 488  // FSI_Free_Count
    static let nextFree = 492  // FSI_Nxt_Free
    static let reserved2 = 496  // FSI_Reserved2, 12 zeros
    static let trailSignature = 508  // FSI_TrailSig
  }

  /// `FSI_LeadSig`.
  static let leadSignature: UInt32 = 0x4161_5252
  /// `FSI_StrucSig`.
  static let structSignature: UInt32 = 0x6141_7272
  /// `FSI_TrailSig`.
  static let trailSignature: UInt32 = 0xAA55_0000
  /// In the place of either number.
  static let unknown: UInt32 = 0xFFFF_FFFF

  /// Writes every field into `sector`, which is 512 zero bytes.
  func encode(into sector: inout MutableRawSpan) {
    sector.store(Self.leadSignature, at: Field.leadSignature)
    sector.store(Self.structSignature, at: Field.structSignature)
    sector.store(freeClusterCount ?? Self.unknown, at: Field.freeCount)
    sector.store(nextFreeCluster ?? Self.unknown, at: Field.nextFree)
    sector.store(Self.trailSignature, at: Field.trailSignature)
  }

  /// - Parameters:
  ///   - sector: 512 bytes.
  ///   - clusterCount: the volume's, which no number may be beyond.
  /// - Throws: `damaged` for a wrong signature and for numbers that the volume can't have.
  init(decoding sector: RawSpan, clusterCount: UInt32) throws(FAT32Error) {
    try Self.check(sector, Self.leadSignature, at: Field.leadSignature, "FSI_LeadSig")
    try Self.check(sector, Self.structSignature, at: Field.structSignature, "FSI_StrucSig")
    try Self.check(sector, Self.trailSignature, at: Field.trailSignature, "FSI_TrailSig")
    let freeCount: UInt32 = sector.load(at: Field.freeCount)
    guard freeCount == Self.unknown || freeCount <= clusterCount else {
      throw .damaged(.fsInfo, field: "FSI_Free_Count", found: UInt64(freeCount))
    }
    let nextFree: UInt32 = sector.load(at: Field.nextFree)
    guard nextFree == Self.unknown || nextFree >= 2 && nextFree - 2 < clusterCount else {
      throw .damaged(.fsInfo, field: "FSI_Nxt_Free", found: UInt64(nextFree))
    }
    freeClusterCount = freeCount == Self.unknown ? nil : freeCount
    nextFreeCluster = nextFree == Self.unknown ? nil : nextFree
  }

  private static func check(
    _ sector: RawSpan, _ signature: UInt32, at offset: Int, _ field: String
  ) throws(FAT32Error) {
    let found: UInt32 = sector.load(at: offset)
    guard found == signature else { throw .damaged(.fsInfo, field: field, found: UInt64(found)) }
  }
}
