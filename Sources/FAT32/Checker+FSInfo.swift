// SPDX-License-Identifier: Apache-2.0
internal import Blocks

// Source: Microsoft FAT32 File System Specification 1.03, "FAT32 FSInfo Sector Structure and Backup Boot Sector".
extension Checker.Run {
  private typealias Field = FSInfo.Field

  /// Compares what FSInfo says with what the FAT has, and looks at the copy, the numbers of which may be old.
  mutating func checkFSInfo() throws(FAT32Error) {
    var sector = AlignedBuffer(byteCount: Int(Geometry.sectorSize))
    if let number = layout.fsInfoSector {
      let offset = number * layout.sectorSize
      if try reader.read(into: &sector, byteCount: sector.byteCount, at: offset) {
        checkFSInfo(sector.bytes, at: offset)
      }
    }
    if let number = layout.backupFSInfoSector {
      let offset = number * layout.sectorSize
      if try reader.read(into: &sector, byteCount: sector.byteCount, at: offset) {
        checkBackupFSInfo(sector.bytes, at: offset)
      }
    }
  }

  private mutating func checkFSInfo(_ sector: RawSpan, at offset: UInt64) {
    for (kind, field, expected) in [
      (Finding.Kind.fsInfoLeadSignature, Field.leadSignature, FSInfo.leadSignature),
      (.fsInfoStructSignature, Field.structSignature, FSInfo.structSignature),
      (.fsInfoTrailSignature, Field.trailSignature, FSInfo.trailSignature),
    ] {
      expect(sector, kind, at: offset, field, expected)
    }
    if !sector.extracting(Field.reserved1..<Field.structSignature).isZero {
      note(Finding(.fsInfoReserved, offset: offset + UInt64(Field.reserved1)))
    }
    if !sector.extracting(Field.reserved2..<Field.trailSignature).isZero {
      note(Finding(.fsInfoReserved, offset: offset + UInt64(Field.reserved2)))
    }
    let freeCount: UInt32 = sector.load(at: Field.freeCount)
    if freeCount != FSInfo.unknown {
      expect(sector, .fsInfoFreeCount, at: offset, Field.freeCount, summary.freeClusterCount)
    }
    let nextFree: UInt32 = sector.load(at: Field.nextFree)
    if nextFree != FSInfo.unknown && !layout.contains(nextFree) {
      note(Finding(.fsInfoNextFree, offset: offset + UInt64(Field.nextFree), found: UInt64(nextFree)))
    }
  }

  private mutating func expect(
    _ sector: RawSpan, _ kind: Finding.Kind, at offset: UInt64, _ field: Int, _ expected: UInt32
  ) {
    let found: UInt32 = sector.load(at: field)
    guard found != expected else { return }
    note(Finding(kind, offset: offset + UInt64(field), found: UInt64(found), expected: UInt64(expected)))
  }

  private mutating func checkBackupFSInfo(_ sector: RawSpan, at offset: UInt64) {
    for (field, expected) in [
      (Field.leadSignature, FSInfo.leadSignature), (Field.structSignature, FSInfo.structSignature),
      (Field.trailSignature, FSInfo.trailSignature),
    ] where sector.load(UInt32.self, at: field) != expected {
      expect(sector, .backupFSInfoSignature, at: offset, field, expected)
      return
    }
    let freeCount: UInt32 = sector.load(at: Field.freeCount)
    if freeCount != FSInfo.unknown && freeCount > layout.clusterCount {
      note(Finding(.backupFSInfoNumbers, offset: offset + UInt64(Field.freeCount), found: UInt64(freeCount)))
    }
    let nextFree: UInt32 = sector.load(at: Field.nextFree)
    if nextFree != FSInfo.unknown && !layout.contains(nextFree) {
      note(Finding(.backupFSInfoNumbers, offset: offset + UInt64(Field.nextFree), found: UInt64(nextFree)))
    }
  }
}
