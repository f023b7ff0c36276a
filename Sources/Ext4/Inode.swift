// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// What a file is, but for its names: 256 bytes in an inode table.
///
/// Access, change and creation time are the modification time: an entry has no other.
///
/// Source: kernel documentation, ext4, "Index Nodes".
struct Inode {
  var type: FileType
  /// The low twelve bits of `i_mode`.
  var permissions: UInt16
  var owner: Entry.Owner
  var time: Timestamp
  /// In bytes.
  var size: UInt64 = 0
  var linkCount: UInt16 = 1
  /// All that belong to the file: content, extent nodes, attributes.
  var blockCount: UInt64 = 0
  var isIndexed = false
  /// Block of the extended attributes; 0 where there is none.
  var attributeBlock: UInt64 = 0
  /// What stands behind the fields: extended attributes, up to 96 bytes.
  var inlineAttributes: [UInt8] = []
  var body: Body

  /// The meaning of the 60 bytes of `i_block`.
  enum Body {
    case extents(ExtentNode)
    /// Up to 59 bytes.
    case linkTarget([UInt8])
    case device(major: UInt32, minor: UInt32)
    case none
  }
}

/// Numbers that never change.
extension Inode {
  static let root: UInt32 = 2
  static let resize: UInt32 = 7
  static let journal: UInt32 = 8
  static let lostAndFound: UInt32 = 11
  /// Longest target that lies in the inode.
  static let largestInlineTargetByteCount = 59
  /// More names make a file impossible. `EXT4_LINK_MAX`.
  static let largestLinkCount: UInt16 = 65000
  /// Seconds that 34 bits hold, counted from the lowest 32 bits' lowest.
  private static let seconds = -0x8000_0000...Int64(0x3_7FFF_FFFF)

  static func canHold(_ time: Timestamp) -> Bool {
    seconds.contains(time.seconds) && time.nanoseconds < 1_000_000_000
  }
}

/// What kind of file a name belongs to. The raw value is that of directory entries.
///
/// Source: kernel documentation, ext4, "Linear (Classic) Directories".
enum FileType: UInt8 {
  case regular = 1
  case directory = 2
  case characterDevice = 3
  case blockDevice = 4
  case fifo = 5
  case socket = 6
  case symbolicLink = 7

  /// The high four bits of `i_mode`.
  var modeBits: UInt16 {
    switch self {
    case .fifo: 0x1000
    case .characterDevice: 0x2000
    case .directory: 0x4000
    case .blockDevice: 0x6000
    case .regular: 0x8000
    case .symbolicLink: 0xA000
    case .socket: 0xC000
    }
  }
}

extension Inode {
  private enum Field {
    static let mode = 0x00  // i_mode
    static let userLow = 0x02  // i_uid
    static let sizeLow = 0x04  // i_size_lo
    static let accessTime = 0x08  // i_atime
    static let changeTime = 0x0C  // i_ctime
    static let modificationTime = 0x10  // i_mtime
    static let groupLow = 0x18  // i_gid
    static let linkCount = 0x1A  // i_links_count
    static let sectorCountLow = 0x1C  // i_blocks_lo
    static let flags = 0x20  // i_flags
    static let body = 0x28  // i_block
    static let attributeBlockLow = 0x68  // i_file_acl_lo
    static let sizeHigh = 0x6C  // i_size_high
    static let sectorCountHigh = 0x74  // l_i_blocks_high
    static let attributeBlockHigh = 0x76  // l_i_file_acl_high
    static let userHigh = 0x78  // l_i_uid_high
    static let groupHigh = 0x7A  // l_i_gid_high
    static let checksumLow = 0x7C  // l_i_checksum_lo
    static let extraSize = 0x80  // i_extra_isize
    static let checksumHigh = 0x82  // i_checksum_hi
    static let changeTimeExtra = 0x84  // i_ctime_extra
    static let modificationTimeExtra = 0x88  // i_mtime_extra
    static let accessTimeExtra = 0x8C  // i_atime_extra
    static let creationTime = 0x90  // i_crtime
    static let creationTimeExtra = 0x94  // i_crtime_extra
    static let inlineAttributes = 0xA0
  }

  private enum Flag {
    static let index: UInt32 = 0x1000  // EXT4_INDEX_FL
    static let extents: UInt32 = 0x80000  // EXT4_EXTENTS_FL
  }

  /// Bytes of the fields behind the first 128. `i_extra_isize`.
  private static let extraSize: UInt16 = 32
  private static let sectorsPerBlock: UInt64 = Format.blockSize / 512

  /// Writes everything but the checksum into `slot`, which is 256 zero bytes.
  func encode(into slot: inout MutableRawSpan) {
    slot.store(type.modeBits | permissions & 0xFFF, at: Field.mode)
    slot.store(UInt16(truncatingIfNeeded: owner.user), at: Field.userLow)
    slot.store(UInt16(truncatingIfNeeded: owner.user >> 16), at: Field.userHigh)
    slot.store(UInt16(truncatingIfNeeded: owner.group), at: Field.groupLow)
    slot.store(UInt16(truncatingIfNeeded: owner.group >> 16), at: Field.groupHigh)
    slot.store(UInt32(truncatingIfNeeded: size), at: Field.sizeLow)
    slot.store(UInt32(truncatingIfNeeded: size >> 32), at: Field.sizeHigh)
    slot.store(linkCount, at: Field.linkCount)
    let sectorCount = blockCount * Self.sectorsPerBlock
    slot.store(UInt32(truncatingIfNeeded: sectorCount), at: Field.sectorCountLow)
    slot.store(UInt16(truncatingIfNeeded: sectorCount >> 32), at: Field.sectorCountHigh)
    slot.store(UInt32(truncatingIfNeeded: attributeBlock), at: Field.attributeBlockLow)
    slot.store(UInt16(truncatingIfNeeded: attributeBlock >> 32), at: Field.attributeBlockHigh)
    slot.store(Self.extraSize, at: Field.extraSize)
    Self.encode(time, into: &slot)
    encodeBody(into: &slot)
    if !inlineAttributes.isEmpty { slot.store(inlineAttributes, at: Field.inlineAttributes) }
  }

  private func encodeBody(into slot: inout MutableRawSpan) {
    var flags: UInt32 = isIndexed ? Flag.index : 0
    switch body {
    case .extents(let node):
      flags |= Flag.extents
      node.encode(into: &slot, at: Field.body, capacity: ExtentNode.inodeCapacity)
    case .linkTarget(let target): slot.store(target, at: Field.body)
    case .device(let major, let minor):
      let isOld = major < 256 && minor < 256
      let number = isOld ? major << 8 | minor : minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
      slot.store(number, at: isOld ? Field.body : Field.body + 4)
    case .none: break
    }
    slot.store(flags, at: Field.flags)
  }

  /// Sets all four times of a slot, leaving the checksum as it was.
  static func encode(_ time: Timestamp, into slot: inout MutableRawSpan) {
    let low = UInt32(truncatingIfNeeded: time.seconds)
    let epoch = UInt32(truncatingIfNeeded: (time.seconds - Int64(Int32(bitPattern: low))) >> 32) & 3
    let extra = time.nanoseconds << 2 | epoch
    slot.store(low, at: Field.accessTime)
    slot.store(extra, at: Field.accessTimeExtra)
    slot.store(low, at: Field.changeTime)
    slot.store(extra, at: Field.changeTimeExtra)
    slot.store(low, at: Field.modificationTime)
    slot.store(extra, at: Field.modificationTimeExtra)
    slot.store(low, at: Field.creationTime)
    slot.store(extra, at: Field.creationTimeExtra)
  }

  /// Gives a slot one name more, leaving the checksum as it was. False where it has as many as there may be.
  static func addLink(to slot: inout MutableRawSpan) -> Bool {
    let count = slot.load(UInt16.self, at: Field.linkCount)
    guard count < largestLinkCount else { return false }
    slot.store(count + 1, at: Field.linkCount)
    return true
  }

  /// Sets a slot's checksum.
  ///
  /// - Parameter seed: `Geometry.checksumSeed(ofInode:)`; nil leaves the slot as it is.
  static func seal(_ slot: inout MutableRawSpan, seed: UInt32?) {
    guard let seed else { return }
    slot.store(UInt16(0), at: Field.checksumLow)
    slot.store(UInt16(0), at: Field.checksumHigh)
    let checksum = CRC32C.checksum(slot.bytes, seed: seed)
    slot.store(UInt16(truncatingIfNeeded: checksum), at: Field.checksumLow)
    slot.store(UInt16(truncatingIfNeeded: checksum >> 16), at: Field.checksumHigh)
  }
}
