// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The first sector of a volume: its geometry, its name and, for a PC that starts from it, a way on.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "Boot Sector and BPB".
struct BootSector: Equatable, Sendable {
  /// A power of two. `BPB_SecPerClus`.
  var sectorsPerCluster: UInt8
  /// Sectors before the first FAT. `BPB_RsvdSecCnt`.
  var reservedSectorCount: UInt16
  /// Copies of the FAT. `BPB_NumFATs`.
  var fatCount: UInt8
  /// Sectors of the disk before the volume: the LBA of its partition. `BPB_HiddSec`.
  var hiddenSectorCount: UInt32
  /// All sectors of the volume. `BPB_TotSec32`.
  var sectorCount: UInt32
  /// Sectors of one FAT. `BPB_FATSz32`.
  var fatSectorCount: UInt32
  /// The first of the root directory. `BPB_RootClus`.
  var rootCluster: UInt32
  /// Sector of the FSInfo structure. `BPB_FSInfo`.
  var fsInfoSector: UInt16
  /// Sector of the boot sector's copy; the FSInfo sector's stands as far behind it as the first one behind the first.
  /// `BPB_BkBootSec`.
  var backupSector: UInt16
  /// `BS_VolID`.
  var volumeID: UInt32
  /// Eleven bytes, as in the root directory. `BS_VolLab`.
  var label: ShortName

  static let rootCluster: UInt32 = 2
  static let fsInfoSector: UInt16 = 1
  static let backupSector: UInt16 = 6

  init(_ geometry: Geometry, label: VolumeLabel, volumeID: UInt32) {
    sectorsPerCluster = geometry.sectorsPerCluster
    reservedSectorCount = geometry.reservedSectorCount
    fatCount = UInt8(Geometry.fatCount)
    hiddenSectorCount = geometry.hiddenSectorCount
    sectorCount = geometry.sectorCount
    fatSectorCount = geometry.fatSectorCount
    rootCluster = Self.rootCluster
    fsInfoSector = Self.fsInfoSector
    backupSector = Self.backupSector
    self.volumeID = volumeID
    self.label = label.name
  }

  /// Clusters of the data region, or nil where it begins behind the end of the volume.
  var clusterCount: UInt32? {
    let start = UInt64(reservedSectorCount) + UInt64(fatCount) * UInt64(fatSectorCount)
    guard start <= sectorCount, sectorsPerCluster > 0 else { return nil }
    return (sectorCount - UInt32(start)) / UInt32(sectorsPerCluster)
  }
}

extension BootSector {
  /// Byte offsets, with the specification's names.
  enum Field {
    static let jump = 0  // BS_jmpBoot
    static let oemName = 3  // BS_OEMName
    static let bytesPerSector = 11  // BPB_BytsPerSec
    static let sectorsPerCluster = 13  // BPB_SecPerClus
    static let reservedSectorCount = 14  // BPB_RsvdSecCnt
    static let fatCount = 16  // BPB_NumFATs
    static let rootEntryCount = 17  // BPB_RootEntCnt
    static let sectorCount16 = 19  // BPB_TotSec16
    static let media = 21  // BPB_Media
    static let fatSectorCount16 = 22  // BPB_FATSz16
    static let sectorsPerTrack = 24  // BPB_SecPerTrk
    static let headCount = 26  // BPB_NumHeads
    static let hiddenSectorCount = 28  // BPB_HiddSec
    static let sectorCount = 32  // BPB_TotSec32
    static let fatSectorCount = 36  // BPB_FATSz32
    static let extendedFlags = 40  // BPB_ExtFlags
    static let version = 42  // BPB_FSVer
    static let rootCluster = 44  // BPB_RootClus
    static let fsInfoSector = 48  // BPB_FSInfo
    static let backupSector = 50  // BPB_BkBootSec
    static let reserved = 52  // BPB_Reserved
    static let drive = 64  // BS_DrvNum
    static let state = 65  // BS_Reserved1
    static let bootSignature = 66  // BS_BootSig
    static let volumeID = 67  // BS_VolID
    static let label = 71  // BS_VolLab
    static let fileSystemType = 82  // BS_FilSysType
    static let bootCode = 90  // behind the last field; the specification has no name for it
    static let signature = 510  // "sector[510]" in 1.03, Signature_word in Microsoft's specification of 2005
  }

  /// A jump to the boot code. `BS_jmpBoot`.
  private static let jump: [UInt8] = [0xEB, 0x58, 0x90]
  /// What the specification recommends: there are drivers that look at it. `BS_OEMName`.
  private static let oemName = Array("MSWIN4.1".utf8)
  /// A disk that can't be taken out, which is what every card is to every formatter. FAT[0] repeats it. `BPB_Media`.
  static let media: UInt8 = 0xF8
  /// What a BIOS takes for the geometry of any large disk; nothing else looks at it. `BPB_SecPerTrk`.
  private static let sectorsPerTrack: UInt16 = 63
  /// `BPB_NumHeads`.
  private static let headCount: UInt16 = 255
  /// `BS_DrvNum`.
  private static let firstHardDisk: UInt8 = 0x80
  /// Volume ID, label and type follow. `BS_BootSig`.
  static let bootSignature: UInt8 = 0x29
  /// For people: what decides is the number of clusters. `BS_FilSysType`.
  private static let fileSystemType = Array("FAT32   ".utf8)
  /// `int 18h`: tells the BIOS of a PC to go on with the next device; behind it `hlt` for ever.
  private static let bootCode: [UInt8] = [0xCD, 0x18, 0xF4, 0xEB, 0xFD]
  /// At the end of all three sectors of the boot record.
  static let signature: UInt16 = 0xAA55

  /// Writes every field into `sector`, which is 512 zero bytes: `BPB_RootEntCnt`, `BPB_TotSec16`, `BPB_FATSz16`,
  /// `BPB_ExtFlags` (both FATs are kept alike), `BPB_FSVer`, `BPB_Reserved` and `BS_Reserved1` stay 0.
  func encode(into sector: inout MutableRawSpan) {
    sector.store(Self.jump, at: Field.jump)
    sector.store(Self.oemName, at: Field.oemName)
    sector.store(UInt16(Geometry.sectorSize), at: Field.bytesPerSector)
    sector.store(sectorsPerCluster, at: Field.sectorsPerCluster)
    sector.store(reservedSectorCount, at: Field.reservedSectorCount)
    sector.store(fatCount, at: Field.fatCount)
    sector.store(Self.media, at: Field.media)
    sector.store(Self.sectorsPerTrack, at: Field.sectorsPerTrack)
    sector.store(Self.headCount, at: Field.headCount)
    sector.store(hiddenSectorCount, at: Field.hiddenSectorCount)
    sector.store(sectorCount, at: Field.sectorCount)
    sector.store(fatSectorCount, at: Field.fatSectorCount)
    sector.store(rootCluster, at: Field.rootCluster)
    sector.store(fsInfoSector, at: Field.fsInfoSector)
    sector.store(backupSector, at: Field.backupSector)
    sector.store(Self.firstHardDisk, at: Field.drive)
    sector.store(Self.bootSignature, at: Field.bootSignature)
    sector.store(volumeID, at: Field.volumeID)
    label.encode(into: &sector, at: Field.label)
    sector.store(Self.fileSystemType, at: Field.fileSystemType)
    sector.store(Self.bootCode, at: Field.bootCode)
    Self.encodeSignature(into: &sector)
  }

  /// Writes what ends every sector of the boot record, the third of which has nothing else in it.
  static func encodeSignature(into sector: inout MutableRawSpan) {
    sector.store(signature, at: Field.signature)
  }

  /// Reads a boot sector that any formatter may have made.
  ///
  /// - Parameter sector: 512 bytes.
  /// - Throws: `damaged` with the first field that no FAT32 volume has so.
  init(decoding sector: RawSpan) throws(FAT32Error) {
    sectorsPerCluster = sector.load(at: Field.sectorsPerCluster)
    reservedSectorCount = sector.load(at: Field.reservedSectorCount)
    fatCount = sector.load(at: Field.fatCount)
    hiddenSectorCount = sector.load(at: Field.hiddenSectorCount)
    sectorCount = sector.load(at: Field.sectorCount)
    fatSectorCount = sector.load(at: Field.fatSectorCount)
    rootCluster = sector.load(at: Field.rootCluster)
    fsInfoSector = sector.load(at: Field.fsInfoSector)
    backupSector = sector.load(at: Field.backupSector)
    volumeID = sector.load(at: Field.volumeID)
    label = ShortName(decoding: sector, at: Field.label)
    try Self.checkConstants(sector)
    try checkNumbers()
  }

  private static func checkConstants(_ sector: RawSpan) throws(FAT32Error) {
    let signature: UInt16 = sector.load(at: Field.signature)
    try check(signature == Self.signature, "Signature_word", signature)
    let jump: UInt8 = sector.load(at: Field.jump)
    try check(jump == 0xEB || jump == 0xE9, "BS_jmpBoot", jump)
    let bytesPerSector: UInt16 = sector.load(at: Field.bytesPerSector)
    try check(UInt64(bytesPerSector) == Geometry.sectorSize, "BPB_BytsPerSec", bytesPerSector)
    let rootEntryCount: UInt16 = sector.load(at: Field.rootEntryCount)
    try check(rootEntryCount == 0, "BPB_RootEntCnt", rootEntryCount)
    let sectorCount16: UInt16 = sector.load(at: Field.sectorCount16)
    try check(sectorCount16 == 0, "BPB_TotSec16", sectorCount16)
    let media: UInt8 = sector.load(at: Field.media)
    try check(media == 0xF0 || media >= 0xF8, "BPB_Media", media)
    let fatSectorCount16: UInt16 = sector.load(at: Field.fatSectorCount16)
    try check(fatSectorCount16 == 0, "BPB_FATSz16", fatSectorCount16)
    let version: UInt16 = sector.load(at: Field.version)
    try check(version == 0, "BPB_FSVer", version)
    let bootSignature: UInt8 = sector.load(at: Field.bootSignature)
    try check(bootSignature == Self.bootSignature, "BS_BootSig", bootSignature)
  }

  private func checkNumbers() throws(FAT32Error) {
    try Self.check(sectorsPerCluster.nonzeroBitCount == 1, "BPB_SecPerClus", sectorsPerCluster)
    try Self.check(reservedSectorCount > 0, "BPB_RsvdSecCnt", reservedSectorCount)
    try Self.check(fatCount == 1 || fatCount == 2, "BPB_NumFATs", fatCount)
    try Self.check((1..<reservedSectorCount).contains(fsInfoSector), "BPB_FSInfo", fsInfoSector)
    try Self.check(backupSector < reservedSectorCount, "BPB_BkBootSec", backupSector)
    guard let clusterCount, clusterCount >= Geometry.fat16ClusterLimit else {
      throw .damaged(.bootSector, field: "BPB_TotSec32", found: UInt64(sectorCount))
    }
    let entryCount = UInt64(fatSectorCount) * (Geometry.sectorSize / 4)
    try Self.check(UInt64(clusterCount) + 2 <= entryCount, "BPB_FATSz32", fatSectorCount)
    try Self.check(rootCluster >= 2 && rootCluster - 2 < clusterCount, "BPB_RootClus", rootCluster)
  }

  private static func check(
    _ isRight: Bool, _ field: String, _ found: some UnsignedInteger
  ) throws(FAT32Error) {
    guard isRight else { throw .damaged(.bootSector, field: field, found: UInt64(found)) }
  }
}
