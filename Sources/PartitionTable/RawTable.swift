// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// Sector 0 as it stands, right or wrong: what is checked.
///
/// Source: UEFI Specification 2.10, section 5.2.1, "Legacy Master Boot Record (MBR)".
struct RawTable {
  let hasBootSignature: Bool
  let diskSignature: UInt32
  /// Four, in the order of their numbers.
  let entries: [Entry]

  struct Entry {
    let number: Int
    let status, type: UInt8
    let firstLBA, sectorCount: UInt32

    var isUsed: Bool { type != 0 }
    var isBlank: Bool { type == 0 && status == 0 && firstLBA == 0 && sectorCount == 0 }

    /// Where it lies on the disk, in bytes.
    var range: Range<UInt64> {
      let start = UInt64(firstLBA) * MasterBootRecord.sectorSize
      return start..<start + UInt64(sectorCount) * MasterBootRecord.sectorSize
    }
  }

  /// Byte offsets within the sector, and within an entry.
  private enum Field {
    static let diskSignature = 440
    static let entries = 446
    static let entrySize = 16
    static let bootSignature = 510
    static let status = 0
    static let type = 4
    static let firstLBA = 8
    static let sectorCount = 12
  }

  /// The type of the partition by which an MBR covers a GPT.
  static let protectiveType: UInt8 = 0xEE

  /// - Parameter sector: 512 bytes.
  init(_ sector: RawSpan) {
    hasBootSignature = sector.load(UInt16.self, at: Field.bootSignature) == 0xAA55
    diskSignature = sector.load(at: Field.diskSignature)
    entries = (0..<4).map { index in
      let start = Field.entries + index * Field.entrySize
      return Entry(
        number: index + 1, status: sector.load(at: start + Field.status),
        type: sector.load(at: start + Field.type), firstLBA: sector.load(at: start + Field.firstLBA),
        sectorCount: sector.load(at: start + Field.sectorCount))
    }
  }

  static func offset(ofEntry number: Int) -> UInt64 {
    UInt64(Field.entries + (number - 1) * Field.entrySize)
  }
}
