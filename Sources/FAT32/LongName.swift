// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The name of a file as people write it, in UTF-16, and the directory entries that hold it.
///
/// Every name that is no upper-case 8.3 name gets one, `config.txt` too. Windows and Linux keep the case of such a
/// name in two bits of `DIR_NTRes`, which the specification wants to be zero; a long name before an alias that is the
/// name in upper case is what it asks for, what every reader knows, and what the Raspberry Pi's boot ROM, which looks
/// for the alias, and its later stages, which look for the long name, both find.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Long Directory Entries".
struct LongName: Equatable, Sendable {
  /// Up to 255, without an end mark.
  let units: [UInt16]

  static let largestUnitCount = 255
  /// UTF-16 units in one directory entry.
  static let unitsPerSlot = 13

  /// - Parameter bytes: UTF-8.
  init(_ bytes: some Collection<UInt8>) {
    if bytes.allSatisfy({ $0 < 0x80 }) {
      units = bytes.map(UInt16.init)
    } else {
      units = Array(String(decoding: bytes, as: UTF8.self).utf16)
    }
  }

  /// Directory entries that a name of so many UTF-16 units takes, without the short one.
  static func slotCount(unitCount: Int) -> Int { (unitCount + unitsPerSlot - 1) / unitsPerSlot }

  var slotCount: Int { Self.slotCount(unitCount: units.count) }
}

// Which names FAT can hold.
extension LongName {
  /// Checks a name and returns its length in UTF-16 units.
  ///
  /// Names that only Windows' own programs refuse (CON, NUL, LPT1…) are legal on the volume and pass.
  static func unitCount(checking bytes: ArraySlice<UInt8>) throws(Problem.NameFault) -> Int {
    let isASCII = bytes.allSatisfy { $0 < 0x80 }
    for byte in bytes where byte < 0x80 {
      if byte < 0x20 { throw .controlCharacter(Unicode.Scalar(byte)) }
      if isIllegal(byte) { throw .illegalCharacter(Unicode.Scalar(byte)) }
    }
    let count = isASCII ? bytes.count : try unitCount(checkingUnicode: bytes)
    guard count <= largestUnitCount else { throw .tooLong(unitCount: count) }
    if let last = bytes.last, last == UInt8(ascii: ".") || last == UInt8(ascii: " ") {
      throw .endsWith(Unicode.Scalar(last))
    }
    return count
  }

  private static func unitCount(
    checkingUnicode bytes: ArraySlice<UInt8>
  ) throws(Problem.NameFault) -> Int {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    // 0xFFFF fills up the last entry of a long name: one in the name would end it.
    if text.utf16.contains(0xFFFF) { throw .illegalCharacter("\u{FFFF}") }
    return text.utf16.count
  }

  private static func isIllegal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "<"),
      UInt8(ascii: ">"), UInt8(ascii: "?"), UInt8(ascii: "\\"), UInt8(ascii: "|"):
      true
    default: false
    }
  }

  /// The same bytes for all names that a reader of FAT takes for the same: in upper case, each character for itself.
  static func folded(_ bytes: some Collection<UInt8>) -> [UInt8] {
    if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.map(ShortName.upperCase) }
    var folded: [UInt8] = []
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      folded.append(contentsOf: UTF8.encode(upperCase(scalar)) ?? UTF8.encodedReplacementCharacter)
    }
    return folded
  }

  /// Windows' table has single characters only, none beyond the first 65,536.
  private static func upperCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard scalar.value <= 0xFFFF else { return scalar }
    let mapping = scalar.properties.uppercaseMapping.unicodeScalars
    guard let first = mapping.first, mapping.count == 1 else { return scalar }
    return first
  }
}

// The directory entries.
extension LongName {
  /// Byte offsets, with the specification's names.
  private enum Field {
    static let order = 0  // LDIR_Ord
    static let attributes = 11  // LDIR_Attr
    static let type = 12  // LDIR_Type
    static let checksum = 13  // LDIR_Chksum
    static let firstCluster = 26  // LDIR_FstClusLO
    /// Where each of the thirteen units stands: LDIR_Name1, LDIR_Name2, LDIR_Name3.
    static func unit(_ index: Int) -> Int {
      switch index {
      case ..<5: 1 + 2 * index
      case ..<11: 14 + 2 * (index - 5)
      default: 28 + 2 * (index - 11)
      }
    }
  }

  /// Set in the order of the name's last part, which stands first.
  private static let lastPart: UInt8 = 0x40

  /// Writes the entry that stands at `index` before the short one's, into 32 zero bytes.
  ///
  /// - Parameters:
  ///   - index: 0 for the entry that comes first, which holds the end of the name.
  ///   - checksum: the short name's.
  func encode(slot index: Int, checksum: UInt8, into slot: inout MutableRawSpan) {
    let order = slotCount - index
    slot.store(UInt8(order) | (index == 0 ? Self.lastPart : 0), at: Field.order)
    slot.store(DirectoryEntry.Attributes.longName.rawValue, at: Field.attributes)
    slot.store(checksum, at: Field.checksum)
    let start = (order - 1) * Self.unitsPerSlot
    for position in 0..<Self.unitsPerSlot {
      slot.store(unit(at: start + position), at: Field.unit(position))
    }
  }

  /// The name, then a zero, then filling.
  private func unit(at index: Int) -> UInt16 {
    index < units.count ? units[index] : index == units.count ? 0 : 0xFFFF
  }

  /// One directory entry of a long name.
  struct Part: Equatable, Sendable {
    /// From 1 for the beginning of the name.
    let order: Int
    /// Whether the name ends with it.
    let isLast: Bool
    /// The short name's.
    let checksum: UInt8
    /// Thirteen; fewer where the name ends.
    let units: [UInt16]

    /// - Throws: `damaged` for a number that no long name has.
    init(decoding slot: RawSpan) throws(FAT32Error) {
      let orderByte: UInt8 = slot.load(at: Field.order)
      order = Int(orderByte & ~LongName.lastPart)
      isLast = orderByte & LongName.lastPart != 0
      checksum = slot.load(at: Field.checksum)
      let attributes: UInt8 = slot.load(at: Field.attributes)
      let type: UInt8 = slot.load(at: Field.type)
      let cluster: UInt16 = slot.load(at: Field.firstCluster)
      guard (1...LongName.slotCount(unitCount: LongName.largestUnitCount)).contains(order) else {
        throw .damaged(.longName, field: "LDIR_Ord", found: UInt64(orderByte))
      }
      guard attributes & 0x3F == DirectoryEntry.Attributes.longName.rawValue else {
        throw .damaged(.longName, field: "LDIR_Attr", found: UInt64(attributes))
      }
      guard type == 0 else { throw .damaged(.longName, field: "LDIR_Type", found: UInt64(type)) }
      guard cluster == 0 else {
        throw .damaged(.longName, field: "LDIR_FstClusLO", found: UInt64(cluster))
      }
      units = try Self.units(slot, isLast: isLast)
    }

    /// The units before the zero; behind it there must be nothing but filling.
    private static func units(_ slot: RawSpan, isLast: Bool) throws(FAT32Error) -> [UInt16] {
      let all: [UInt16] = (0..<LongName.unitsPerSlot).map { slot.load(at: Field.unit($0)) }
      guard let end = all.firstIndex(of: 0) else {
        if all.contains(0xFFFF) { throw .damaged(.longName, field: "LDIR_Name", found: 0xFFFF) }
        return all
      }
      guard isLast, end > 0, !all[..<end].contains(0xFFFF) else {
        throw .damaged(.longName, field: "LDIR_Name", found: 0)
      }
      if let other = all[(end + 1)...].first(where: { $0 != 0xFFFF }) {
        throw .damaged(.longName, field: "LDIR_Name", found: UInt64(other))
      }
      return Array(all[..<end])
    }
  }

  /// Puts a name together from its parts in the order in which they stand in the directory.
  ///
  /// - Parameter checksum: the short name's.
  /// - Throws: `damaged` where a part is missing, out of order or belongs to another short name.
  init(_ parts: [Part], checksum: UInt8) throws(FAT32Error) {
    var units: [UInt16] = []
    for (index, part) in parts.enumerated() {
      guard part.order == parts.count - index, part.isLast == (index == 0) else {
        throw .damaged(.longName, field: "LDIR_Ord", found: UInt64(part.order))
      }
      guard part.checksum == checksum else {
        throw .damaged(.longName, field: "LDIR_Chksum", found: UInt64(part.checksum))
      }
      units = part.units + units
    }
    guard units.count <= Self.largestUnitCount else {
      throw .damaged(.longName, field: "LDIR_Name", found: UInt64(units.count))
    }
    self.units = units
  }
}
