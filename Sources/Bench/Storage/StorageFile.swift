// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CLinux

/// An open file or device that is measured by system calls, each of which is one access.
public final class StorageFile: MeasuredStorage {
  public let byteCount: UInt64
  public let isWritable: Bool
  /// What errors call it.
  public let path: String
  private let raw: CInt

  /// Takes another descriptor of a file that is open already, with the claims and locks that it holds: for a device that
  /// was opened with all care, to be overwritten.
  ///
  /// - Parameters:
  ///   - raw: open for reading and writing.
  ///   - path: what errors call it.
  ///   - byteCount: how much of it, from its start, may be overwritten; what goes beyond a multiple of 4096 is left alone.
  public convenience init(overwriting raw: CInt, path: String, byteCount: UInt64) throws(BenchError) {
    let copy = linux_duplicate(raw)
    guard copy >= 0 else { throw .system(.open, path, linux_errno()) }
    try self.init(owning: copy, path: path, byteCount: byteCount, isWritable: true)
  }

  init(owning raw: CInt, path: String, byteCount: UInt64, isWritable: Bool) throws(BenchError) {
    self.raw = raw
    self.path = path
    self.isWritable = isWritable
    self.byteCount = byteCount.roundedDown(to: UInt64(AccessPattern.smallBlockSize))
    guard self.byteCount > 0 else { throw .tooSmall(path: path, byteCount: byteCount) }
  }

  deinit { close(raw) }

  public func setDirect(_ isDirect: Bool) throws(BenchError) -> Bool {
    if linux_set_direct(raw, isDirect ? 1 : 0) == 0 { return true }
    let number = linux_errno()
    if isDirect, number == EINVAL { return false }
    throw .system(.open, path, number)
  }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BenchError) {
    let failure: BlockError? = unsafe bytes.withUnsafeMutableBytes { buffer in
      transfer(.read, buffer.count, at: offset) { position, at in
        unsafe pread(raw, buffer.baseAddress! + position, buffer.count - position, at)
      }
    }
    if let failure { throw .storage(failure) }
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BenchError) {
    let failure: BlockError? = unsafe bytes.withUnsafeBytes { buffer in
      transfer(.write, buffer.count, at: offset) { position, at in
        unsafe pwrite(raw, buffer.baseAddress! + position, buffer.count - position, at)
      }
    }
    if let failure { throw .storage(failure) }
  }

  public func flush() throws(BenchError) {
    while fdatasync(raw) != 0 {
      if linux_errno() != EINTR { throw .system(.flush, path, linux_errno()) }
    }
  }

  // A hint: where it isn't taken, as on a tmpfs, memory is what the storage is.
  public func dropCache() { _ = posix_fadvise(raw, 0, 0, POSIX_FADV_DONTNEED) }

  /// Calls `call` with the position in the buffer and the offset in the file until all has moved.
  private func transfer(
    _ operation: BlockError.Operation, _ byteCount: Int, at offset: UInt64, by call: (Int, off_t) -> Int
  ) -> BlockError? {
    var position = 0
    while position < byteCount {
      let at = offset + UInt64(position)
      let count = call(position, off_t(at))
      if count < 0, linux_errno() == EINTR { continue }
      guard count >= 0 else { return .system(operation, path: path, offset: at, number: linux_errno()) }
      guard count > 0 else {
        return .shortTransfer(operation, path: path, offset: offset, byteCount: position, of: byteCount)
      }
      position += count
    }
    return nil
  }
}

extension BenchError {
  static func system(_ operation: BlockError.Operation, _ path: String, _ number: CInt) -> Self {
    .storage(.system(operation, path: path, offset: nil, number: number))
  }
}
