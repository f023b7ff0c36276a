// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The first nine sectors of a volume: boot sector, FSInfo and an empty third sector, then, from sector 6 on, the
/// same once more.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT32 FSInfo Sector Structure and Backup Boot Sector": a
/// FAT32 boot record has three sectors, each of which ends with the signature.
struct BootRecord: ~Copyable {
  private var buffer = AlignedBuffer(byteCount: 9 * Int(Geometry.sectorSize))

  init(_ bootSector: BootSector, _ fsInfo: FSInfo) {
    var bytes = buffer.mutableBytes
    for copy in [0, Int(bootSector.backupSector)] {
      Self.withSector(copy, of: &bytes, bootSector.encode)
      Self.withSector(copy + Int(bootSector.fsInfoSector), of: &bytes, fsInfo.encode)
      Self.withSector(copy + 2, of: &bytes, BootSector.encodeSignature)
    }
  }

  var bytes: RawSpan {
    @_lifetime(borrow self) get { buffer.bytes }
  }

  private static func withSector(
    _ number: Int, of bytes: inout MutableRawSpan, _ encode: (inout MutableRawSpan) -> Void
  ) {
    let size = Int(Geometry.sectorSize)
    var sector = bytes._mutatingExtracting(number * size..<(number + 1) * size)
    encode(&sector)
  }
}
