// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A file or a device that is only looked at. Whatever would change it throws `BlockError.readOnly`.
public final class ReadOnlyFile: BlockTarget {
  public let size: UInt64
  let file: FileDescriptor

  /// - Parameter fromStorage: forget what memory has of it first, so that storage is what is read.
  /// - Throws: `system` where it can't be opened or has no size, as a pipe.
  public init(path: String, fromStorage: Bool = false) throws(BlockError) {
    let file = try FileDescriptor.open(path, flags: O_RDONLY)
    size = try file.seekableSize()
    if fromStorage {
      // Pages that were not written yet can't be forgotten.
      try file.flush()
      _ = posix_fadvise(file.raw, 0, 0, POSIX_FADV_DONTNEED)
    }
    self.file = file
  }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, UInt64(bytes.byteCount))
    try file.read(into: &bytes, at: offset)
  }

  /// A copy of what it begins with: `count` bytes, or all that there are.
  public func firstBytes(_ count: Int) throws(BlockError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(min(size, UInt64(count))))
    var span = bytes.mutableSpan
    var target = unsafe span.mutableBytes
    try read(into: &target, at: 0)
    return bytes
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    throw .readOnly(path: file.path)
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) { throw .readOnly(path: file.path) }

  public func flush() {}
}
