// SPDX-License-Identifier: Apache-2.0
import Blocks
import CExt2fs

/// Sole owner of an `ext2_filsys` that was opened to be judged or read: where its metadata lie and whether checksums
/// hold.
///
/// The library gets to see the superblock only after `SuperblockCheck` has found its numbers sound, and no structure
/// of variable length whose bounds have not been checked: it was not written for garbage.
@safe
struct CheckedFileSystem: ~Copyable {
  let raw: ext2_filsys

  private init(owning raw: ext2_filsys) { unsafe self.raw = raw }

  deinit { unsafe ext2fs_free(raw) }

  /// - Parameter ignoresChecksums: whether the library hands out what has a wrong checksum, too.
  static func open(
    _ source: VolumeSource, ignoresChecksums: Bool = true
  ) throws(Ext4Error) -> CheckedFileSystem {
    initialize_ext2_error_table()
    var raw: ext2_filsys?
    let flags = EXT2_FLAG_64BITS | (ignoresChecksums ? EXT2_FLAG_IGNORE_CSUM_ERRORS : 0)
    let code = unsafe ext2fs_open2(
      ReadChannel.name(of: source), nil, flags, 0, 0, ReadChannel.manager, &raw)
    if let failure = source.failure { throw .target(failure) }
    guard code == 0, let raw = unsafe raw else {
      let text = unsafe String(cString: error_message(code))
      throw .library(code: code, doing: "read the superblock and group descriptors", text: text)
    }
    return unsafe CheckedFileSystem(owning: raw)
  }
}

// Group descriptors.
extension CheckedFileSystem {
  /// What a group descriptor says.
  struct Group {
    let blockBitmap: UInt64
    let inodeBitmap: UInt64
    let inodeTable: UInt64
    let freeBlockCount: UInt32
    let freeInodeCount: UInt32
    let directoryCount: UInt32
    let unusedInodeCount: UInt32
    let hasBlockBitmap: Bool
    let hasInodeBitmap: Bool
    let hasValidChecksum: Bool
  }

  func group(_ number: UInt32) -> Group {
    let flags = unsafe ext2fs_bg_flags(raw, number)
    return Group(
      blockBitmap: unsafe ext2fs_block_bitmap_loc(raw, number),
      inodeBitmap: unsafe ext2fs_inode_bitmap_loc(raw, number),
      inodeTable: unsafe ext2fs_inode_table_loc(raw, number),
      freeBlockCount: unsafe ext2fs_bg_free_blocks_count(raw, number),
      freeInodeCount: unsafe ext2fs_bg_free_inodes_count(raw, number),
      directoryCount: unsafe ext2fs_bg_used_dirs_count(raw, number),
      unusedInodeCount: unsafe ext2fs_bg_itable_unused(raw, number),
      hasBlockBitmap: flags & UInt16(EXT2_BG_BLOCK_UNINIT) == 0,
      hasInodeBitmap: flags & UInt16(EXT2_BG_INODE_UNINIT) == 0,
      hasValidChecksum: unsafe ext2fs_group_desc_csum_verify(raw, number) != 0)
  }

  func hasSuperblock(_ group: UInt32) -> Bool { unsafe ext2fs_bg_has_super(raw, group) != 0 }

  /// Blocks of the superblock, of descriptors and of their growth that the group begins with.
  ///
  /// - Parameter descriptorBlockCount: with the room for growth, where they stand together.
  func leadingBlocks(of group: UInt32, descriptorBlockCount: UInt64) -> [Range<UInt64>] {
    var superblock: UInt64 = 0
    var descriptors: UInt64 = 0
    var ownDescriptors: UInt64 = 0
    let code = unsafe ext2fs_super_and_bgd_loc2(
      raw, group, &superblock, &descriptors, &ownDescriptors, nil)
    guard code == 0 else { return [] }
    var ranges: [Range<UInt64>] = []
    if superblock > 0 || group == 0 { ranges.append(superblock..<superblock + 1) }
    if descriptors > 0 { ranges.append(descriptors..<descriptors + descriptorBlockCount) }
    if ownDescriptors > 0 { ranges.append(ownDescriptors..<ownDescriptors + 1) }
    return ranges
  }
}

// Checksums. All hold where the volume has none.
extension CheckedFileSystem {
  /// - Parameter bytes: as many as the group has bits for blocks.
  func isValid(blockBitmap bytes: RawSpan, ofGroup group: UInt32) -> Bool {
    unsafe withMutable(bytes) { start, count in
      unsafe ext2fs_block_bitmap_csum_verify(raw, group, start.assumingMemoryBound(to: CChar.self), count)
        != 0
    }
  }

  /// - Parameter bytes: as many as the group has bits for inodes.
  func isValid(inodeBitmap bytes: RawSpan, ofGroup group: UInt32) -> Bool {
    unsafe withMutable(bytes) { start, count in
      unsafe ext2fs_inode_bitmap_csum_verify(raw, group, start.assumingMemoryBound(to: CChar.self), count)
        != 0
    }
  }

  /// - Parameter slot: all bytes of the inode; the library sets its checksum to 0 for a moment.
  func isValid(inode number: UInt32, _ slot: inout MutableRawSpan) -> Bool {
    unsafe slot.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe ext2fs_inode_csum_verify(
        raw, number, start.assumingMemoryBound(to: ext2_inode_large.self))
        != 0
    }
  }

  /// - Parameter block: of which `eh_max` is known to be right.
  func isValid(extents block: inout AlignedBuffer, ofInode number: UInt32) -> Bool {
    var bytes = block.mutableBytes
    return unsafe bytes.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe ext2fs_extent_block_csum_verify(
        raw, number, start.assumingMemoryBound(to: ext3_extent_header.self)) != 0
    }
  }

  func isValid(directory block: inout AlignedBuffer, ofInode number: UInt32) -> Bool {
    var bytes = block.mutableBytes
    return unsafe bytes.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe ext2fs_dir_block_csum_verify(
        raw, number, start.assumingMemoryBound(to: ext2_dir_entry.self)) != 0
    }
  }

  func isValid(attributes block: inout AlignedBuffer, at number: UInt64, ofInode inode: UInt32) -> Bool {
    var bytes = block.mutableBytes
    return unsafe bytes.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe ext2fs_ext_attr_block_csum_verify(
        raw, inode, number, start.assumingMemoryBound(to: ext2_ext_attr_header.self)) != 0
    }
  }

  /// The library's prototypes lack a `const`: it only reads.
  private func withMutable(_ bytes: RawSpan, _ body: (UnsafeMutableRawPointer, CInt) -> Bool) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe body(UnsafeMutableRawPointer(mutating: start), CInt(buffer.count))
    }
  }
}

// Names.
extension CheckedFileSystem {
  /// The hash that an index of the version goes by; nil for a version that the library doesn't know.
  func hash(of name: RawSpan, version: UInt8) -> UInt32? {
    var hash: UInt32 = 0
    let code = unsafe name.withUnsafeBytes { bytes in
      unsafe withUnsafeMutablePointer(to: &raw.pointee.super.pointee.s_hash_seed) { seed in
        unsafe ext2fs_dirhash2(
          CInt(version), bytes.assumingMemoryBound(to: CChar.self).baseAddress, CInt(bytes.count), nil, 0,
          UnsafeRawPointer(seed).assumingMemoryBound(to: UInt32.self), &hash, nil)
      }
    }
    return code == 0 ? hash : nil
  }
}
