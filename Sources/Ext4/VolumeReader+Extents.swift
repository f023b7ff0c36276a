// SPDX-License-Identifier: Apache-2.0

extension VolumeReader {
  /// Where a file's blocks lie, in bytes from the start of the volume, in the file's order; none for what has no content,
  /// or has it in its inode.
  ///
  /// - Throws: `unreadable`, `target`.
  public mutating func extents(of file: DirectoryItem) throws(Ext4Error) -> [Range<UInt64>] {
    try content(of: file).places
  }
}
