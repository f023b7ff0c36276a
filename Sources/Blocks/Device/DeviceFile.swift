// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A block device or a regular file that stands for one, with its system calls.
///
/// Direct where it can be. Else each write waits until its pages are on storage and lets go of them, so that
/// neither the page cache fills up nor progress is counted before its time.
final class DeviceFile: DeviceCalls {
  private let file: FileDescriptor
  private let isBlockDevice: Bool
  /// Whether transfers go past the page cache.
  let isDirect: Bool
  /// Whether the open file was direct before it came here.
  private let wasDirect: Bool
  /// Bytes up to the end.
  let size: UInt64
  /// Offsets and counts of transfers must be multiples of this: 1 where any will do.
  let blockSize: Int

  /// Regular files don't tell what direct transfers want; no file system in use wants more.
  private static let fileBlockSize = 4096

  /// - Parameter isDirect: go past the page cache if that can be.
  init(_ file: consuming FileDescriptor, isDirect: Bool) throws(BlockError) {
    isBlockDevice = try file.isBlockDevice()
    size = try file.seekableSize()
    wasDirect = linux_is_direct(file.raw) != 0
    let blockSize = try isBlockDevice ? file.logicalBlockSize() : Self.fileBlockSize
    self.isDirect =
      isDirect && size > 0 && size % UInt64(blockSize) == 0 && file.setDirect(true)
      && file.canTransferDirectly(blockSize)
    self.blockSize = self.isDirect ? blockSize : 1
    if !self.isDirect { _ = file.setDirect(false) }
    self.file = file
  }

  deinit { _ = file.setDirect(wasDirect) }

  var path: String { file.path }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) -> CallResult {
    // What is read shall come from storage.
    if !isDirect { forgetPages(offset, bytes.byteCount) }
    return unsafe bytes.withUnsafeMutableBytes { buffer in
      Self.result { unsafe pread(file.raw, buffer.baseAddress, buffer.count, off_t(offset)) }
    }
  }

  func write(_ bytes: RawSpan, at offset: UInt64) -> CallResult {
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Self.result { unsafe pwrite(file.raw, buffer.baseAddress, buffer.count, off_t(offset)) }
    }
    guard !isDirect, case .moved(let count) = result else { return result }
    return store(offset, count) ?? result
  }

  func zero(_ range: Range<UInt64>) -> CallResult {
    let result = isBlockDevice ? zeroOut(range) : punchHole(range)
    return switch result {
    case .failed(EOPNOTSUPP), .failed(ENOTTY), .failed(ENOSYS), .failed(EINVAL): .unsupported
    default: result
    }
  }

  func flush() -> CallResult { Self.result { Int(fdatasync(file.raw)) } }
}

extension DeviceFile {
  private func zeroOut(_ range: Range<UInt64>) -> CallResult {
    Self.result { Int(linux_zero_out(file.raw, range.lowerBound, range.upperBound - range.lowerBound)) }
  }

  private func punchHole(_ range: Range<UInt64>) -> CallResult {
    let mode = linux_FALLOC_FL_KEEP_SIZE | linux_FALLOC_FL_PUNCH_HOLE
    return Self.result {
      Int(
        linux_fallocate(
          file.raw, mode, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound)))
    }
  }

  /// Sends written pages to storage, waits and lets go of them. Nil where that went well, or the file system
  /// leaves it to `flush`.
  private func store(_ offset: UInt64, _ count: Int) -> CallResult? {
    switch Self.result(of: { Int(linux_sync_range(file.raw, off_t(offset), off_t(count))) }) {
    case .failed(EINVAL), .failed(ENOSYS), .failed(ESPIPE), .failed(EOPNOTSUPP): return nil
    case .failed(let number): return .failed(number)
    default: forgetPages(offset, count)
    }
    return nil
  }

  private func forgetPages(_ offset: UInt64, _ count: Int) {
    // A hint: there is nothing to do about a refusal.
    _ = posix_fadvise(file.raw, off_t(offset), off_t(count), POSIX_FADV_DONTNEED)
  }

  /// Makes a call again where a signal has interrupted it.
  private static func result(of call: () -> Int) -> CallResult {
    while true {
      let count = call()
      if count >= 0 { return .moved(count) }
      let number = linux_errno()
      if number != EINTR { return .failed(number) }
    }
  }
}

extension FileDescriptor {
  /// - Throws: `system(.open, …)`, and `notARegularFile` for what is neither a file nor a block device.
  fileprivate func isBlockDevice() throws(BlockError) -> Bool {
    var status = stat()
    guard unsafe fstat(raw, &status) == 0 else {
      throw .system(.open, path: path, offset: nil, number: linux_errno())
    }
    switch BlockError.FileKind(status.st_mode) {
    case nil: return false
    case .blockDevice: return true
    case .some(let kind): throw .notARegularFile(path: path, kind: kind)
    }
  }

  fileprivate func logicalBlockSize() throws(BlockError) -> Int {
    var byteCount: CInt = 0
    guard unsafe linux_logical_block_size(raw, &byteCount) == 0, byteCount > 0 else {
      throw .system(.open, path: path, offset: nil, number: linux_errno())
    }
    return Int(byteCount)
  }

  /// False where the file system can't.
  fileprivate func setDirect(_ isDirect: Bool) -> Bool { linux_set_direct(raw, isDirect ? 1 : 0) == 0 }

  /// Some file systems take the flag and then refuse the transfers.
  fileprivate func canTransferDirectly(_ blockSize: Int) -> Bool {
    var buffer = AlignedBuffer(byteCount: blockSize)
    var span = buffer.mutableBytes
    return unsafe span.withUnsafeMutableBytes { bytes in
      unsafe pread(raw, bytes.baseAddress, bytes.count, 0) >= 0 || linux_errno() != EINVAL
    }
  }
}
