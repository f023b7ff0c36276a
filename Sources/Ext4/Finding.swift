// SPDX-License-Identifier: Apache-2.0

/// Something on a volume that is not as ext4 has it: what, where, and the numbers that tell.
public struct Finding: Equatable, Sendable {
  public let kind: Kind
  /// Where it stands, in bytes from the start of the volume.
  public let offset: UInt64?
  /// Number of the block group, from 0.
  public let group: UInt32?
  /// Number of the inode, from 1.
  public let inode: UInt32?
  /// What is there.
  public let found: UInt64?
  /// What should be there.
  public let expected: UInt64?

  init(
    _ kind: Kind, offset: UInt64? = nil, group: UInt32? = nil, inode: UInt32? = nil, found: UInt64? = nil,
    expected: UInt64? = nil
  ) {
    self.kind = kind
    self.offset = offset
    self.group = group
    self.inode = inode
    self.found = found
    self.expected = expected
  }

  public var severity: Severity { kind.severity }

  public enum Severity: String, Sendable {
    /// The format is violated, or something is lost or can't be reached.
    case error
    /// Legal, or at least harmless, and still not what a formatter or a clean unmount leaves; or nothing that this
    /// checker can judge.
    case warning
  }
}

extension Finding {
  /// What can be wrong. Sections in quotes are those of the kernel documentation, ext4, "Data Structures and
  /// Algorithms".
  public enum Kind: String, CaseIterable, Sendable {
    // "Super Block".
    /// `s_magic` is not 0xEF53: this is no ext4 volume.
    case magic
    /// `s_checksum` is not that of the superblock.
    case superblockChecksum
    /// `s_checksum_type` is not 1, CRC32C.
    case checksumType
    /// `s_rev_level` is above 1.
    case revision
    /// A feature that this checker doesn't know, or can't judge: so many bits. Nothing more is looked at.
    case unsupportedFeature
    /// Changes that stand in the journal alone. Nothing more is looked at: what is in place is not the whole.
    case needsRecovery
    /// `s_state` says that the volume was not unmounted.
    case notClean
    /// `s_state` says that a kernel met errors.
    case hasErrors
    /// `s_log_block_size` is above 6 (64 KiB), or `s_log_cluster_size` is another.
    case blockSize
    /// `s_first_data_block` is not 0, or 1 with blocks of 1,024 bytes.
    case firstDataBlock
    /// `s_blocks_per_group` or `s_clusters_per_group` is no multiple of 8 that a bitmap of one block holds.
    case blocksPerGroup
    /// `s_inodes_per_group` is no multiple of 8 that a bitmap of one block, or a group, holds.
    case inodesPerGroup
    /// `s_inode_size` is no power of two from 128 bytes to a block.
    case inodeSize
    /// `s_first_ino` is below 11 or beyond the last inode.
    case firstInode
    /// `s_desc_size` is no power of two from 64 to 1,024 on a volume with 64 bits.
    case descriptorSize
    /// `s_blocks_count` is too small for a group.
    case blockCount
    /// `s_blocks_count` reaches beyond the end of the target.
    case volumeBeyondTarget
    /// `s_inodes_count` is not that of all groups.
    case inodeCount
    /// `s_r_blocks_count` is more than half of the volume's blocks.
    case reservedBlockCount
    /// `s_reserved_gdt_blocks` is more than an indirect block numbers.
    case growthBlockCount
    /// `s_first_meta_bg` is beyond the last block of descriptors.
    case firstMetaGroup
    /// `s_free_blocks_count` is not what the bitmaps say.
    case freeBlockCount
    /// `s_free_inodes_count` is not what the bitmaps say.
    case freeInodeCount
    /// `s_last_orphan` names a file that was deleted and not yet freed.
    case orphanList
    /// A backup of the superblock has a wrong magic number, group or checksum.
    case backupSuperblock

    // "Block Group Descriptors", "Block and Inode Bitmaps".
    /// `bg_checksum` is not the descriptor's.
    case descriptorChecksum
    /// `bg_block_bitmap` is no block of the volume.
    case blockBitmapLocation
    /// `bg_inode_bitmap` is no block of the volume.
    case inodeBitmapLocation
    /// `bg_inode_table` begins or ends outside of the volume.
    case inodeTableLocation
    /// So many blocks from here on are a bitmap's or a table's and something else's.
    case metadataOverlaps
    /// `bg_block_bitmap_csum` is not the block bitmap's.
    case blockBitmapChecksum
    /// `bg_inode_bitmap_csum` is not the inode bitmap's.
    case inodeBitmapChecksum
    /// Bits of a block bitmap that stand for no block are not all set.
    case blockBitmapPadding
    /// Bits of an inode bitmap that stand for no inode are not all set.
    case inodeBitmapPadding
    /// `bg_free_blocks_count` is not what the bitmap says.
    case groupFreeBlockCount
    /// `bg_free_inodes_count` is not what the bitmap says.
    case groupFreeInodeCount
    /// `bg_used_dirs_count` is not the number of directories.
    case groupDirectoryCount
    /// `bg_itable_unused` counts inodes that are in use, or more than there are.
    case groupUnusedInodeCount
    /// So many blocks from here on are in use and marked as free.
    case blockMarkedFree
    /// So many blocks from here on are marked as in use, and nothing has them.
    case blockUnreferenced

    // "Index Nodes".
    /// `i_checksum` is not the inode's.
    case inodeChecksum
    /// `i_mode` is no type of file.
    case inodeType
    /// An inode that is in use, but marked as free.
    case inodeMarkedFree
    /// An inode that is marked as in use and has no name.
    case inodeMarkedUsed
    /// `i_dtime` of an inode in use is not 0.
    case deletionTime
    /// `i_extra_isize` is no multiple of 4, or reaches beyond the inode.
    case extraSize
    /// `i_blocks` is not what the file has, in its own unit.
    case inodeBlockCount
    /// A symbolic link whose target is empty, longer than a block or has a NUL in it.
    case symbolicLink
    /// `i_links_count` is not the number of names.
    case linkCount
    /// A file or a directory that has no name.
    case inodeUnreferenced
    /// The room for growth is not what the inode kept for it has.
    case resizeInode

    // "The Contents of inode.i_block".
    /// `eh_magic`, `eh_entries`, `eh_max` or `eh_depth` is none that can stand there.
    case extentHeader
    /// An extent or a node that begins before the one before it ends.
    case extentOrder
    /// `ee_len` is 0.
    case extentLength
    /// An extent that was never written to, `ee_len` above 32,768, in a directory or a symbolic link.
    case extentUnwritten
    /// `eb_checksum` is not that of the block of extents.
    case extentChecksum
    /// A file has blocks that are none of the volume.
    case blockOutside
    /// So many blocks of this file are another's, too, or stand in it twice.
    case blockClaimedTwice

    // "Extended Attributes".
    /// `h_magic` or `h_blocks` of a block of attributes is wrong.
    case attributeBlock
    /// `h_checksum` is not that of the block of attributes.
    case attributeBlockChecksum
    /// `h_refcount` is not the number of inodes that have the block.
    case attributeReferenceCount

    // "Directory Entries".
    /// Inode 2 is no directory.
    case rootDirectory
    /// `i_size` of a directory is not that of its blocks.
    case directorySize
    /// A directory with a hole.
    case directoryHole
    /// The checksum of a block of a directory is wrong or missing.
    case directoryChecksum
    /// `rec_len` is too short for the name, no multiple of 4 or reaches beyond the block.
    case entryLength
    /// A name is empty, or has a slash or a NUL in it.
    case entryName
    /// An entry's inode is none of the volume, or is one that can't have a name.
    case entryInode
    /// An entry's inode is not in use.
    case entryInodeUnused
    /// `file_type` is not that of the inode.
    case entryType
    /// A directory does not begin with `.`, which is itself.
    case dot
    /// A directory's second entry is not `..`, which is the directory above.
    case dotDot
    /// A directory with two names.
    case directoryLinkedTwice
    /// A directory with a name that no path from the root leads to.
    case directoryUnreachable

    // "Hash Tree Directories".
    /// `hash_version`, `info_length` or `indirect_levels` of an index is none that there is.
    case indexRoot
    /// `limit` is not what the block holds, or `count` is 0 or above it.
    case indexLimit
    /// Hashes in an index that don't ascend.
    case indexOrder
    /// A block that is missing in the index, stands in it twice or is none of the directory.
    case indexBlock
    /// A name in a block that its hash does not lead to.
    case indexHash
  }
}

extension Finding.Kind {
  public var severity: Finding.Severity {
    switch self {
    case .unsupportedFeature, .needsRecovery, .notClean, .hasErrors, .orphanList, .backupSuperblock,
      .blockBitmapPadding, .inodeBitmapPadding:
      .warning
    default: .error
    }
  }
}

extension Finding: CustomStringConvertible {
  /// One line: where, what, and what should be there.
  public var description: String {
    let places = [
      group.map { "group \($0)" }, inode.map { "inode \($0)" }, offset.map { "byte \($0)" },
    ].compactMap(\.self).joined(separator: ", ")
    let found = found.map { ": \($0)" } ?? ""
    let expected = expected.map { ", should be \($0)" } ?? ""
    return (places.isEmpty ? "" : "\(places): ") + kind.description + found + expected
  }
}

extension Finding.Kind: CustomStringConvertible {
  /// The sentence without place and numbers.
  public var description: String {
    switch self {
    case .magic: "s_magic is wrong, so this is no ext4 volume"
    case .superblockChecksum: "the superblock's checksum is wrong"
    case .checksumType: "s_checksum_type is not CRC32C"
    case .revision: "s_rev_level is unknown"
    case .unsupportedFeature: "features that this checker doesn't judge"
    case .needsRecovery: "changes stand in the journal alone; mount the volume once"
    case .notClean: "the volume was not unmounted"
    case .hasErrors: "a kernel has met errors"
    case .blockSize: "s_log_block_size or s_log_cluster_size is no size of a block"
    case .firstDataBlock: "s_first_data_block is wrong"
    case .blocksPerGroup: "s_blocks_per_group is none that a bitmap holds"
    case .inodesPerGroup: "s_inodes_per_group is none that a bitmap or a group holds"
    case .inodeSize: "s_inode_size is no size of an inode"
    case .firstInode: "s_first_ino is no inode that a file can have"
    case .descriptorSize: "s_desc_size is no size of a descriptor"
    case .blockCount: "s_blocks_count leaves no room for a group"
    case .volumeBeyondTarget: "s_blocks_count reaches beyond the end of the partition or image"
    case .inodeCount: "s_inodes_count is not that of all groups"
    case .reservedBlockCount: "s_r_blocks_count is more than half of the volume"
    case .growthBlockCount: "s_reserved_gdt_blocks is more than there can be"
    case .firstMetaGroup: "s_first_meta_bg is beyond the descriptors"
    case .freeBlockCount: "s_free_blocks_count is not what the bitmaps say"
    case .freeInodeCount: "s_free_inodes_count is not what the bitmaps say"
    case .orphanList: "s_last_orphan names a file that waits for its end"
    case .backupSuperblock: "the backup of the superblock is none"
    case .descriptorChecksum: "the descriptor's checksum is wrong"
    case .blockBitmapLocation: "bg_block_bitmap is no block of the volume"
    case .inodeBitmapLocation: "bg_inode_bitmap is no block of the volume"
    case .inodeTableLocation: "bg_inode_table is not within the volume"
    case .metadataOverlaps: "blocks of a bitmap or a table that belong to something else, too"
    case .blockBitmapChecksum: "the block bitmap's checksum is wrong"
    case .inodeBitmapChecksum: "the inode bitmap's checksum is wrong"
    case .blockBitmapPadding: "bits behind the block bitmap's last block are not set"
    case .inodeBitmapPadding: "bits behind the inode bitmap's last inode are not set"
    case .groupFreeBlockCount: "bg_free_blocks_count is not what the bitmap says"
    case .groupFreeInodeCount: "bg_free_inodes_count is not what the bitmap says"
    case .groupDirectoryCount: "bg_used_dirs_count is not the number of directories"
    case .groupUnusedInodeCount: "bg_itable_unused counts inodes that are in use"
    case .blockMarkedFree: "blocks that are in use and marked as free"
    case .blockUnreferenced: "blocks that are marked as in use and nothing has"
    case .inodeChecksum: "the inode's checksum is wrong"
    case .inodeType: "i_mode is no type of file"
    case .inodeMarkedFree: "the inode is in use and marked as free"
    case .inodeMarkedUsed: "the inode is marked as in use and has no link"
    case .deletionTime: "the inode is in use and has a time of deletion"
    case .extraSize: "i_extra_isize is no size that the inode has"
    case .inodeBlockCount: "i_blocks is not what the file has"
    case .symbolicLink: "the symbolic link has no target that can be"
    case .linkCount: "i_links_count is not the number of names"
    case .inodeUnreferenced: "no directory has it"
    case .resizeInode: "the room for growth is not where it should be"
    case .extentHeader: "a node of extents has a header that can't be"
    case .extentOrder: "an extent begins before the one before it ends"
    case .extentLength: "an extent has no blocks"
    case .extentUnwritten: "an extent of a directory or a symbolic link was never written to"
    case .extentChecksum: "the checksum of a block of extents is wrong"
    case .blockOutside: "the file has blocks that are none of the volume"
    case .blockClaimedTwice: "blocks of the file that belong to something else, too"
    case .attributeBlock: "the block of extended attributes is none"
    case .attributeBlockChecksum: "the checksum of the block of extended attributes is wrong"
    case .attributeReferenceCount: "h_refcount is not the number of inodes that have the attributes"
    case .rootDirectory: "the root is no directory"
    case .directorySize: "the directory's size is not that of its blocks"
    case .directoryHole: "the directory has a hole"
    case .directoryChecksum: "the checksum of a block of the directory is wrong"
    case .entryLength: "rec_len is none that the entry can have"
    case .entryName: "a name that none can be"
    case .entryInode: "an entry's inode is none that can have a name"
    case .entryInodeUnused: "an entry's inode is not in use"
    case .entryType: "file_type is not that of the inode"
    case .dot: "the directory does not begin with \".\", which is itself"
    case .dotDot: "the directory's \"..\" is not the directory above"
    case .directoryLinkedTwice: "the directory has a second name"
    case .directoryUnreachable: "no path from the root leads to the directory"
    case .indexRoot: "the index begins with what none does"
    case .indexLimit: "a node of the index has a limit or a count that can't be"
    case .indexOrder: "hashes of the index don't ascend"
    case .indexBlock: "a block of the directory that does not stand in the index exactly once"
    case .indexHash: "a name that the index does not lead to"
    }
  }
}
