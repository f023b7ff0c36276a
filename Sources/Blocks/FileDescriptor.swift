// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Sole owner of an open file, closed when it goes.
public struct FileDescriptor: ~Copyable, Sendable {
  public let raw: CInt
  /// What errors call the file.
  public let path: String

  /// Takes over `raw`, which is open.
  ///
  /// - Parameter path: what errors call the file.
  public init(owning raw: CInt, path: String) {
    self.raw = raw
    self.path = path
  }

  /// - Parameter name: what errors call the file, where that isn't `path`.
  /// - Throws: `system(operation, …)` with what open(2) said.
  static func open(
    _ path: String, flags: CInt, mode: mode_t = 0, for operation: BlockError.Operation = .open,
    calledHere name: String? = nil
  ) throws(BlockError) -> FileDescriptor {
    while true {
      let raw = unsafe linux_open(path, flags, mode)
      if raw >= 0 { return FileDescriptor(owning: raw, path: name ?? path) }
      let number = linux_errno()
      if number != EINTR { throw .system(operation, path: name ?? path, offset: nil, number: number) }
    }
  }

  deinit { close(raw) }

  /// Reads until `bytes` is full.
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    let failure: BlockError? = unsafe bytes.withUnsafeMutableBytes { buffer in
      transfer(.read, buffer.count, at: offset) { position, at in
        unsafe pread(raw, buffer.baseAddress! + position, buffer.count - position, at)
      }
    }
    if let failure { throw failure }
  }

  /// Writes until all of `bytes` is taken.
  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    let failure: BlockError? = unsafe bytes.withUnsafeBytes { buffer in
      transfer(.write, buffer.count, at: offset) { position, at in
        unsafe pwrite(raw, buffer.baseAddress! + position, buffer.count - position, at)
      }
    }
    if let failure { throw failure }
  }

  /// Calls `call` with the position in the buffer and the offset in the file until `byteCount` bytes have
  /// moved.
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

  /// Another descriptor of the same open file: its locks, its claim on a device and its O_DIRECT are theirs
  /// together, and end with the last of them.
  public func duplicate() throws(BlockError) -> FileDescriptor {
    let copy = linux_duplicate(raw)
    guard copy >= 0 else { throw .system(.open, path: path, offset: nil, number: linux_errno()) }
    return FileDescriptor(owning: copy, path: path)
  }

  /// Cuts the file or lets it go on with zeros.
  func resize(to byteCount: UInt64) throws(BlockError) {
    let number = off_t(exactly: byteCount).map { size in errno { ftruncate(raw, size) } } ?? EFBIG
    if number != 0 { throw .system(.resize, path: path, offset: byteCount, number: number) }
  }

  /// Bytes up to the end, of a device too. A directory has none: EISDIR.
  func seekableSize() throws(BlockError) -> UInt64 {
    let end = lseek(raw, 0, SEEK_END)
    guard end >= 0, end < off_t.max else {
      throw .system(.open, path: path, offset: nil, number: end < 0 ? linux_errno() : EISDIR)
    }
    return UInt64(end)
  }

  func setMode(_ mode: mode_t) throws(BlockError) {
    let number = errno { fchmod(raw, mode) }
    if number != 0 { throw .system(.create, path: path, offset: nil, number: number) }
  }

  func flush() throws(BlockError) {
    let number = errno { fsync(raw) }
    if number != 0 { throw .system(.flush, path: path, offset: nil, number: number) }
  }

  /// Reserves space for `range` without changing what it reads as. False where there is none, or no way to;
  /// part of it may be reserved then.
  func allocate(_ range: Range<UInt64>) -> Bool {
    fallocate(linux_FALLOC_FL_KEEP_SIZE, range) == 0
  }

  /// Makes `range`, which is not empty, a hole. False where the file system can't.
  func punchHole(_ range: Range<UInt64>) throws(BlockError) -> Bool {
    switch fallocate(linux_FALLOC_FL_KEEP_SIZE | linux_FALLOC_FL_PUNCH_HOLE, range) {
    case 0: return true
    case EOPNOTSUPP, ENOSYS, EINVAL: return false
    case let number: throw .system(.zero, path: path, offset: range.lowerBound, number: number)
    }
  }

  private func fallocate(_ mode: CInt, _ range: Range<UInt64>) -> CInt {
    errno { linux_fallocate(raw, mode, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound)) }
  }

  /// 0, or the errno of a call that is made again where a signal has interrupted it.
  private func errno(of call: () -> CInt) -> CInt {
    while call() != 0 {
      if linux_errno() != EINTR { return linux_errno() }
    }
    return 0
  }
}
