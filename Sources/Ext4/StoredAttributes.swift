// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// An extended attribute as a volume holds it.
struct StoredAttribute {
  /// `e_name_index`, which stands for the beginning of the name.
  let index: UInt8
  /// The rest of it.
  let name: [UInt8]
  let value: Value

  enum Value {
    case bytes([UInt8])
    /// All content of that inode.
    case inode(UInt32, byteCount: Int)
  }

  /// The kernel gives no longer value to anyone. `XATTR_SIZE_MAX`.
  static let largestValueByteCount = 65536
}

/// Source: kernel documentation, ext4, "Extended Attributes".
extension StoredAttribute {
  static let magic: UInt32 = 0xEA02_0000
  /// Of a block.
  static let blockHeaderByteCount = 32
  /// Of what stands behind an inode's fields: the magic number.
  static let inodeHeaderByteCount = 4
  private static let entryByteCount = 16

  /// Reads a list of entries.
  ///
  /// - Parameters:
  ///   - bytes: the block, or what stands behind an inode's fields, where values' offsets count from `start`.
  ///   - start: of the first entry.
  ///   - origin: where values' offsets count from.
  /// - Returns: nil where an entry or a value lies outside.
  static func list(_ bytes: RawSpan, from start: Int, origin: Int) -> [StoredAttribute]? {
    var list: [StoredAttribute] = []
    var position = start
    // Four zero bytes end the list.
    while bytes.byteCount - position >= 4, bytes.load(UInt32.self, at: position) != 0 {
      guard bytes.byteCount - position >= entryByteCount else { return nil }
      let nameLength = Int(bytes.load(UInt8.self, at: position))  // e_name_len
      let nameStart = position + entryByteCount
      guard nameLength <= bytes.byteCount - nameStart, let value = value(bytes, at: position, origin: origin)
      else { return nil }
      let name = bytes.copy(nameStart..<nameStart + nameLength)
      list.append(StoredAttribute(index: bytes.load(at: position + 1), name: name, value: value))
      position = nameStart + (nameLength + 3) & ~3
    }
    return list
  }

  private static func value(_ bytes: RawSpan, at position: Int, origin: Int) -> Value? {
    let offset = Int(bytes.load(UInt16.self, at: position + 2))  // e_value_offs
    let inode: UInt32 = bytes.load(at: position + 4)  // e_value_inum
    let byteCount = Int(bytes.load(UInt32.self, at: position + 8))  // e_value_size
    guard byteCount <= largestValueByteCount else { return nil }
    if inode != 0 { return .inode(inode, byteCount: byteCount) }
    if byteCount == 0 { return .bytes([]) }
    let start = origin + offset
    guard start <= bytes.byteCount, byteCount <= bytes.byteCount - start else { return nil }
    return .bytes(bytes.copy(start..<start + byteCount))
  }
}

// Names and values as the system's calls have them.
extension StoredAttribute {
  /// Where the rest of a small file's content is, which is no attribute to anyone else.
  var isContent: Bool { index == 7 && name.elementsEqual("data".utf8) }

  /// Nil for a beginning that no document names.
  ///
  /// Source: kernel documentation, ext4, "Extended Attributes", "attribute name index".
  var fullName: [UInt8]? {
    let prefix: String
    switch index {
    case 0: prefix = ""
    case 1: prefix = "user."
    case 2: prefix = "system.posix_acl_access"
    case 3: prefix = "system.posix_acl_default"
    case 4: prefix = "trusted."
    case 6: prefix = "security."
    case 7: prefix = "system."
    case 8: prefix = "system.richacl"
    default: return nil
    }
    let isWhole = index == 2 || index == 3 || index == 8
    guard isWhole == name.isEmpty, !name.contains(0) else { return nil }
    return Array(prefix.utf8) + name
  }

  var isAccessControlList: Bool { index == 2 || index == 3 }

  /// An access control list in the form of getxattr(2), from that of the volume: version 2 instead of 1, and an
  /// identifier, which is -1, also where the tag names nobody. Nil where it is no list.
  ///
  /// Source: Linux include/uapi/linux/posix_acl_xattr.h and fs/ext4/acl.h, which the documentation leaves out.
  static func accessControlList(_ value: [UInt8]) -> [UInt8]? {
    guard value.count >= 4, unsafe value.span.bytes.load(UInt32.self, at: 0) == 1 else { return nil }
    var bytes: [UInt8] = [2, 0, 0, 0]
    var position = 4
    while position < value.count {
      guard value.count - position >= 4 else { return nil }
      switch unsafe value.span.bytes.load(UInt16.self, at: position) {
      // ACL_USER and ACL_GROUP; then the owner, the group, the mask and others.
      case 0x02, 0x08:
        guard value.count - position >= 8 else { return nil }
        bytes += value[position..<position + 8]
        position += 8
      case 0x01, 0x04, 0x10, 0x20:
        bytes += value[position..<position + 4] + [255, 255, 255, 255]
        position += 4
      default: return nil
      }
    }
    return bytes
  }
}
