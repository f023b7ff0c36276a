// SPDX-License-Identifier: Apache-2.0
import Blocks
import CExt2fs

/// Sole owner of an `ext2_filsys`, which ends once: in `close()` or, abandoned, in `deinit`.
///
/// The library lays out the volume and keeps its bitmaps, group descriptors and superblocks; it works on a
/// `MetadataStore`, never on the target.
@safe
struct FileSystemHandle: ~Copyable {
  private let raw: ext2_filsys

  private init(owning raw: ext2_filsys) { unsafe self.raw = raw }

  deinit { unsafe ext2fs_free(raw) }

  /// Makes an empty volume without a root directory: bitmaps and tables placed, reserved inodes marked, room
  /// for growth and the journal written to `store`.
  static func format(_ format: Format, in store: MetadataStore) throws(Ext4Error) -> FileSystemHandle {
    try format.validate()
    let handle = try initialize(format, in: store)
    handle.applyIdentity(of: format)
    try check(unsafe ext2fs_allocate_tables(handle.raw), "place bitmaps and inode tables")
    if !format.features.contains(.metadataChecksums) { handle.zeroInodeTables(in: store) }
    for inode in 1..<Inode.lostAndFound {
      unsafe ext2fs_inode_alloc_stats2(handle.raw, inode, 1, inode == Inode.root ? 1 : 0)
    }
    if format.features.contains(.roomForGrowth) {
      try check(unsafe ext2fs_create_resize_inode(handle.raw), "reserve room for growth")
    }
    if format.hasJournal { try handle.addJournal(to: format) }
    try check(unsafe ext2fs_flush_icache(handle.raw), "write the reserved inodes")
    handle.noteOverhead()
    return handle
  }

  /// Writes bitmaps, descriptors and superblocks to the store, and frees.
  consuming func close() throws(Ext4Error) {
    let code = unsafe ext2fs_close2(raw, EXT2_FLAG_FLUSH_NO_SYNC)
    // It frees only where it succeeds.
    if code != 0 { unsafe ext2fs_free(raw) }
    discard self
    try Self.check(code, "write the superblocks and group descriptors")
  }
}

// What the volume is like.
extension FileSystemHandle {
  var geometry: Geometry {
    let groupCount = unsafe raw.pointee.group_desc_count
    // The superblock's copy of the journal's inode ends with its size; all zeros without one.
    let journal = unsafe raw.pointee.super.pointee.s_jnl_blocks
    let journalSize = UInt64(journal.15) << 32 | UInt64(journal.16)
    return Geometry(
      blockCount: unsafe ext2fs_blocks_count(raw.pointee.super),
      inodeCount: unsafe raw.pointee.super.pointee.s_inodes_count,
      inodesPerGroup: unsafe raw.pointee.super.pointee.s_inodes_per_group,
      reservedBlockCount: unsafe ext2fs_r_blocks_count(raw.pointee.super),
      journalBlockCount: journalSize / Format.blockSize,
      inodeTables: (0..<groupCount).map { unsafe ext2fs_inode_table_loc(raw, $0) },
      checksumSeed: unsafe ext2fs_has_feature_metadata_csum(raw.pointee.super) != 0
        ? raw.pointee.csum_seed : nil)
  }

  /// Blocks that stand behind the group descriptors for more of them.
  var growthBlockCount: UInt32 { unsafe UInt32(raw.pointee.super.pointee.s_reserved_gdt_blocks) }

  /// Blocks that nothing has, in ascending order, ends excluded.
  func freeRuns() -> [Range<UInt64>] {
    var runs: [Range<UInt64>] = []
    var position: UInt64 = 0
    let last = unsafe ext2fs_blocks_count(raw.pointee.super) - 1
    var first: UInt64 = 0
    while position <= last,
      unsafe ext2fs_find_first_zero_block_bitmap2(raw.pointee.block_map, position, last, &first) == 0
    {
      var end: UInt64 = 0
      if unsafe ext2fs_find_first_set_block_bitmap2(raw.pointee.block_map, first, last, &end) != 0 {
        end = last + 1
      }
      runs.append(first..<end)
      position = end
    }
    return runs
  }

  /// Tells the library what is in use, and lets it sum that up.
  ///
  /// - Parameters:
  ///   - runs: blocks that were free.
  ///   - lastInode: it and every one before it.
  ///   - directoryCounts: directories among them, for each group that has any inode in use.
  func markUsed(
    _ runs: [Range<UInt64>], lastInode: UInt32, directoryCounts: [UInt32]
  ) throws(Ext4Error) {
    markUsed(runs)
    markUsedInodes(through: lastInode, directoryCounts: directoryCounts)
    unsafe ext2fs_mark_ib_dirty(raw)
    unsafe ext2fs_mark_bb_dirty(raw)
    unsafe ext2fs_mark_super_dirty(raw)
    try Self.check(unsafe ext2fs_set_gdt_csum(raw), "sum up the group descriptors")
  }

  private func markUsed(_ runs: [Range<UInt64>]) {
    // The library counts in 32 bits.
    let pieceSize: UInt64 = 1 << 30
    for run in runs {
      for start in stride(from: run.lowerBound, to: run.upperBound, by: Int(pieceSize)) {
        let count = min(pieceSize, run.upperBound - start)
        unsafe ext2fs_block_alloc_stats_range(raw, start, blk_t(count), 1)
      }
    }
  }

  private func markUsedInodes(through last: UInt32, directoryCounts: [UInt32]) {
    let first = Inode.lostAndFound
    unsafe ext2fs_mark_block_bitmap_range2(raw.pointee.inode_map, UInt64(first), last - first + 1)
    let perGroup = unsafe raw.pointee.super.pointee.s_inodes_per_group
    for (group, directoryCount) in directoryCounts.enumerated() {
      let usedCount = min(perGroup, last - UInt32(group) * perGroup)
      unsafe ext2fs_bg_free_inodes_count_set(raw, dgrp_t(group), perGroup - usedCount)
      unsafe ext2fs_bg_used_dirs_count_set(raw, dgrp_t(group), directoryCount)
      unsafe ext2fs_bg_flags_clear(raw, dgrp_t(group), UInt16(EXT2_BG_INODE_UNINIT))
    }
    unsafe raw.pointee.super.pointee.s_free_inodes_count = raw.pointee.super.pointee.s_inodes_count - last
  }
}

// The steps of formatting.
extension FileSystemHandle {
  private static func initialize(
    _ format: Format, in store: MetadataStore
  ) throws(Ext4Error) -> FileSystemHandle {
    _ = errorTable
    var parameters = parameters(of: format)
    var raw: ext2_filsys?
    let flags = EXT2_FLAG_EXCLUSIVE | EXT2_FLAG_64BITS
    let code = unsafe ext2fs_initialize("ext4", flags, &parameters, MetadataChannel.manager, &raw)
    try check(code, "lay out a volume of \(format.size) bytes")
    guard let raw = unsafe raw else { throw libraryError(errcode_t(ENOMEM), "lay out a volume") }
    unsafe MetadataChannel.attach(store, to: raw.pointee.io)
    return unsafe FileSystemHandle(owning: raw)
  }

  /// What the library derives everything else from. Source: mke2fs(8) and mke2fs.conf for the values.
  private static func parameters(of format: Format) -> ext2_super_block {
    var block = ext2_super_block()
    let blockCount = format.size / Format.blockSize
    block.s_rev_level = UInt32(EXT2_DYNAMIC_REV)
    block.s_log_block_size = 2
    block.s_log_cluster_size = 2
    block.s_inode_size = UInt16(Format.inodeSize)
    if format.features.contains(.wideBlockNumbers) { block.s_desc_size = UInt16(EXT2_MIN_DESC_SIZE_64BIT) }
    if format.features.contains(.flexibleGroups) { block.s_log_groups_per_flex = 4 }
    block.s_errors = format.errorBehavior.code
    setFeatures(format.features, in: &block)
    unsafe ext2fs_blocks_count_set(&block, blockCount)
    unsafe ext2fs_r_blocks_count_set(&block, format.reservedBlockPercentage.part(of: blockCount))
    block.s_inodes_count = format.inodeCount ?? UInt32(clamping: format.size / format.effectiveInodeRatio)
    return block
  }

  /// Sets all but the journal's, which comes with the journal.
  private static func setFeatures(_ features: FeatureSet, in block: inout ext2_super_block) {
    for feature in FeatureSet.Feature.allCases where features.contains(feature) {
      let word = feature.word
      block.s_feature_compat |= word.compatible
      block.s_feature_incompat |= word.incompatible
      block.s_feature_ro_compat |= word.readOnlyCompatible
    }
  }

  /// What the library would take from the clock, from the platform or from nowhere; before anything has a
  /// checksum.
  private func applyIdentity(of format: Format) {
    let seconds = UInt32(clamping: format.time.seconds)
    // The library takes 0 for "ask the clock".
    unsafe raw.pointee.now = time_t(max(seconds, 1))
    let block: UnsafeMutablePointer<ext2_super_block> = unsafe raw.pointee.super
    unsafe block.pointee.s_mkfs_time = seconds
    unsafe block.pointee.s_lastcheck = seconds
    unsafe block.pointee.s_max_mnt_count = -1
    unsafe block.pointee.s_checkinterval = 0
    unsafe block.pointee.s_creator_os = UInt32(EXT2_OS_LINUX)
    unsafe block.pointee.s_default_mount_opts = format.mountOptions.word
    unsafe block.pointee.s_def_hash_version = UInt8(EXT2_HASH_HALF_MD4)
    // The library goes by whether the platform's char has a sign.
    unsafe block.pointee.s_flags = UInt32(EXT2_FLAGS_SIGNED_HASH)
    if format.features.contains(.metadataChecksums) {
      unsafe block.pointee.s_checksum_type = UInt8(EXT2_CRC32C_CHKSUM)
    }
    unsafe withUnsafeMutableBytes(of: &block.pointee.s_uuid) { unsafe $0.copyBytes(from: format.uuid.bytes) }
    unsafe withUnsafeMutableBytes(of: &block.pointee.s_hash_seed) {
      unsafe $0.copyBytes(from: format.hashSeed.bytes)
    }
    unsafe withUnsafeMutableBytes(of: &block.pointee.s_volume_name) {
      unsafe $0.copyBytes(from: format.label.text.utf8)
    }
    unsafe withUnsafeMutableBytes(of: &block.pointee.s_mount_opts) {
      unsafe $0.copyBytes(from: format.extendedMountOptions.utf8)
    }
    unsafe ext2fs_init_csum_seed(raw)
  }

  /// What the volume itself takes, which a kernel would have to count at each mount; the one block of the
  /// inode that holds the room for growth is not counted, as mke2fs doesn't.
  private func noteOverhead() {
    let block: UnsafeMutablePointer<ext2_super_block> = unsafe raw.pointee.super
    let growthCount: UInt64 = unsafe ext2fs_has_feature_resize_inode(block) != 0 ? 1 : 0
    let usedCount = unsafe ext2fs_blocks_count(block) - ext2fs_free_blocks_count(block) - growthCount
    unsafe block.pointee.s_overhead_clusters = UInt32(clamping: usedCount)
  }

  /// Makes every inode read as unused. A kernel does so itself, some time after the first mount, where the
  /// features tell which inodes were never used; but not a kernel that knows no `metadata_csum`.
  private func zeroInodeTables(in store: MetadataStore) {
    let byteCount = unsafe UInt64(raw.pointee.inode_blocks_per_group) * Format.blockSize
    for group in unsafe 0..<raw.pointee.group_desc_count {
      let start = unsafe ext2fs_inode_table_loc(raw, group) * Format.blockSize
      store.zero(start..<start + byteCount)
      unsafe ext2fs_bg_flags_set(raw, group, UInt16(EXT2_BG_INODE_ZEROED))
    }
  }

  private func journalParameters(of format: Format) throws(Ext4Error) -> ext2fs_journal_params {
    var journal = ext2fs_journal_params()
    if case .blocks(let count) = format.journal {
      guard unsafe UInt64(count) <= ext2fs_free_blocks_count(raw.pointee.super) / 2 else {
        throw .invalidFormat(.journalTooLarge(blockCount: count, size: format.size))
      }
      journal.num_journal_blocks = count
    } else {
      try Self.check(unsafe ext2fs_get_journal_params(&journal, raw), "choose the size of the journal")
      journal.num_journal_blocks = min(journal.num_journal_blocks, Format.largestDefaultJournalBlockCount)
    }
    return journal
  }

  /// The journal stands behind the inode tables of the first groups: in the middle of the volume, where
  /// mke2fs puts it, it would divide the free space.
  private func addJournal(to format: Format) throws(Ext4Error) {
    var journal = try journalParameters(of: format)
    let hasFlexibleGroups = format.features.contains(.flexibleGroups)
    let groupCount = unsafe min(raw.pointee.group_desc_count, hasFlexibleGroups ? 16 : 1)
    let lastTable = (0..<groupCount).map { unsafe ext2fs_inode_table_loc(raw, $0) }.max() ?? 0
    let goal = unsafe lastTable + UInt64(raw.pointee.inode_blocks_per_group)
    try Self.check(
      unsafe ext2fs_add_journal_inode3(raw, &journal, goal, EXT2_MKJOURNAL_NO_MNT_CHECK), "make the journal")
  }
}

// The library's errors.
extension FileSystemHandle {
  /// Registers the library's texts, once.
  private static let errorTable: Void = initialize_ext2_error_table()

  private static func check(_ code: errcode_t, _ doing: String) throws(Ext4Error) {
    if code != 0 { throw libraryError(code, doing) }
  }

  private static func libraryError(_ code: errcode_t, _ doing: String) -> Ext4Error {
    .library(code: code, doing: doing, text: unsafe String(cString: error_message(code)))
  }
}

extension Ext4Error {
  /// Whether a larger volume might not have the error.
  var meansTooSmall: Bool {
    switch self {
    case .tooSmall, .invalidFormat(.journalTooLarge), .invalidFormat(.inodeCount): true
    case .library(let code, _, _):
      [
        errcode_t(EXT2_ET_TOOSMALL), errcode_t(EXT2_ET_TOO_MANY_INODES), errcode_t(EXT2_ET_BLOCK_ALLOC_FAIL),
      ].contains(code)
    default: false
    }
  }
}
