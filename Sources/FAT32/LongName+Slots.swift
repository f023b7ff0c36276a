// SPDX-License-Identifier: Apache-2.0
internal import Blocks

// The directory entries that hold a name, 13 UTF-16 units each, the end of the name first.
//
// Source: Microsoft FAT32 File System Specification 1.03, "FAT Long Directory Entries" and "Organization and
// Association of Short & Long Directory Entries".
extension LongName {
  /// Byte offsets, with the specification's names.
  enum Field {
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

  /// Set in the order of the name's last part, which stands first. `LAST_LONG_ENTRY`.
  static let lastPart: UInt8 = 0x40

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
    /// From 1 for the beginning of the name. `LDIR_Ord` without its flag.
    let order: Int
    /// Whether the name ends with it. `LAST_LONG_ENTRY` in `LDIR_Ord`.
    let isLast: Bool
    /// The short name's. `LDIR_Chksum`.
    let checksum: UInt8
    /// Thirteen; fewer where the name ends. `LDIR_Name1`, `LDIR_Name2` and `LDIR_Name3`.
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
