// SPDX-License-Identifier: Apache-2.0
internal import CLinux

extension TreeFile {
  /// Where data lies in a file of `size` bytes; nil where there are no holes or the file system doesn't tell.
  ///
  /// Source: lseek(2), "Seeking file data and holes".
  func dataRanges(size: UInt64) throws(TreeFailure) -> [Range<UInt64>]? {
    var ranges: [Range<UInt64>] = []
    var offset: UInt64 = 0
    while offset < size {
      guard let start = try seek(offset, linux_SEEK_DATA) else { return nil }
      guard start < size else { break }
      guard let hole = try seek(start, linux_SEEK_HOLE), start >= offset, hole > start else { return nil }
      // Past the limit the rest is taken as data, which it may be: holes are read as zeros.
      let end = ranges.count < Self.maximumRangeCount - 1 ? min(hole, size) : size
      ranges.append(start..<end)
      offset = end
    }
    return ranges == [0..<size] ? nil : ranges
  }

  /// Ranges of a file, so that memory is bounded: what a tar's map may have.
  private static let maximumRangeCount = SparseMap.maximumRangeCount

  /// Offset of the next data or hole from `offset` on, the largest number where there is none; nil where the file
  /// system can't tell.
  private func seek(_ offset: UInt64, _ whence: CInt) throws(TreeFailure) -> UInt64? {
    do throws(TreeFailure) {
      return UInt64(try calling(for: .examine) { lseek(descriptor, off_t(offset), whence) })
    } catch {
      switch error {
      case .system(_, ENXIO): return .max
      case .system(_, EINVAL), .system(_, EOPNOTSUPP): return nil
      default: throw error
      }
    }
  }
}
