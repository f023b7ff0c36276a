// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// What an inode of any ext volume says of its file.
///
/// Source: kernel documentation, ext4, "Index Nodes".
struct StoredInode {
  let number: UInt32
  let type: InodeType?
  /// The low twelve bits of `i_mode`.
  let permissions: UInt16
  let owner: Entry.Owner
  let modificationTime: Timestamp
  /// Bytes.
  let size: UInt64
  /// 0 where the inode is not in use.
  let linkCount: UInt16
  let flags: UInt32
  /// Block of the extended attributes; 0 where there is none.
  let attributeBlock: UInt64
  /// `i_block`, 60 bytes.
  let body: [UInt8]
  /// What stands behind the fields, from the magic number on; empty where there is none.
  let inlineAttributes: [UInt8]

  var hasExtents: Bool { flags & 0x8_0000 != 0 }  // EXT4_EXTENTS_FL
  var isEncrypted: Bool { flags & 0x800 != 0 }  // EXT4_ENCRYPT_FL
  var isAttribute: Bool { flags & 0x20_0000 != 0 }  // EXT4_EA_INODE_FL
  /// Whether the content stands in the inode, and goes on in an attribute.
  var hasInlineContent: Bool { flags & 0x1000_0000 != 0 }  // EXT4_INLINE_DATA_FL
  /// A symbolic link whose target is in `body`.
  var isFastLink: Bool { type == .symbolicLink && !hasExtents && !hasInlineContent && size < 60 }
}

extension StoredInode {
  private enum Field {
    static let userLow = 0x02  // i_uid
    static let modificationTime = 0x10  // i_mtime
    static let groupLow = 0x18  // i_gid
    static let userHigh = 0x78  // l_i_uid_high
    static let groupHigh = 0x7A  // l_i_gid_high
    static let modificationTimeExtra = 0x88  // i_mtime_extra
    static let classicByteCount = 128
  }

  /// - Parameter slot: all bytes of the inode, 128 at least.
  init(decoding slot: RawSpan, number: UInt32, features: Checker.Features) {
    self.number = number
    let mode: UInt16 = slot.load(at: InodeField.mode)
    type = InodeType(mode: mode)
    permissions = mode & 0xFFF
    let user = (
      low: slot.load(UInt16.self, at: Field.userLow), high: slot.load(UInt16.self, at: Field.userHigh)
    )
    let group = (
      low: slot.load(UInt16.self, at: Field.groupLow), high: slot.load(UInt16.self, at: Field.groupHigh)
    )
    owner = Entry.Owner(
      user: UInt32(user.low) | UInt32(user.high) << 16, group: UInt32(group.low) | UInt32(group.high) << 16)
    linkCount = slot.load(at: InodeField.linkCount)
    flags = slot.load(at: InodeField.flags)
    let sizeHigh: UInt32 = slot.load(at: InodeField.sizeHigh)
    // Of a directory it is an attribute's block on old volumes.
    let hasHighSize = type == .regular || features.hasLargeDirectories
    size = UInt64(slot.load(UInt32.self, at: InodeField.size)) | (hasHighSize ? UInt64(sizeHigh) << 32 : 0)
    let attributeHigh: UInt16 = features.is64Bit ? slot.load(at: InodeField.attributeBlockHigh) : 0
    attributeBlock =
      UInt64(slot.load(UInt32.self, at: InodeField.attributeBlock)) | UInt64(attributeHigh) << 32
    body = slot.copy(InodeField.blocks..<InodeField.blocks + 60)
    let end = Self.fieldsEnd(slot)
    modificationTime = Self.time(slot, fieldsEnd: end)
    let hasAttributes = slot.byteCount - end >= 4 && slot.load(UInt32.self, at: end) == StoredAttribute.magic
    inlineAttributes = hasAttributes ? slot.copy(end..<slot.byteCount) : []
  }

  /// Where the fields end and attributes may begin: the end of the slot where it holds none.
  private static func fieldsEnd(_ slot: RawSpan) -> Int {
    guard slot.byteCount > Field.classicByteCount else { return slot.byteCount }
    let extra = Int(slot.load(UInt16.self, at: InodeField.extraSize))
    let end = Field.classicByteCount + extra
    return extra == 0 || !extra.isMultiple(of: 4) || end > slot.byteCount ? slot.byteCount : end
  }

  /// The lower 32 bits are signed; two bits more count how often they have come round.
  private static func time(_ slot: RawSpan, fieldsEnd: Int) -> Timestamp {
    let seconds = Int64(slot.load(Int32.self, at: Field.modificationTime))
    guard slot.byteCount > Field.classicByteCount, fieldsEnd >= Field.modificationTimeExtra + 4 else {
      return Timestamp(seconds: seconds)
    }
    let extra: UInt32 = slot.load(at: Field.modificationTimeExtra)
    return Timestamp(
      seconds: seconds + Int64(extra & 3) << 32, nanoseconds: min(extra >> 2, 999_999_999))
  }

  /// Nodes on the way from the inode to a leaf, as the root of the tree has it. `eh_depth`.
  var extentDepth: Int { Int(body[6]) | Int(body[7]) << 8 }

  /// Of a character or block device. The old form has a byte for each number.
  var deviceNumber: (major: UInt32, minor: UInt32) {
    let body = unsafe body.span.bytes
    let old: UInt32 = body.load(at: 0)
    if old != 0 { return (old >> 8 & 0xFF, old & 0xFF) }
    let number: UInt32 = body.load(at: 4)
    return (number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xF_FF00)
  }
}
