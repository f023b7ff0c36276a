// SPDX-License-Identifier: Apache-2.0
internal import Entries

extension VolumeReader {
  /// Where a file's bytes lie, in bytes from the start of the volume, in the file's order; none for a directory.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func extents(of file: DirectoryItem) throws(FAT32Error) -> [Range<UInt64>] {
    var extents: [Range<UInt64>] = []
    var cursor = try ContentCursor(file, in: geometry)
    while cursor.restByteCount > 0 {
      extents.append(try cursor.nextRun(atMost: cursor.restByteCount, in: &storage))
    }
    return extents
  }
}
