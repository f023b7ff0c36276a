// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// What a reader needs of a boot sector, whoever made it.
///
/// `BootSector` holds a volume to the letter of the specification. Here, as in Linux, what does not decide where
/// things lie may be wrong: the jump, the media byte, even a number of clusters that makes a FAT16 volume of it, as
/// mkfs.fat has it for small volumes when told to.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "Boot Sector and BPB".
struct VolumeHeader {
  let geometry: Geometry
  /// `BPB_RootClus`.
  let rootCluster: UInt32
  /// The copy of the FAT that counts, from 0. `BPB_ExtFlags`.
  let activeFAT: UInt32
  /// Nil where there is none. `BPB_FSInfo`.
  let fsInfoSector: UInt16?
  /// 0 where there is none. `BS_VolID`.
  let volumeID: UInt32
  /// Nil where `BS_BootSig` says that the boot sector has no place for it. `BS_VolLab`.
  let label: ShortName?

  /// - Parameter sector: 512 bytes.
  /// - Throws: `damaged` with the field that can't be so, `sectorSize`.
  init(decoding sector: RawSpan) throws(FAT32Error) {
    try Self.checkFormat(sector)
    geometry = try Geometry(decoding: sector)
    rootCluster = sector.load(at: BootSector.Field.rootCluster)
    guard geometry.contains(cluster: rootCluster) else {
      throw .damaged(.bootSector, field: "BPB_RootClus", found: UInt64(rootCluster))
    }
    activeFAT = try Self.activeFAT(sector, fatCount: geometry.fatCount)
    let fsInfoSector: UInt16 = sector.load(at: BootSector.Field.fsInfoSector)
    self.fsInfoSector = (1..<geometry.reservedSectorCount).contains(fsInfoSector) ? fsInfoSector : nil
    let hasLabel = sector.load(at: BootSector.Field.bootSignature) == BootSector.bootSignature
    volumeID = hasLabel ? sector.load(at: BootSector.Field.volumeID) : 0
    label = hasLabel ? ShortName(decoding: sector, at: BootSector.Field.label) : nil
  }

  /// Where the FAT that counts begins, in bytes from the start of the volume.
  var fatOffset: UInt64 { geometry.fatOffset + UInt64(activeFAT) * geometry.fatSize }

  /// Nil where there is none, for which formatters write "NO NAME".
  var labelText: String? {
    guard let text = label?.labelText, !text.isEmpty, text != "NO NAME" else { return nil }
    return text
  }

  /// Looks at what tells FAT32 from everything else.
  private static func checkFormat(_ sector: RawSpan) throws(FAT32Error) {
    let signature: UInt16 = sector.load(at: BootSector.Field.signature)
    guard signature == BootSector.signature else {
      throw .damaged(.bootSector, field: "Signature_word", found: UInt64(signature))
    }
    let fatSectorCount16: UInt16 = sector.load(at: BootSector.Field.fatSectorCount16)
    guard fatSectorCount16 == 0 else {
      throw .damaged(.bootSector, field: "BPB_FATSz16", found: UInt64(fatSectorCount16))
    }
    let version: UInt16 = sector.load(at: BootSector.Field.version)
    guard version == 0 else { throw .damaged(.bootSector, field: "BPB_FSVer", found: UInt64(version)) }
  }

  /// Bit 7 of `BPB_ExtFlags` says that only one FAT is kept up to date, bits 0 to 3 which.
  private static func activeFAT(_ sector: RawSpan, fatCount: UInt32) throws(FAT32Error) -> UInt32 {
    let flags: UInt16 = sector.load(at: BootSector.Field.extendedFlags)
    guard flags & 0x80 != 0 else { return 0 }
    let number = UInt32(flags & 0x0F)
    guard number < fatCount else { throw .damaged(.bootSector, field: "BPB_ExtFlags", found: UInt64(flags)) }
    return number
  }
}

extension Geometry {
  /// Clusters that 28 bits can name, those aside that mean something else.
  private static let largestClusterCount: UInt64 = 0x0FFF_FFF5

  /// Whether the volume has a cluster of this number.
  func contains(cluster: UInt32) -> Bool { cluster >= 2 && cluster - 2 < clusterCount }

  /// Takes the geometry of a volume that any formatter may have made. Clusters that the FAT has no entry for are none.
  fileprivate init(decoding sector: RawSpan) throws(FAT32Error) {
    let sectorSize: UInt16 = sector.load(at: BootSector.Field.bytesPerSector)
    guard UInt64(sectorSize) == Self.sectorSize else {
      guard [1024, 2048, 4096].contains(sectorSize) else {
        throw .damaged(.bootSector, field: "BPB_BytsPerSec", found: UInt64(sectorSize))
      }
      throw .sectorSize(sectorSize)
    }
    let sectorCount16: UInt16 = sector.load(at: BootSector.Field.sectorCount16)
    let sectorCount32: UInt32 = sector.load(at: BootSector.Field.sectorCount)
    sectorCount = sectorCount16 == 0 ? sectorCount32 : UInt32(sectorCount16)
    hiddenSectorCount = sector.load(at: BootSector.Field.hiddenSectorCount)
    reservedSectorCount = sector.load(at: BootSector.Field.reservedSectorCount)
    fatSectorCount = sector.load(at: BootSector.Field.fatSectorCount)
    fatCount = UInt32(sector.load(UInt8.self, at: BootSector.Field.fatCount))
    sectorsPerCluster = sector.load(at: BootSector.Field.sectorsPerCluster)
    requestedDataAlignment = Self.sectorSize
    try Self.check(sectorsPerCluster.nonzeroBitCount == 1, "BPB_SecPerClus", UInt32(sectorsPerCluster))
    try Self.check(reservedSectorCount > 0, "BPB_RsvdSecCnt", UInt32(reservedSectorCount))
    try Self.check(fatCount > 0, "BPB_NumFATs", fatCount)
    try Self.check(fatSectorCount > 0, "BPB_FATSz32", fatSectorCount)
    let dataStart = UInt64(reservedSectorCount) + UInt64(fatCount) * UInt64(fatSectorCount)
    try Self.check(dataStart + UInt64(sectorsPerCluster) <= sectorCount, "BPB_TotSec32", sectorCount)
    clusterCount = UInt32(
      min(
        (UInt64(sectorCount) - dataStart) / UInt64(sectorsPerCluster),
        UInt64(fatSectorCount) * (Self.sectorSize / 4) - 2, Self.largestClusterCount))
  }

  private static func check(_ isRight: Bool, _ field: String, _ found: UInt32) throws(FAT32Error) {
    guard isRight else { throw .damaged(.bootSector, field: field, found: UInt64(found)) }
  }
}
