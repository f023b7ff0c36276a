// SPDX-License-Identifier: Apache-2.0

/// Something on a volume that is not as the specification has it: what, where, and the numbers that tell.
public struct Finding: Equatable, Sendable {
  public let kind: Kind
  /// Where it stands, in bytes from the start of the volume.
  public let offset: UInt64?
  /// The cluster whose entry in the FAT it is about, or the first one of the chain.
  public let cluster: UInt32?
  /// The file or directory, as people read it: names joined by "/", "./" for the root, bytes that are no printable
  /// UTF-8 as \xNN.
  public let path: String?
  /// What is there.
  public let found: UInt64?
  /// What should be there.
  public let expected: UInt64?
  /// The other owner of a cluster that belongs to two.
  public internal(set) var otherPath: String?

  init(
    _ kind: Kind, offset: UInt64? = nil, cluster: UInt32? = nil, path: String? = nil, found: UInt64? = nil,
    expected: UInt64? = nil
  ) {
    self.kind = kind
    self.offset = offset
    self.cluster = cluster
    self.path = path
    self.found = found
    self.expected = expected
  }

  public var severity: Severity { kind.severity }

  public enum Severity: String, Sendable {
    /// The specification is violated, or something is lost or can't be reached.
    case error
    /// Legal, or at least harmless, and still not what a careful formatter or driver leaves.
    case warning
  }
}

extension Finding {
  /// What can be wrong. Sections are those of the Microsoft FAT32 File System Specification 1.03.
  public enum Kind: String, CaseIterable, Sendable {
    // "Boot Sector and BPB".
    /// `BS_jmpBoot` is neither EB xx 90 nor E9 xx xx. "Boot Sector and BPB".
    case jump
    /// `BPB_BytsPerSec` is none of 512, 1024, 2048 and 4096. "Boot Sector and BPB".
    case bytesPerSector
    /// `BPB_SecPerClus` is no power of two. "Boot Sector and BPB".
    case sectorsPerCluster
    /// Clusters of more than 32 KiB, which the specification warns of. "Boot Sector and BPB", `BPB_SecPerClus`.
    case clusterSize
    /// `BPB_RsvdSecCnt` is 0. "Boot Sector and BPB".
    case reservedSectorCount
    /// `BPB_NumFATs` is 0. "Boot Sector and BPB".
    case fatCount
    /// `BPB_NumFATs` is not 2, with which many programs don't work right. "Boot Sector and BPB".
    case fatCountUnusual
    /// `BPB_RootEntCnt` is not 0. "Boot Sector and BPB".
    case rootEntryCount
    /// `BPB_TotSec16` is not 0. "Boot Sector and BPB".
    case sectorCount16
    /// `BPB_Media` is neither F0 nor F8…FF. "Boot Sector and BPB".
    case media
    /// `BPB_FATSz16` is not 0. "Boot Sector and BPB".
    case fatSectorCount16
    /// `BPB_SecPerTrk` is not 1…63 or `BPB_NumHeads` not 1…255: old programs divide by them. "Boot Sector and BPB".
    case diskGeometry
    /// `BPB_HiddSec` is not where the partition begins. "Boot Sector and BPB".
    case hiddenSectorCount
    /// `BPB_TotSec32` is too small even for the FATs. "Boot Sector and BPB".
    case sectorCount
    /// `BPB_TotSec32` reaches beyond the end of the target. "Boot Sector and BPB".
    case volumeBeyondTarget
    /// The target would have room for another cluster. "Boot Sector and BPB", `BPB_TotSec32`.
    case volumeShorterThanTarget
    /// `BPB_FATSz32` has no room for an entry for each cluster. "FAT Volume Initialization".
    case fatTooShort
    /// `BPB_FATSz32` is larger than the specification's formula and alignment to clusters make it. "FAT Volume
    /// Initialization".
    case fatWasteful
    /// `BPB_ExtFlags` has reserved bits set, or names a FAT that is not there. "Boot Sector and BPB".
    case extendedFlags
    /// `BPB_ExtFlags` says that one FAT only is kept up to date, which hardly a driver heeds. "Boot Sector and BPB".
    case mirroringOff
    /// `BPB_FSVer` is not 0:0: drivers must not mount the volume. "Boot Sector and BPB".
    case version
    /// `BPB_RootClus` is no cluster of the volume. "Boot Sector and BPB".
    case rootCluster
    /// `BPB_FSInfo` is no reserved sector behind the first. "Boot Sector and BPB".
    case fsInfoSector
    /// `BPB_BkBootSec` is 0: there is no backup. "Boot Sector and BPB".
    case backupSectorMissing
    /// `BPB_BkBootSec` is not 6, the only recommended value. "Boot Sector and BPB".
    case backupSectorUnusual
    /// `BPB_BkBootSec` is no reserved sector. "Boot Sector and BPB".
    case backupSectorOutside
    /// `BPB_Reserved`, or `BS_Reserved1` but for NT's two flags, is not 0. "Boot Sector and BPB".
    case bootSectorReserved
    /// `BS_Reserved1` has NT's flag for a volume in use or one for a surface test. "Boot Sector and BPB".
    case bootSectorDirty
    /// `BS_DrvNum` is neither 0 nor 80…FF, no drive to the BIOS. "Boot Sector and BPB".
    case driveNumber
    /// `BS_BootSig` is not 29. "Boot Sector and BPB".
    case extendedBootSignature
    /// `BS_VolID` is 0: nothing tells the volume from others. "Boot Sector and BPB".
    case volumeIDMissing
    /// `BS_VolLab` has a byte that no label may have. "Boot Sector and BPB".
    case bootSectorLabel
    /// `BS_FilSysType` is not "FAT32   ". "Boot Sector and BPB".
    case fileSystemType
    /// The boot sector does not end with 55 AA. "Boot Sector and BPB".
    case signature
    /// Fewer than 65,525 clusters: others read the volume as FAT16. "FAT Type Determination".
    case clusterCountTooSmall
    /// Within 16 clusters of that limit, which code is known to be off by. "FAT Type Determination".
    case clusterCountNearLimit
    /// More clusters than 28 bits can number. "FAT Data Structure".
    case clusterCountTooLarge

    // "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    /// The copy of the boot sector differs. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case backupBootSectorDiffers
    /// The third sector of the boot record, or its copy, does not end with 55 AA. "FSInfo Sector Structure and Backup
    /// Boot Sector".
    case thirdSectorSignature
    /// `FSI_LeadSig`. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case fsInfoLeadSignature
    /// `FSI_StrucSig`. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case fsInfoStructSignature
    /// `FSI_TrailSig`. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case fsInfoTrailSignature
    /// `FSI_Reserved1` or `FSI_Reserved2` is not 0. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case fsInfoReserved
    /// `FSI_Free_Count` is not what the FAT says. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case fsInfoFreeCount
    /// `FSI_Nxt_Free` is no cluster of the volume. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case fsInfoNextFree
    /// The copy of the FSInfo sector has a wrong signature. "FAT32 FSInfo Sector Structure and Backup Boot Sector".
    case backupFSInfoSignature
    /// The copy of the FSInfo sector has numbers that the volume can't have; old ones it may have. "FSInfo Sector
    /// Structure and Backup Boot Sector".
    case backupFSInfoNumbers

    // "FAT Data Structure".
    /// Two copies of the FAT differ, in so many sectors from the offset on. "FAT Data Structure".
    case fatCopiesDiffer
    /// The first entry of the FAT is not `BPB_Media` below ones. "FAT Data Structure".
    case fatMedia
    /// The second entry of the FAT is no end mark. "FAT Data Structure".
    case fatEndMark
    /// `ClnShutBitMask` is clear: the volume was not unmounted. "FAT Data Structure".
    case volumeDirty
    /// `HrdErrBitMask` is clear: a driver met a read or write error. "FAT Data Structure".
    case volumeHasErrors
    /// Entries behind the last cluster's are not 0. "FAT Data Structure".
    case fatTail
    /// The upper four bits of so many entries from here on are not 0. "FAT Data Structure".
    case fatReservedBits
    /// So many clusters from here on are marked as bad. "FAT Data Structure".
    case badClusters

    // Chains: "FAT Data Structure".
    /// A chain goes on at a number that is no cluster. "FAT Data Structure".
    case chainOutside
    /// A chain goes on in a free cluster. "FAT Data Structure".
    case chainIntoFree
    /// A chain goes on, or begins, in a cluster that is marked as bad. "FAT Data Structure".
    case chainIntoBad
    /// A chain comes back to itself. "FAT Data Structure".
    case chainLoops
    /// A chain runs into that of another file. "FAT Data Structure".
    case chainsCross
    /// A chain has fewer clusters than the file's size needs. "FAT Data Structure".
    case chainTooShort
    /// A chain has more clusters than the file's size needs. "FAT Data Structure".
    case chainTooLong
    /// A chain of so many clusters that no file has. "FAT Data Structure".
    case lostChain
    /// `DIR_FstClus` is no cluster. "FAT Directory Structure".
    case firstClusterOutside
    /// `DIR_FstClus` is a free cluster. "FAT Directory Structure".
    case firstClusterFree
    /// A file of 0 bytes with a cluster. "FAT Directory Structure", `DIR_FstClusLO`.
    case emptyFileWithCluster
    /// A file with a size, but no cluster. "FAT Directory Structure", `DIR_FstClusLO`.
    case fileWithoutCluster
    /// Bytes behind the end of a file, in its last cluster, are not 0: they tell what was there before.
    /// "FAT Data Structure".
    case fileSlack

    // "FAT Directory Structure".
    /// A directory without a cluster. "FAT Directory Structure".
    case directoryWithoutCluster
    /// A directory of more than 65,536 entries, 2 MiB. "FAT Directory Structure".
    case directoryTooLarge
    /// `DIR_FileSize` of a directory is not 0. "FAT Directory Structure".
    case directorySize
    /// The first entry of a directory is not ".". "FAT Directory Structure".
    case dotMissing
    /// The second entry of a directory is not "..". "FAT Directory Structure".
    case dotDotMissing
    /// "." or ".." at a third place. "FAT Directory Structure".
    case dotMisplaced
    /// "." or ".." in the root. "FAT Directory Structure".
    case dotInRoot
    /// "." or ".." is not marked as a directory. "FAT Directory Structure".
    case dotAttributes
    /// "." does not name its own directory's cluster. "FAT Directory Structure".
    case dotCluster
    /// ".." does not name the cluster of the directory above, 0 where that is the root. "FAT Directory Structure".
    case dotDotCluster
    /// The upper two bits of `DIR_Attr` are not 0. "FAT Directory Structure".
    case attributesReserved
    /// `DIR_Attr` says volume label and directory. "FAT Directory Structure".
    case attributesContradict
    /// `DIR_NTRes` has bits other than those for a lower-case name. "FAT Directory Structure".
    case ntReserved
    /// `DIR_Name` has a byte that none may have. "FAT Directory Structure".
    case shortNameIllegal
    /// `DIR_Name` has a lower-case letter. "FAT Directory Structure".
    case shortNameLowerCase
    /// `DIR_Name` begins with a space. "FAT Directory Structure".
    case shortNameLeadingSpace
    /// Two entries of a directory have the same `DIR_Name`. "FAT Directory Structure".
    case shortNameRepeated
    /// Two entries of a directory have the same name but for case. "Name Matching In Short & Long Names".
    case longNameRepeated
    /// `DIR_CrtTimeTenth` is above 199. "FAT Directory Structure".
    case creationHundredths
    /// `DIR_CrtDate` and `DIR_CrtTime` are no moment. "Date and Time Formats".
    case creationTime
    /// `DIR_LstAccDate` is no day. "Date and Time Formats".
    case accessDate
    /// `DIR_WrtDate` and `DIR_WrtTime` are no moment. "Date and Time Formats".
    case writeTime
    /// Entries behind the one that says that there are no more. "FAT Directory Structure", `DIR_Name[0]`.
    case entriesBehindEnd
    /// Bytes that are not 0 in free entries behind the last one. "FAT Directory Structure", `DIR_Name[0]`.
    case directorySlack
    /// A path of more than 4,095 bytes, which no program opens; what lies below counts as lost. "Name Limits and
    /// Character Sets" has an even lower limit.
    case pathTooLong

    // Volume label: "FAT Directory Structure", `ATTR_VOLUME_ID`.
    /// `BS_VolLab` is a name, and the root has no label. "Boot Sector and BPB", `BS_VolLab`.
    case labelMissing
    /// A second label in the root. "FAT Directory Structure", `ATTR_VOLUME_ID`.
    case labelRepeated
    /// A label in another directory than the root. "FAT Directory Structure", `ATTR_VOLUME_ID`.
    case labelOutsideRoot
    /// The root's label is not `BS_VolLab`. "Boot Sector and BPB", `BS_VolLab`.
    case labelDiffers
    /// A label with a cluster or a size. "FAT Directory Structure", `ATTR_VOLUME_ID`.
    case labelContent

    // "FAT Long Directory Entries".
    /// `LDIR_Ord` is not the next one. "FAT Long Directory Entries".
    case longNameOrder
    /// Parts of a long name with no short entry behind them, or without the beginning. "FAT Long Directory Entries".
    case longNameOrphan
    /// `LDIR_Chksum` is not that of the short name. "FAT Long Directory Entries".
    case longNameChecksum
    /// `LDIR_Type` is not 0. "FAT Long Directory Entries".
    case longNameType
    /// `LDIR_FstClusLO` is not 0. "FAT Long Directory Entries".
    case longNameCluster
    /// A long name does not end with one zero and ones to the end of its last part. "FAT Long Directory Entries".
    case longNamePadding
    /// A part of a long name with no character in it. "FAT Long Directory Entries".
    case longNameEmpty
    /// More than 255 UTF-16 units. "Name Limits and Character Sets".
    case longNameTooLong
    /// Half of a surrogate pair: the name can't be told in UTF-8. "Name Limits and Character Sets".
    case longNameIllFormed
    /// A character that no long name may have. "Name Limits and Character Sets".
    case longNameIllegal
    /// A dot or a space at the end, which systems drop. "Name Limits and Character Sets".
    case longNameEnding
  }
}

extension Finding.Kind {
  public var severity: Finding.Severity {
    switch self {
    case .clusterSize, .fatCountUnusual, .diskGeometry, .hiddenSectorCount, .volumeShorterThanTarget,
      .fatWasteful, .mirroringOff, .backupSectorMissing, .backupSectorUnusual, .bootSectorDirty, .driveNumber,
      .volumeIDMissing, .fileSystemType, .clusterCountNearLimit, .thirdSectorSignature, .fsInfoReserved,
      .backupFSInfoSignature, .backupFSInfoNumbers, .volumeDirty, .volumeHasErrors, .fatTail,
      .fatReservedBits, .badClusters, .fileSlack, .ntReserved, .directorySlack, .labelMissing, .labelDiffers,
      .longNameIllFormed, .longNameEnding:
      .warning
    default: .error
    }
  }
}

extension Finding: CustomStringConvertible {
  /// One line: where, what, and what should be there.
  public var description: String {
    let places = [
      path, cluster.map { "cluster \($0)" }, offset.map { "byte \($0)" },
    ].compactMap(\.self).joined(separator: ", ")
    let other = otherPath.map { ", which is also \($0)'s" } ?? ""
    let found = found.map { ": \($0)" } ?? ""
    let expected = expected.map { ", should be \($0)" } ?? ""
    return (places.isEmpty ? "" : places + ": ") + kind.sentence + found + expected + other
  }
}

extension Finding.Kind {
  /// What is wrong; a number may follow behind a colon.
  var sentence: String {
    switch self {
    case .jump: "BS_jmpBoot is no jump"
    case .bytesPerSector: "BPB_BytsPerSec is no size of a sector"
    case .sectorsPerCluster: "BPB_SecPerClus is no power of two"
    case .clusterSize: "clusters are larger than 32 KiB, which not every system reads"
    case .reservedSectorCount: "BPB_RsvdSecCnt leaves no room for the boot sector"
    case .fatCount: "BPB_NumFATs says that there is no FAT"
    case .fatCountUnusual: "BPB_NumFATs is not 2, which not every system reads"
    case .rootEntryCount: "BPB_RootEntCnt must be 0 on FAT32"
    case .sectorCount16: "BPB_TotSec16 must be 0 on FAT32"
    case .media: "BPB_Media is no medium"
    case .fatSectorCount16: "BPB_FATSz16 must be 0 on FAT32"
    case .diskGeometry: "BPB_SecPerTrk or BPB_NumHeads is no disk geometry"
    case .hiddenSectorCount: "BPB_HiddSec is not where the partition begins"
    case .sectorCount: "BPB_TotSec32 leaves no room for clusters"
    case .volumeBeyondTarget: "BPB_TotSec32 reaches beyond the end of the partition or image"
    case .volumeShorterThanTarget: "BPB_TotSec32 leaves a part of the partition or image unused"
    case .fatTooShort: "BPB_FATSz32 is too small for the clusters"
    case .fatWasteful: "BPB_FATSz32 is larger than the clusters need"
    case .extendedFlags: "BPB_ExtFlags has reserved bits or a FAT that is not there"
    case .mirroringOff: "BPB_ExtFlags turns the copy of the FAT off, which not every system heeds"
    case .version: "BPB_FSVer is a version that nothing knows"
    case .rootCluster: "BPB_RootClus is no cluster"
    case .fsInfoSector: "BPB_FSInfo is no reserved sector"
    case .backupSectorMissing: "BPB_BkBootSec says that there is no backup"
    case .backupSectorUnusual: "BPB_BkBootSec is not 6, where others look"
    case .backupSectorOutside: "BPB_BkBootSec is no reserved sector"
    case .bootSectorReserved: "reserved bytes of the boot sector are not 0"
    case .bootSectorDirty: "BS_Reserved1 says that the volume was not unmounted or is to be tested"
    case .driveNumber: "BS_DrvNum is no drive"
    case .extendedBootSignature: "BS_BootSig is wrong"
    case .volumeIDMissing: "BS_VolID is 0, so nothing tells the volume from others"
    case .bootSectorLabel: "BS_VolLab has a byte that no label may have"
    case .fileSystemType: "BS_FilSysType is not FAT32"
    case .signature: "the boot sector does not end with 55 AA"
    case .clusterCountTooSmall: "so few clusters make others read the volume as FAT16"
    case .clusterCountNearLimit: "so few clusters may make others read the volume as FAT16"
    case .clusterCountTooLarge: "there are more clusters than FAT32 can number"
    case .backupBootSectorDiffers: "the backup of the boot sector differs"
    case .thirdSectorSignature: "the third boot sector does not end with 55 AA"
    case .fsInfoLeadSignature: "FSI_LeadSig is wrong"
    case .fsInfoStructSignature: "FSI_StrucSig is wrong"
    case .fsInfoTrailSignature: "FSI_TrailSig is wrong"
    case .fsInfoReserved: "reserved bytes of the FSInfo sector are not 0"
    case .fsInfoFreeCount: "FSI_Free_Count is not what the FAT says"
    case .fsInfoNextFree: "FSI_Nxt_Free is no cluster"
    case .backupFSInfoSignature: "the backup of the FSInfo sector is none"
    case .backupFSInfoNumbers: "the backup of the FSInfo sector has a number that can't be"
    case .fatCopiesDiffer: "sectors of the FAT that differ from its first copy's"
    case .fatMedia: "the FAT does not begin with BPB_Media"
    case .fatEndMark: "the second entry of the FAT is no end mark"
    case .volumeDirty: "the volume was not unmounted"
    case .volumeHasErrors: "a driver has met a read or write error"
    case .fatTail: "the FAT has entries for clusters that are not there"
    case .fatReservedBits: "entries of the FAT with reserved bits"
    case .badClusters: "clusters that are marked as bad"
    case .chainOutside: "the chain goes on at a number that is no cluster"
    case .chainIntoFree: "the chain goes on in a free cluster"
    case .chainIntoBad: "the chain has a cluster that is marked as bad"
    case .chainLoops: "the chain comes back to a cluster of its own"
    case .chainsCross: "the chain runs into a cluster that is taken"
    case .chainTooShort: "clusters are too few for the size"
    case .chainTooLong: "clusters are more than the size needs"
    case .lostChain: "clusters that no file has"
    case .firstClusterOutside: "the first cluster is none"
    case .firstClusterFree: "the first cluster is free"
    case .emptyFileWithCluster: "the file is empty and has a cluster"
    case .fileWithoutCluster: "the file has a size and no cluster"
    case .fileSlack: "bytes behind the end of the file are not 0"
    case .directoryWithoutCluster: "the directory has no cluster"
    case .directoryTooLarge: "the directory has more than 2 MiB"
    case .directorySize: "the directory has a size"
    case .dotMissing: "the directory does not begin with \".\""
    case .dotDotMissing: "the directory's second entry is not \"..\""
    case .dotMisplaced: "\".\" or \"..\" at a place where it can't be"
    case .dotInRoot: "\".\" or \"..\" in the root"
    case .dotAttributes: "\".\" or \"..\" is not marked as a directory"
    case .dotCluster: "\".\" leads to another cluster"
    case .dotDotCluster: "\"..\" leads to another cluster"
    case .attributesReserved: "reserved bits of DIR_Attr are set"
    case .attributesContradict: "DIR_Attr says both label and directory"
    case .ntReserved: "unknown bits of DIR_NTRes are set"
    case .shortNameIllegal: "DIR_Name has a byte that is not allowed"
    case .shortNameLowerCase: "DIR_Name has a lower-case letter"
    case .shortNameLeadingSpace: "DIR_Name begins with a space"
    case .shortNameRepeated: "DIR_Name is another entry's, too"
    case .longNameRepeated: "the name is another entry's, too"
    case .creationHundredths: "DIR_CrtTimeTenth is more than 199"
    case .creationTime: "DIR_CrtDate and DIR_CrtTime are no moment"
    case .accessDate: "DIR_LstAccDate is no day"
    case .writeTime: "DIR_WrtDate and DIR_WrtTime are no moment"
    case .entriesBehindEnd: "entries behind the end of the directory"
    case .directorySlack: "bytes behind the end of the directory are not 0"
    case .pathTooLong: "no program opens so long a path"
    case .labelMissing: "the root has no label, but the boot sector has one"
    case .labelRepeated: "the root has a second label"
    case .labelOutsideRoot: "a volume label outside of the root"
    case .labelDiffers: "the label is not the boot sector's"
    case .labelContent: "the label has a cluster or a size"
    case .longNameOrder: "LDIR_Ord is out of order"
    case .longNameOrphan: "parts of a long name that belong to nothing"
    case .longNameChecksum: "LDIR_Chksum is not the short name's"
    case .longNameType: "LDIR_Type is not 0"
    case .longNameCluster: "LDIR_FstClusLO is not 0"
    case .longNamePadding: "the long name is not filled up as it should be"
    case .longNameEmpty: "a part of the long name is empty"
    case .longNameTooLong: "the long name has more than 255 units"
    case .longNameIllFormed: "the long name has half of a surrogate pair"
    case .longNameIllegal: "the long name has a character that is not allowed"
    case .longNameEnding: "the long name ends with a dot or a space"
    }
  }
}
