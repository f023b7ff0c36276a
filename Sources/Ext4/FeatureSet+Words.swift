// SPDX-License-Identifier: Apache-2.0
import CExt2fs

extension FeatureSet.Feature {
  /// The feature's bit, in that one of the superblock's three words that it belongs to.
  var word: (compatible: UInt32, incompatible: UInt32, readOnlyCompatible: UInt32) {
    switch self {
    // Comes with the journal.
    case .journal: (0, 0, 0)
    case .extendedAttributes: (UInt32(EXT2_FEATURE_COMPAT_EXT_ATTR), 0, 0)
    case .roomForGrowth: (UInt32(EXT2_FEATURE_COMPAT_RESIZE_INODE), 0, 0)
    case .directoryIndexes: (UInt32(EXT2_FEATURE_COMPAT_DIR_INDEX), 0, 0)
    case .entryTypes: (0, UInt32(EXT2_FEATURE_INCOMPAT_FILETYPE), 0)
    case .extents: (0, UInt32(EXT3_FEATURE_INCOMPAT_EXTENTS), 0)
    case .wideBlockNumbers: (0, UInt32(EXT4_FEATURE_INCOMPAT_64BIT), 0)
    case .flexibleGroups: (0, UInt32(EXT4_FEATURE_INCOMPAT_FLEX_BG), 0)
    case .sparseSuperblocks: (0, 0, UInt32(EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER))
    case .largeFiles: (0, 0, UInt32(EXT2_FEATURE_RO_COMPAT_LARGE_FILE))
    case .hugeFiles: (0, 0, UInt32(EXT4_FEATURE_RO_COMPAT_HUGE_FILE))
    case .groupChecksums: (0, 0, UInt32(EXT4_FEATURE_RO_COMPAT_GDT_CSUM))
    case .directoryLinkOverflow: (0, 0, UInt32(EXT4_FEATURE_RO_COMPAT_DIR_NLINK))
    case .extraInodeSize: (0, 0, UInt32(EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE))
    case .metadataChecksums: (0, 0, UInt32(EXT4_FEATURE_RO_COMPAT_METADATA_CSUM))
    }
  }
}
