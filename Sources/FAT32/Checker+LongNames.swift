// SPDX-License-Identifier: Apache-2.0
internal import Blocks

extension Checker {
  /// The parts of a long name while they come, its end first.
  struct LongNameParts {
    enum State {
      /// No part has come.
      case none
      /// Parts have come, and more may.
      case open
      /// Parts that have been told as faulty: nothing more is said of them.
      case broken
    }

    var state = State.none
    /// As many as the first one has said.
    var count = 0
    /// That of the part that must come next; 0 when all are there.
    var nextOrder = 0
    var checksum: UInt8 = 0
    /// Whether all parts have the same checksum.
    var isConsistent = true
    /// Where each part stands, by its order - 1.
    var offsets = [UInt64](repeating: 0, count: largestCount)
    var units = [UInt16](repeating: 0, count: largestCount * LongName.unitsPerSlot)

    static let largestCount = LongName.slotCount(unitCount: LongName.largestUnitCount)

    /// Of the part that came first, which holds the end of the name.
    var firstOffset: UInt64 { offsets[count - 1] }

    mutating func begin(_ count: Int, checksum: UInt8) {
      state = .open
      self.count = count
      nextOrder = count
      self.checksum = checksum
      isConsistent = true
    }

    /// Takes the thirteen units of the next part.
    mutating func append(_ slot: RawSpan, at offset: UInt64) {
      nextOrder -= 1
      offsets[nextOrder] = offset
      let start = nextOrder * LongName.unitsPerSlot
      for index in 0..<LongName.unitsPerSlot {
        units[start + index] = slot.load(at: LongName.Field.unit(index))
      }
    }

    /// Where a unit of the name stands, in bytes from the start of the volume.
    func offset(ofUnit index: Int) -> UInt64 {
      offsets[index / LongName.unitsPerSlot] + UInt64(LongName.Field.unit(index % LongName.unitsPerSlot))
    }
  }
}

extension Checker.DirectoryScan {
  /// Whether a folded long name is the short name of another entry.
  func hasShortName(_ name: [UInt8], otherThan alias: ShortName) -> Bool {
    guard let short = ShortName(name) else { return false }
    return short != alias && shortNames.contains(short)
  }
}

// Source: Microsoft FAT32 File System Specification 1.03, "FAT Long Directory Entries" and "Name Limits and Character
// Sets".
extension Checker.Run {
  private typealias Field = LongName.Field

  /// An entry that is no part has come.
  mutating func endLongName(_ scan: inout Checker.DirectoryScan) {
    if case .open = scan.longName.state { noteHere(.longNameOrphan, at: scan.longName.firstOffset) }
    scan.longName.state = .none
  }

  mutating func checkPart(_ slot: RawSpan, at offset: UInt64, _ scan: inout Checker.DirectoryScan) {
    checkPartFields(slot, at: offset)
    let order: UInt8 = slot.load(at: Field.order)
    let checksum: UInt8 = slot.load(at: Field.checksum)
    if order & LongName.lastPart != 0 {
      endLongName(&scan)
      let count = Int(order & ~LongName.lastPart)
      guard (1...Checker.LongNameParts.largestCount).contains(count) else {
        breakLongName(.longNameOrder, at: offset, found: order, &scan)
        return
      }
      scan.longName.begin(count, checksum: checksum)
    }
    switch scan.longName.state {
    case .none: breakLongName(.longNameOrphan, at: offset, found: order, &scan)
    case .broken: break
    case .open where order & ~LongName.lastPart != scan.longName.nextOrder || order == 0:
      breakLongName(.longNameOrder, at: offset, found: order, &scan)
    case .open:
      noteChecksum(checksum, at: offset, &scan.longName)
      scan.longName.append(slot, at: offset)
    }
  }

  private mutating func checkPartFields(_ slot: RawSpan, at offset: UInt64) {
    let attributes: UInt8 = slot.load(at: Field.attributes)
    if attributes & 0xC0 != 0 {
      noteHere(.attributesReserved, at: offset + UInt64(Field.attributes), found: UInt64(attributes))
    }
    let type: UInt8 = slot.load(at: Field.type)
    if type != 0 { noteHere(.longNameType, at: offset + UInt64(Field.type), found: UInt64(type)) }
    let cluster: UInt16 = slot.load(at: Field.firstCluster)
    if cluster != 0 {
      noteHere(.longNameCluster, at: offset + UInt64(Field.firstCluster), found: UInt64(cluster))
    }
  }

  private mutating func breakLongName(
    _ kind: Finding.Kind, at offset: UInt64, found: UInt8, _ scan: inout Checker.DirectoryScan
  ) {
    noteHere(kind, at: offset, found: UInt64(found))
    scan.longName.state = .broken
  }

  private mutating func noteChecksum(
    _ checksum: UInt8, at offset: UInt64, _ name: inout Checker.LongNameParts
  ) {
    guard checksum != name.checksum, name.isConsistent else { return }
    name.isConsistent = false
    noteHere(
      .longNameChecksum, at: offset + UInt64(Field.checksum), found: UInt64(checksum),
      expected: UInt64(name.checksum))
  }

  /// Ends the long name before a short one.
  ///
  /// - Returns: the name in UTF-8; nil where there is none, or it can't be told.
  mutating func takeLongName(
    for shortName: ShortName, _ scan: inout Checker.DirectoryScan
  ) -> [UInt8]? {
    let state = scan.longName.state
    scan.longName.state = .none
    guard case .open = state else { return nil }
    guard scan.longName.nextOrder == 0 else {
      noteHere(.longNameOrphan, at: scan.longName.firstOffset)
      return nil
    }
    guard scan.longName.isConsistent else { return nil }
    let checksum = shortName.checksum
    guard scan.longName.checksum == checksum else {
      noteHere(
        .longNameChecksum, at: scan.longName.firstOffset + UInt64(Field.checksum),
        found: UInt64(scan.longName.checksum), expected: UInt64(checksum))
      return nil
    }
    return checkedName(scan.longName)
  }

  private mutating func checkedName(_ parts: Checker.LongNameParts) -> [UInt8]? {
    guard let count = checkedLength(parts) else { return nil }
    if count > LongName.largestUnitCount {
      noteHere(
        .longNameTooLong, at: parts.firstOffset, found: UInt64(count),
        expected: UInt64(LongName.largestUnitCount))
      return nil
    }
    let units = parts.units[..<count]
    if let illegal = units.firstIndex(where: Self.isIllegal) {
      noteHere(.longNameIllegal, at: parts.offset(ofUnit: illegal), found: UInt64(units[illegal]))
      return nil
    }
    if let last = units.last, last == UInt16(UInt8(ascii: ".")) || last == UInt16(UInt8(ascii: " ")) {
      noteHere(.longNameEnding, at: parts.offset(ofUnit: count - 1), found: UInt64(last))
    }
    if units.allSatisfy({ $0 < 0x80 }) { return units.map { UInt8(truncatingIfNeeded: $0) } }
    guard let text = String(validating: units, as: UTF16.self) else {
      noteHere(.longNameIllFormed, at: parts.firstOffset)
      return nil
    }
    return Array(text.utf8)
  }

  /// The units before the zero, behind which only ones may stand; all, where there is neither.
  private mutating func checkedLength(_ parts: Checker.LongNameParts) -> Int? {
    let all = parts.units[..<(parts.count * LongName.unitsPerSlot)]
    let lastStart = all.count - LongName.unitsPerSlot
    guard let end = all.firstIndex(of: 0) else {
      guard let filling = all[lastStart...].firstIndex(of: 0xFFFF) else { return all.count }
      noteHere(.longNamePadding, at: parts.offset(ofUnit: filling), found: 0xFFFF)
      return nil
    }
    if end == lastStart {
      noteHere(.longNameEmpty, at: parts.firstOffset)
      return nil
    }
    if end < lastStart {
      noteHere(.longNamePadding, at: parts.offset(ofUnit: end), found: 0)
      return nil
    }
    if let other = all[(end + 1)...].firstIndex(where: { $0 != 0xFFFF }) {
      noteHere(.longNamePadding, at: parts.offset(ofUnit: other), found: UInt64(all[other]))
      return nil
    }
    return end
  }

  private static func isIllegal(_ unit: UInt16) -> Bool {
    guard let byte = UInt8(exactly: unit), byte < 0x80 else { return unit == 0xFFFF }
    return byte < 0x20 || LongName.isIllegal(byte)
  }
}
