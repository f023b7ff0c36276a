// SPDX-License-Identifier: Apache-2.0
internal import CLinux

extension ReadOnlyFile {
  /// Where the file system keeps data of the file, ascending; what lies between reads as zero. The whole file where the
  /// file system doesn't tell, or where it is a device.
  ///
  /// Source: lseek(2), "Seeking file data and holes".
  public func dataRanges() throws(BlockError) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    var offset: UInt64 = 0
    while offset < size {
      guard let start = try seek(offset, linux_SEEK_DATA) else { return [0..<size] }
      guard start < size else { break }
      guard let hole = try seek(start, linux_SEEK_HOLE), start >= offset, hole > start else {
        return [0..<size]
      }
      // Past the limit the rest is taken as data, which it may be: holes are read as zeros.
      let end = ranges.count < Self.maximumRangeCount - 1 ? min(hole, size) : size
      ranges.append(start..<end)
      offset = end
    }
    return ranges
  }

  /// Ranges of a file, so that memory is bounded.
  private static let maximumRangeCount = 1 << 20

  /// Offset of the next data or hole from `offset` on, the largest number where there is none; nil where the file
  /// system can't tell.
  private func seek(_ offset: UInt64, _ whence: CInt) throws(BlockError) -> UInt64? {
    let position = lseek(file.raw, off_t(offset), whence)
    if position >= 0 { return UInt64(position) }
    switch linux_errno() {
    case ENXIO: return .max
    case EINVAL, EOPNOTSUPP: return nil
    case let number: throw .system(.read, path: file.path, offset: offset, number: number)
    }
  }
}
