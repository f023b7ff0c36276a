// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The short entry of a file, a directory or the volume label: 32 bytes.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Directory Structure".
struct DirectoryEntry: Equatable, Sendable {
  /// `DIR_Name`.
  var name: ShortName
  /// `DIR_Attr`.
  var attributes: Attributes
  /// Nil where the entry has none, as the label's. `DIR_CrtDate`, `DIR_CrtTime` and `DIR_CrtTimeTenth`.
  var creation: DateTime?
  /// Of the last write, in steps of two seconds. `DIR_WrtDate` and `DIR_WrtTime`; `DIR_LstAccDate` has the same date.
  var modification: DateTime
  /// 0 where there is no content, and in the ".." of a directory in the root. `DIR_FstClusHI` and `DIR_FstClusLO`.
  var firstCluster: UInt32
  /// Bytes of a file; 0 for everything else. `DIR_FileSize`.
  var size: UInt32

  static let byteCount = 32

  typealias Attributes = FileAttributes

  /// - Parameters:
  ///   - time: of creation and last write.
  ///   - attributes: besides `.archive`.
  static func file(
    _ name: ShortName, firstCluster: UInt32, size: UInt32, time: DateTime, attributes: FileAttributes = []
  ) -> DirectoryEntry {
    DirectoryEntry(
      name: name, attributes: attributes.union(.archive), creation: time, modification: time.coarse,
      firstCluster: firstCluster,
      size: size)
  }

  static func directory(_ name: ShortName, firstCluster: UInt32, time: DateTime) -> DirectoryEntry {
    DirectoryEntry(
      name: name, attributes: .directory, creation: time, modification: time.coarse,
      firstCluster: firstCluster, size: 0)
  }

  static func label(_ label: VolumeLabel, time: DateTime) -> DirectoryEntry {
    DirectoryEntry(
      name: label.name, attributes: .volumeID, creation: nil, modification: time.coarse, firstCluster: 0,
      size: 0)
  }
}

extension DirectoryEntry {
  /// Byte offsets, with the specification's names.
  enum Field {
    static let name = 0  // DIR_Name
    static let attributes = 11  // DIR_Attr
    static let caseBits = 12  // DIR_NTRes
    static let creationHundredths = 13  // DIR_CrtTimeTenth, which counts hundredths
    static let creationTime = 14  // DIR_CrtTime
    static let creationDate = 16  // DIR_CrtDate
    static let accessDate = 18  // DIR_LstAccDate
    static let firstClusterHigh = 20  // DIR_FstClusHI
    static let writeTime = 22  // DIR_WrtTime
    static let writeDate = 24  // DIR_WrtDate
    static let firstClusterLow = 26  // DIR_FstClusLO
    static let size = 28  // DIR_FileSize
  }

  /// Writes every field into `slot`, which is 32 zero bytes.
  func encode(into slot: inout MutableRawSpan) {
    name.encode(into: &slot, at: Field.name)
    slot.store(attributes.rawValue, at: Field.attributes)
    if let creation {
      slot.store(creation.hundredths, at: Field.creationHundredths)
      slot.store(creation.time, at: Field.creationTime)
      slot.store(creation.date, at: Field.creationDate)
      slot.store(modification.date, at: Field.accessDate)
    }
    slot.store(UInt16(firstCluster >> 16), at: Field.firstClusterHigh)
    slot.store(modification.time, at: Field.writeTime)
    slot.store(modification.date, at: Field.writeDate)
    slot.store(UInt16(truncatingIfNeeded: firstCluster), at: Field.firstClusterLow)
    slot.store(size, at: Field.size)
  }

  /// Reads a short entry, not a free one nor a part of a long name. The date of the last access is not kept.
  ///
  /// - Parameter slot: 32 bytes.
  /// - Throws: `damaged` with the first field that no short entry has so.
  init(decoding slot: RawSpan) throws(FAT32Error) {
    name = ShortName(decoding: slot, at: Field.name)
    let attributes: UInt8 = slot.load(at: Field.attributes)
    self.attributes = Attributes(rawValue: attributes)
    let high: UInt16 = slot.load(at: Field.firstClusterHigh)
    let low: UInt16 = slot.load(at: Field.firstClusterLow)
    firstCluster = UInt32(high) << 16 | UInt32(low)
    size = slot.load(at: Field.size)
    try Self.checkName(name)
    guard attributes & 0xC0 == 0, attributes != Attributes.longName.rawValue else {
      throw .damaged(.directoryEntry, field: "DIR_Attr", found: UInt64(attributes))
    }
    creation = try Self.creation(slot)
    modification = try Self.modification(slot)
    guard size == 0 || !self.attributes.contains(.directory) else {
      throw .damaged(.directoryEntry, field: "DIR_FileSize", found: UInt64(size))
    }
    guard firstCluster < 0x0FFF_FFF7, firstCluster != 1 else {
      throw .damaged(.directoryEntry, field: "DIR_FstClus", found: UInt64(firstCluster))
    }
  }

  /// 0x05 stands for 0xE5 in the first place, where that would mean a deleted entry.
  private static func checkName(_ name: ShortName) throws(FAT32Error) {
    let illegal = name.bytes.enumerated().first { index, byte in
      switch (index, byte) {
      case (0, 0x05), (1..., 0x20): false
      case (0, 0x20), (0, 0xE5), (_, ..<0x20), (_, UInt8(ascii: "a")...UInt8(ascii: "z")): true
      case (_, 0x21..<0x7F): !ShortName.isLegal(byte) && !(byte == UInt8(ascii: ".") && isDot(name))
      default: false
      }
    }
    if let illegal { throw .damaged(.directoryEntry, field: "DIR_Name", found: UInt64(illegal.element)) }
  }

  private static func isDot(_ name: ShortName) -> Bool { name == .dot || name == .dotDot }

  private static func creation(_ slot: RawSpan) throws(FAT32Error) -> DateTime? {
    let date: UInt16 = slot.load(at: Field.creationDate)
    let time: UInt16 = slot.load(at: Field.creationTime)
    let hundredths: UInt8 = slot.load(at: Field.creationHundredths)
    guard date != 0 else { return nil }
    guard let creation = DateTime(date: date, time: time, hundredths: hundredths) else {
      throw .damaged(.directoryEntry, field: "DIR_CrtDate", found: UInt64(date) << 16 | UInt64(time))
    }
    return creation
  }

  private static func modification(_ slot: RawSpan) throws(FAT32Error) -> DateTime {
    let date: UInt16 = slot.load(at: Field.writeDate)
    let time: UInt16 = slot.load(at: Field.writeTime)
    guard let modification = DateTime(date: date, time: time) else {
      throw .damaged(.directoryEntry, field: "DIR_WrtDate", found: UInt64(date) << 16 | UInt64(time))
    }
    return modification
  }
}
