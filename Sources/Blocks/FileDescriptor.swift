// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Sole owner of an open file, closed when it goes. Knows its path for what errors say.
struct FileDescriptor: ~Copyable {
  let raw: CInt
  let path: String

  /// - Throws: `system(operation, …)` with what open(2) said.
  static func open(
    _ path: String, flags: CInt, mode: mode_t = 0, for operation: BlockError.Operation = .open
  ) throws(BlockError) -> FileDescriptor {
    let raw = unsafe linux_open(path, flags, mode)
    guard raw >= 0 else { throw .system(operation, path: path, offset: nil, number: linux_errno()) }
    return FileDescriptor(raw: raw, path: path)
  }

  private init(raw: CInt, path: String) {
    self.raw = raw
    self.path = path
  }

  deinit { close(raw) }

  /// Reads until `bytes` is full.
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    let failure: BlockError? = unsafe bytes.withUnsafeMutableBytes { buffer in
      var position = 0
      while position < buffer.count {
        let at = offset + UInt64(position)
        let count = unsafe pread(raw, buffer.baseAddress! + position, buffer.count - position, off_t(at))
        if count < 0, linux_errno() == EINTR { continue }
        guard count >= 0 else { return system(.read, at) }
        guard count > 0 else {
          return .shortTransfer(.read, path: path, offset: offset, byteCount: position, of: buffer.count)
        }
        position += count
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Writes until all of `bytes` is taken.
  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    let failure: BlockError? = unsafe bytes.withUnsafeBytes { buffer in
      var position = 0
      while position < buffer.count {
        let at = offset + UInt64(position)
        let count = unsafe pwrite(raw, buffer.baseAddress! + position, buffer.count - position, off_t(at))
        if count < 0, linux_errno() == EINTR { continue }
        guard count >= 0 else { return system(.write, at) }
        guard count > 0 else {
          return .shortTransfer(.write, path: path, offset: offset, byteCount: position, of: buffer.count)
        }
        position += count
      }
      return nil
    }
    if let failure { throw failure }
  }

  func resize(to byteCount: UInt64) throws(BlockError) {
    guard ftruncate(raw, off_t(byteCount)) == 0 else { throw system(.resize, nil) }
  }

  func flush() throws(BlockError) {
    guard fsync(raw) == 0 else { throw system(.flush, nil) }
  }

  /// Reserves space for `range` without changing what it reads as. False where there is none, or no way to.
  func allocate(_ range: Range<UInt64>) -> Bool {
    fallocate(linux_FALLOC_FL_KEEP_SIZE, range) == 0
  }

  /// Makes `range` a hole. False where the file system can't.
  func punchHole(_ range: Range<UInt64>) throws(BlockError) -> Bool {
    switch fallocate(linux_FALLOC_FL_KEEP_SIZE | linux_FALLOC_FL_PUNCH_HOLE, range) {
    case 0: return true
    case EOPNOTSUPP, ENOSYS, EINVAL: return false
    case let number: throw .system(.zero, path: path, offset: range.lowerBound, number: number)
    }
  }

  /// 0 or the errno.
  private func fallocate(_ mode: CInt, _ range: Range<UInt64>) -> CInt {
    let count = off_t(range.upperBound - range.lowerBound)
    while true {
      if linux_fallocate(raw, mode, off_t(range.lowerBound), count) == 0 { return 0 }
      if linux_errno() != EINTR { return linux_errno() }
    }
  }

  private func system(_ operation: BlockError.Operation, _ offset: UInt64?) -> BlockError {
    .system(operation, path: path, offset: offset, number: linux_errno())
  }
}
