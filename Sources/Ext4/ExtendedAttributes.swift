// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// Where a file's extended attributes lie: behind the inode's fields if there is room, else in a block.
enum AttributeStorage {
  case none
  /// Up to 96 bytes.
  case inode([UInt8])
  /// 4,096 bytes, the checksum not set.
  case block([UInt8])
}

/// Extended attributes as the volume holds them.
///
/// Entries grow from the start, values from the end, with four zero bytes at least between them.
///
/// Source: kernel documentation, ext4, "Extended Attributes".
struct ExtendedAttributes {
  /// In the order that a block wants: by name index, length and name.
  private let attributes: [Attribute]

  private struct Attribute {
    let index: UInt8
    let name: [UInt8]
    let value: [UInt8]

    var entryByteCount: Int { 16 + (name.count + 3) & ~3 }
    var valueByteCount: Int { (value.count + 3) & ~3 }
  }

  private enum Layout {
    static let magic: UInt32 = 0xEA02_0000
    /// Between the inode's fields and its end.
    static let inodeByteCount = 96
    /// The magic number.
    static let inodeHeaderByteCount = 4
    static let blockByteCount = Int(Format.blockSize)
    static let blockHeaderByteCount = 32
    static let referenceCount = 4  // h_refcount
    static let blockCount = 8  // h_blocks
    static let hash = 12  // h_hash
    static let checksum = 16  // h_checksum
    static let terminatorByteCount = 4
  }

  init(_ attributes: [Entry.ExtendedAttribute]) throws(Problem.Reason) {
    var list: [Attribute] = []
    for attribute in attributes { list.append(try Self.attribute(attribute)) }
    list.sort { left, right in
      if left.index != right.index { return left.index < right.index }
      if left.name.count != right.name.count { return left.name.count < right.name.count }
      return left.name.lexicographicallyPrecedes(right.name)
    }
    for (first, second) in zip(list, list.dropFirst()) where first.index == second.index {
      guard first.name != second.name else { throw .badAttributeName(first.name) }
    }
    self.attributes = list
  }

  func storage() throws(Problem.Reason) -> AttributeStorage {
    guard !attributes.isEmpty else { return .none }
    let byteCount = attributes.reduce(Layout.terminatorByteCount) {
      $0 + $1.entryByteCount + $1.valueByteCount
    }
    if byteCount <= Layout.inodeByteCount - Layout.inodeHeaderByteCount { return .inode(inodeBytes()) }
    guard byteCount <= Layout.blockByteCount - Layout.blockHeaderByteCount else { throw .attributesTooLarge }
    return .block(blockBytes())
  }

  /// A block of attributes with the checksum that it has in `block` of the volume.
  ///
  /// - Parameter seed: the volume's `checksumSeed`; nil for a block without a checksum.
  static func seal(_ bytes: [UInt8], block: UInt64, seed: UInt32?) -> [UInt8] {
    guard let seed else { return bytes }
    var buffer = AlignedBuffer(byteCount: 8 + bytes.count)
    var all = buffer.mutableBytes
    all.store(block, at: 0)
    all.store(bytes, at: 8)
    var sealed = bytes
    sealed.store(CRC32C.checksum(buffer.bytes, seed: seed), at: Layout.checksum)
    return sealed
  }

  private func inodeBytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Layout.inodeByteCount)
    bytes.store(Layout.magic, at: 0)
    _ = encode(into: &bytes, at: Layout.inodeHeaderByteCount, origin: Layout.inodeHeaderByteCount)
    return bytes
  }

  private func blockBytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Layout.blockByteCount)
    bytes.store(Layout.magic, at: 0)
    bytes.store(UInt32(1), at: Layout.referenceCount)
    bytes.store(UInt32(1), at: Layout.blockCount)
    let hashes = encode(into: &bytes, at: Layout.blockHeaderByteCount, origin: 0)
    bytes.store(hashes.reduce(0) { ($0 << 16 | $0 >> 16) ^ $1 }, at: Layout.hash)
    return bytes
  }

  /// Writes entries from `start` on and values from the end, whose offsets count from `origin`; returns the
  /// hashes.
  private func encode(into bytes: inout [UInt8], at start: Int, origin: Int) -> [UInt32] {
    var hashes: [UInt32] = []
    var position = start
    var valuePosition = bytes.count
    for attribute in attributes {
      valuePosition -= attribute.valueByteCount
      bytes.replaceSubrange(valuePosition..<valuePosition + attribute.value.count, with: attribute.value)
      bytes[position] = UInt8(attribute.name.count)  // e_name_len
      bytes[position + 1] = attribute.index  // e_name_index
      let offset = attribute.value.isEmpty ? 0 : valuePosition - origin
      bytes.store(UInt16(offset), at: position + 2)  // e_value_offs
      bytes.store(UInt32(attribute.value.count), at: position + 8)  // e_value_size
      let hash = Self.hash(of: attribute)
      bytes.store(hash, at: position + 12)  // e_hash
      bytes.replaceSubrange(position + 16..<position + 16 + attribute.name.count, with: attribute.name)
      hashes.append(hash)
      position += attribute.entryByteCount
    }
    return hashes
  }

  private static func hash(of attribute: Attribute) -> UInt32 {
    var hash: UInt32 = 0
    for byte in attribute.name { hash = (hash << 5 | hash >> 27) ^ UInt32(byte) }
    let value = attribute.value + Array(repeating: 0, count: attribute.valueByteCount - attribute.value.count)
    for start in stride(from: 0, to: value.count, by: 4) {
      hash = (hash << 16 | hash >> 16) ^ value.loadUInt32(at: start)
    }
    return hash
  }
}

// Names and values as the system's calls have them.
extension ExtendedAttributes {
  private static let namespaces: [(prefix: String, index: UInt8)] = [
    ("user.", 1), ("trusted.", 4), ("security.", 6),
  ]
  private static let accessControlLists: [(name: String, index: UInt8)] = [
    ("system.posix_acl_access", 2), ("system.posix_acl_default", 3),
  ]
  private static let largestNameByteCount = 255

  private static func attribute(_ attribute: Entry.ExtendedAttribute) throws(Problem.Reason) -> Attribute {
    for (name, index) in accessControlLists where attribute.name.elementsEqual(name.utf8) {
      guard let value = accessControlList(attribute.value) else {
        throw .malformedAccessControlList(attribute.name)
      }
      return Attribute(index: index, name: [], value: value)
    }
    for (prefix, index) in namespaces where attribute.name.starts(with: prefix.utf8) {
      let name = Array(attribute.name.dropFirst(prefix.utf8.count))
      guard (1...largestNameByteCount).contains(name.count), !name.contains(0) else { break }
      return Attribute(index: index, name: name, value: attribute.value)
    }
    throw .badAttributeName(attribute.name)
  }

  /// An access control list in the volume's form, from that of the system's calls: version 1 instead of 2,
  /// and no identifier where the tag names nobody. Nil where it is neither.
  ///
  /// Source: Linux include/uapi/linux/posix_acl_xattr.h and fs/ext4/acl.h, which the documentation leaves
  /// out.
  private static func accessControlList(_ value: [UInt8]) -> [UInt8]? {
    let headerByteCount = 4
    let entryByteCount = 8
    guard value.count >= headerByteCount, (value.count - headerByteCount) % entryByteCount == 0,
      value.loadUInt32(at: 0) == 2
    else { return nil }
    var bytes: [UInt8] = [1, 0, 0, 0]
    for start in stride(from: headerByteCount, to: value.count, by: entryByteCount) {
      switch UInt16(value[start]) | UInt16(value[start + 1]) << 8 {
      // ACL_USER and ACL_GROUP; then the owner, the group, the mask and others.
      case 0x02, 0x08: bytes += value[start..<start + 8]
      case 0x01, 0x04, 0x10, 0x20: bytes += value[start..<start + 4]
      default: return nil
      }
    }
    return bytes
  }
}

extension [UInt8] {
  fileprivate func loadUInt32(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << UInt32($1 * 8) }
  }

  fileprivate mutating func store<T: FixedWidthInteger & UnsignedInteger>(_ value: T, at offset: Int) {
    for index in 0..<T.bitWidth / 8 { self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }
}
