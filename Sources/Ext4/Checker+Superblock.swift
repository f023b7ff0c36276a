// SPDX-License-Identifier: Apache-2.0
import Blocks

extension Checker {
  /// Where everything lies, as the superblock has it: the numbers that the rest relies on.
  struct Layout {
    /// Bytes.
    let blockSize: UInt64
    let blockCount: UInt64
    let firstDataBlock: UInt64
    let blocksPerGroup: UInt64
    let groupCount: UInt32
    let inodeCount: UInt32
    let inodesPerGroup: UInt32
    /// Bytes.
    let inodeSize: Int
    /// The first that a file can have.
    let firstInode: UInt32
    /// Of descriptors, with the room for growth, where they stand together.
    let descriptorBlockCount: UInt64
    let features: Features
    let freeBlockCount: UInt64
    let freeInodeCount: UInt64
    /// Inodes that need no name: the journal's, those of quotas and of orphans.
    let namelessInodes: [UInt32]
    /// Of multiple mount protection; nil without it.
    let protectionBlock: UInt64?
    let hasUnsignedHash: Bool

    func contains(_ block: UInt64) -> Bool { block >= firstDataBlock && block < blockCount }

    /// Blocks of a group.
    func blocks(ofGroup group: UInt32) -> Range<UInt64> {
      let start = firstDataBlock + UInt64(group) * blocksPerGroup
      return start..<min(start + blocksPerGroup, blockCount)
    }

    /// The group's first inode.
    func firstInode(ofGroup group: UInt32) -> UInt32 { group * inodesPerGroup + 1 }

    var inodeTableBlockCount: UInt64 {
      (UInt64(inodesPerGroup) * UInt64(inodeSize)).dividedRoundingUp(by: blockSize)
    }
  }

  /// What of a volume's features the check depends on.
  struct Features {
    let compatible: UInt32
    let incompatible: UInt32
    let readOnlyCompatible: UInt32

    var hasIndexes: Bool { compatible & 0x20 != 0 }
    var hasRoomForGrowth: Bool { compatible & 0x10 != 0 }
    var hasEntryTypes: Bool { incompatible & 0x2 != 0 }
    var hasMetaGroups: Bool { incompatible & 0x10 != 0 }
    var is64Bit: Bool { incompatible & 0x80 != 0 }
    var hasMountProtection: Bool { incompatible & 0x100 != 0 }
    var hasLargeDirectories: Bool { incompatible & 0x4000 != 0 }
    var hasHugeFiles: Bool { readOnlyCompatible & 0x8 != 0 }
    var hasDirectoryLinkOverflow: Bool { readOnlyCompatible & 0x20 != 0 }
    var hasMetadataChecksums: Bool { readOnlyCompatible & 0x400 != 0 }
    var hasGroupChecksums: Bool { readOnlyCompatible & 0x410 != 0 }
    var needsRecovery: Bool { hasUnwrittenJournal || readOnlyCompatible & 0x1_0000 != 0 }
    /// Whether changes stand in the journal alone.
    var hasUnwrittenJournal: Bool { incompatible & 0x4 != 0 }
    var hasAttributeInodes: Bool { incompatible & 0x400 != 0 }
    var hasClusters: Bool { readOnlyCompatible & 0x200 != 0 }

    /// Those that this checker judges, or that don't matter to it. Source: kernel documentation, ext4, "Super Block".
    static let known: [(field: Int, bits: UInt32)] = [
      // dir_prealloc, has_journal, ext_attr, resize_inode, dir_index, sparse_super2, fast_commit, stable_inodes,
      // orphan_file
      (SuperblockField.compatibleFeatures, 0x1E3D),
      // filetype, recover, meta_bg, extents, 64bit, mmp, flex_bg, csum_seed, largedir, encrypt
      (SuperblockField.incompatibleFeatures, 0x1_63D6),
      // sparse_super, large_file, huge_file, gdt_csum, dir_nlink, extra_isize, quota, metadata_csum, readonly,
      // project, verity, orphan_present
      (SuperblockField.readOnlyFeatures, 0x1_B57B),
    ]

    /// Those that a reader must know, and which of them `VolumeReader` does.
    static let readable: [(field: Int, bits: UInt32)] = [
      // The same, and ea_inode, inline_data, casefold.
      (SuperblockField.incompatibleFeatures, 0x3_E7D6)
    ]
  }
}

/// Byte offsets in the superblock, with the documentation's names.
enum SuperblockField {
  static let inodeCount = 0x0  // s_inodes_count
  static let blockCount = 0x4  // s_blocks_count_lo
  static let reservedBlockCount = 0x8  // s_r_blocks_count_lo
  static let freeBlockCount = 0xC  // s_free_blocks_count_lo
  static let freeInodeCount = 0x10  // s_free_inodes_count
  static let firstDataBlock = 0x14  // s_first_data_block
  static let logBlockSize = 0x18  // s_log_block_size
  static let logClusterSize = 0x1C  // s_log_cluster_size
  static let blocksPerGroup = 0x20  // s_blocks_per_group
  static let clustersPerGroup = 0x24  // s_clusters_per_group
  static let inodesPerGroup = 0x28  // s_inodes_per_group
  static let magic = 0x38  // s_magic
  static let state = 0x3A  // s_state
  static let revision = 0x4C  // s_rev_level
  static let firstInode = 0x54  // s_first_ino
  static let inodeSize = 0x58  // s_inode_size
  static let group = 0x5A  // s_block_group_nr
  static let compatibleFeatures = 0x5C  // s_feature_compat
  static let incompatibleFeatures = 0x60  // s_feature_incompat
  static let readOnlyFeatures = 0x64  // s_feature_ro_compat
  static let uuid = 0x68  // s_uuid
  static let label = 0x78  // s_volume_name
  static let growthBlockCount = 0xCE  // s_reserved_gdt_blocks
  static let journalInode = 0xE0  // s_journal_inum
  static let lastOrphan = 0xE8  // s_last_orphan
  static let descriptorSize = 0xFE  // s_desc_size
  static let firstMetaGroup = 0x104  // s_first_meta_bg
  static let blockCountHigh = 0x150  // s_blocks_count_hi
  static let reservedBlockCountHigh = 0x154  // s_r_blocks_count_hi
  static let freeBlockCountHigh = 0x158  // s_free_blocks_count_hi
  static let flags = 0x160  // s_flags
  static let protectionBlock = 0x168  // s_mmp_block
  static let checksumType = 0x175  // s_checksum_type
  static let userQuotaInode = 0x240  // s_usr_quota_inum
  static let groupQuotaInode = 0x244  // s_grp_quota_inum
  static let projectQuotaInode = 0x26C  // s_prj_quota_inum
  static let orphanFileInode = 0x280  // s_orphan_file_inum
  static let checksum = 0x3FC  // s_checksum
}

extension Checker {
  /// The superblock: what is found before libext2fs gets to see the volume.
  ///
  /// Source: kernel documentation, ext4, "Super Block".
  struct SuperblockCheck: ~Copyable {
    private let source: VolumeSource
    private let purpose: Purpose
    private let report: (Finding) -> Void
    private(set) var summary = Summary()
    private var buffer = AlignedBuffer(byteCount: byteCount)
    /// Whether the numbers found so far tell where everything lies.
    private var isSound = true

    static let offset: UInt64 = 1024
    static let byteCount = 1024
    static let magic: UInt16 = 0xEF53

    private typealias Field = SuperblockField

    /// What the numbers are for.
    enum Purpose {
      case checking
      /// Features that matter only to who writes, or judges, may be there.
      case reading
    }

    init(
      _ source: VolumeSource, for purpose: Purpose = .checking, report: @escaping (Finding) -> Void
    ) {
      self.source = source
      self.purpose = purpose
      self.report = report
    }

    /// - Returns: nil where the rest can't be looked at.
    mutating func layout() throws(Ext4Error) -> Layout? {
      guard try read(), load(Field.magic) == Self.magic else {
        note(.magic, Field.magic, found: UInt64(load(Field.magic) as UInt16), expected: UInt64(Self.magic))
        return nil
      }
      checkChecksum()
      guard checkFeatures() else { return nil }
      checkState()
      checkSizes()
      guard isSound else { return nil }
      checkCounts()
      guard isSound else { return nil }
      summary.isComplete = true
      let layout = makeLayout()
      summary.blockSize = layout.blockSize
      summary.blockCount = layout.blockCount
      summary.inodeCount = layout.inodeCount
      return layout
    }
  }
}

extension Checker.SuperblockCheck {
  /// - Returns: false where the target has no superblock.
  private mutating func read() throws(Ext4Error) -> Bool {
    let source = source
    var bytes = buffer.mutableBytes
    return try source.read(into: &bytes, at: Self.offset)
  }

  private func load<T: FixedWidthInteger & BitwiseCopyable>(_ field: Int) -> T {
    buffer.bytes.load(T.self, at: field)
  }

  private func number(_ field: Int) -> UInt64 { UInt64(load(field) as UInt32) }

  private mutating func note(
    _ kind: Finding.Kind, _ field: Int, found: UInt64? = nil, expected: UInt64? = nil
  ) {
    let finding = Finding(
      kind, offset: Self.offset + UInt64(field), found: found, expected: expected)
    summary.count(finding)
    report(finding)
  }

  /// A number that the rest relies on.
  private mutating func require(
    _ isRight: Bool, _ kind: Finding.Kind, _ field: Int, found: UInt64? = nil,
    expected: UInt64? = nil
  ) {
    guard !isRight else { return }
    note(kind, field, found: found, expected: expected)
    isSound = false
  }

  private var features: Checker.Features {
    Checker.Features(
      compatible: load(Field.compatibleFeatures), incompatible: load(Field.incompatibleFeatures),
      readOnlyCompatible: load(Field.readOnlyFeatures))
  }

  private mutating func checkChecksum() {
    guard features.hasMetadataChecksums else { return }
    let type: UInt8 = load(Field.checksumType)
    require(type == 1, .checksumType, Field.checksumType, found: UInt64(type), expected: 1)
    let checksum = UInt64(CRC32C.checksum(buffer.bytes.extracting(first: Field.checksum)))
    if number(Field.checksum) != checksum {
      note(.superblockChecksum, Field.checksum, found: number(Field.checksum), expected: checksum)
    }
  }

  /// - Returns: false where the volume can't be judged.
  private mutating func checkFeatures() -> Bool {
    let revision = number(Field.revision)
    require(revision <= 1, .revision, Field.revision, found: revision, expected: 1)
    for (field, bits) in purpose == .checking ? Checker.Features.known : Checker.Features.readable {
      let unknown = number(field) & ~UInt64(bits)
      require(unknown == 0, .unsupportedFeature, field, found: unknown)
    }
    require(
      purpose == .reading || !features.needsRecovery, .needsRecovery, Field.incompatibleFeatures)
    return isSound
  }

  private mutating func checkState() {
    let state: UInt16 = load(Field.state)
    if state & 1 == 0 { note(.notClean, Field.state, found: UInt64(state)) }
    if state & 2 != 0 { note(.hasErrors, Field.state, found: UInt64(state)) }
    let orphan = number(Field.lastOrphan)
    if orphan != 0 { note(.orphanList, Field.lastOrphan, found: orphan, expected: 0) }
  }

  /// What nothing else can be told without.
  private mutating func checkSizes() {
    let logSize = number(Field.logBlockSize)
    require(
      logSize <= 6 && isClusterSize(number(Field.logClusterSize)), .blockSize, Field.logBlockSize,
      found: logSize)
    guard isSound else { return }
    let first = number(Field.firstDataBlock)
    let expected: UInt64 = logSize == 0 ? 1 : 0
    require(
      first == expected || features.hasClusters && first == 0, .firstDataBlock, Field.firstDataBlock,
      found: first, expected: expected)
    let inode = inodeSize
    require(
      inode >= 128 && inode <= blockSize && inode & (inode - 1) == 0, .inodeSize, Field.inodeSize,
      found: inode)
    let perGroup = number(Field.blocksPerGroup)
    require(
      perGroup >= 256 && perGroup <= 8 * blockSize * blocksPerCluster && perGroup.isMultiple(of: 8)
        && perGroup == number(Field.clustersPerGroup) * blocksPerCluster,
      .blocksPerGroup, Field.blocksPerGroup, found: perGroup)
    let descriptor = descriptorSize
    require(
      !features.is64Bit || descriptor >= 64 && descriptor <= 1024 && descriptor & (descriptor - 1) == 0,
      .descriptorSize, Field.descriptorSize, found: descriptor)
  }

  private mutating func checkCounts() {
    let count = blockCount
    require(count > number(Field.firstDataBlock) + 8, .blockCount, Field.blockCount, found: count)
    require(
      count <= source.size / blockSize, .volumeBeyondTarget, Field.blockCount, found: count,
      expected: source.size / blockSize)
    let inodesPerGroup = number(Field.inodesPerGroup)
    require(
      inodesPerGroup > 0 && inodesPerGroup <= 8 * blockSize && inodesPerGroup.isMultiple(of: 8)
        && inodesPerGroup * inodeSize / blockSize < number(Field.blocksPerGroup),
      .inodesPerGroup, Field.inodesPerGroup, found: inodesPerGroup)
    guard isSound else { return }
    let inodeCount = number(Field.inodeCount)
    require(
      inodeCount == groupCount * inodesPerGroup, .inodeCount, Field.inodeCount, found: inodeCount,
      expected: groupCount * inodesPerGroup)
    require(
      firstInode >= 11 && firstInode <= inodeCount, .firstInode, Field.firstInode, found: firstInode)
    let reserved = wide(Field.reservedBlockCount, Field.reservedBlockCountHigh)
    if reserved > count / 2 { note(.reservedBlockCount, Field.reservedBlockCount, found: reserved) }
    let growth = growthBlockCount
    require(growth <= blockSize / 4, .growthBlockCount, Field.growthBlockCount, found: growth)
    let meta = number(Field.firstMetaGroup)
    require(
      !features.hasMetaGroups || meta <= descriptorBlockCount, .firstMetaGroup, Field.firstMetaGroup,
      found: meta)
  }

  private var blockSize: UInt64 { 1024 << number(Field.logBlockSize) }

  /// The largest cluster has 512 MiB, as the library has it.
  private func isClusterSize(_ logSize: UInt64) -> Bool {
    let logBlockSize = number(Field.logBlockSize)
    return features.hasClusters ? (logBlockSize...19).contains(logSize) : logSize == logBlockSize
  }

  private var blocksPerCluster: UInt64 { 1 << (number(Field.logClusterSize) - number(Field.logBlockSize)) }

  private func wide(_ low: Int, _ high: Int) -> UInt64 {
    number(low) | (features.is64Bit ? number(high) << 32 : 0)
  }

  private var blockCount: UInt64 { wide(Field.blockCount, Field.blockCountHigh) }
  private var isOld: Bool { number(Field.revision) == 0 }
  private var inodeSize: UInt64 { isOld ? 128 : UInt64(load(Field.inodeSize) as UInt16) }
  private var firstInode: UInt64 { isOld ? 11 : number(Field.firstInode) }
  private var growthBlockCount: UInt64 { UInt64(load(Field.growthBlockCount) as UInt16) }
  private var descriptorSize: UInt64 {
    features.is64Bit ? UInt64(load(Field.descriptorSize) as UInt16) : 32
  }
  private var groupCount: UInt64 {
    (blockCount - number(Field.firstDataBlock)).dividedRoundingUp(by: number(Field.blocksPerGroup))
  }
  private var descriptorBlockCount: UInt64 {
    groupCount.dividedRoundingUp(by: blockSize / descriptorSize)
  }

  private func makeLayout() -> Checker.Layout {
    let nameless = [
      Field.journalInode, Field.userQuotaInode, Field.groupQuotaInode, Field.projectQuotaInode,
      Field.orphanFileInode,
    ].map { load($0) as UInt32 }
    return Checker.Layout(
      blockSize: blockSize, blockCount: blockCount, firstDataBlock: number(Field.firstDataBlock),
      blocksPerGroup: number(Field.blocksPerGroup), groupCount: UInt32(groupCount),
      inodeCount: load(Field.inodeCount), inodesPerGroup: load(Field.inodesPerGroup),
      inodeSize: Int(inodeSize), firstInode: UInt32(firstInode),
      descriptorBlockCount: features.hasMetaGroups
        ? number(Field.firstMetaGroup) : descriptorBlockCount + growthBlockCount,
      features: features, freeBlockCount: wide(Field.freeBlockCount, Field.freeBlockCountHigh),
      freeInodeCount: number(Field.freeInodeCount), namelessInodes: nameless,
      protectionBlock: features.hasMountProtection ? load(Field.protectionBlock) : nil,
      hasUnsignedHash: number(Field.flags) & 2 != 0)
  }
}
