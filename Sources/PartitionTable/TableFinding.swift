// SPDX-License-Identifier: Apache-2.0

/// Something in sector 0 that should not be there, or is missing.
public enum TableFinding: Equatable, Sendable {
  /// The sector does not end with 0x55 0xAA: there is no table.
  case noBootSignature
  /// The table only shields a GPT, which is not looked at.
  case shieldsGPT
  case noDiskSignature
  /// There is a FAT that could be booted from, and none is active.
  case noActivePartition
  case severalActivePartitions([Int])
  /// A status that is neither 0x80 nor 0.
  case badStatus(number: Int, status: UInt8)
  /// An entry of type 0, which means unused, with a start or a size.
  case unusedButNotEmpty(number: Int)
  case empty(number: Int)
  /// It begins with sector 0, where the table is.
  case coversTable(number: Int)
  /// It ends behind the disk's last sector. Bytes.
  case beyondEnd(number: Int, end: UInt64, diskSize: UInt64)
  case overlap(number: Int, other: Int)
  /// It does not begin at a multiple of 1 MiB, so that writes straddle the erase blocks of cards. Bytes.
  case misaligned(number: Int, start: UInt64)

  /// Whether a card may work all the same.
  public var isWarning: Bool {
    switch self {
    case .shieldsGPT, .noDiskSignature, .noActivePartition, .severalActivePartitions, .unusedButNotEmpty,
      .misaligned:
      true
    case .noBootSignature, .badStatus, .empty, .coversTable, .beyondEnd, .overlap: false
    }
  }

  /// The case, for scripts.
  public var name: String {
    switch self {
    case .noBootSignature: "noBootSignature"
    case .shieldsGPT: "shieldsGPT"
    case .noDiskSignature: "noDiskSignature"
    case .noActivePartition: "noActivePartition"
    case .severalActivePartitions: "severalActivePartitions"
    case .badStatus: "badStatus"
    case .unusedButNotEmpty: "unusedButNotEmpty"
    case .empty: "empty"
    case .coversTable: "coversTable"
    case .beyondEnd: "beyondEnd"
    case .overlap: "overlap"
    case .misaligned: "misaligned"
    }
  }

  /// Where it stands, in bytes from the start of the disk.
  public var offset: UInt64 {
    switch self {
    case .noBootSignature: 510
    case .noDiskSignature: 440
    case .shieldsGPT, .noActivePartition: 446
    case .severalActivePartitions(let numbers): RawTable.offset(ofEntry: numbers.first ?? 1)
    case .badStatus(let number, _), .unusedButNotEmpty(let number), .empty(let number),
      .coversTable(let number),
      .beyondEnd(let number, _, _), .overlap(let number, _), .misaligned(let number, _):
      RawTable.offset(ofEntry: number)
    }
  }
}

extension TableFinding: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noBootSignature: "sector 0 does not end with 0x55 0xAA; there is no partition table"
    case .shieldsGPT: "the table only shields a GPT, which is not looked at"
    case .noDiskSignature: "the disk signature is 0; Linux can't name the partitions by PARTUUID"
    case .noActivePartition: "no partition is active; boot ROMs that look for one find none"
    case .severalActivePartitions(let numbers):
      "partitions \(numbers.map(String.init).joined(separator: " and ")) are active; one should be"
    case .badStatus(let number, let status): "partition \(number): the status is \(status), not 0x80 or 0"
    case .unusedButNotEmpty(let number): "partition \(number): the type is 0, unused, but it has a place"
    case .empty(let number): "partition \(number): has no sectors"
    case .coversTable(let number): "partition \(number): begins with the sector of the table"
    case .beyondEnd(let number, let end, let diskSize):
      "partition \(number): ends at byte \(end), behind the disk's \(diskSize) bytes"
    case .overlap(let number, let other): "partition \(number): overlaps partition \(other)"
    case .misaligned(let number, let start):
      "partition \(number): begins at byte \(start), which is no multiple of 1 MiB; writes are slower"
    }
  }
}
