// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CLinux

extension StorageFile {
  /// What a path is to a measurement.
  public enum Kind: String, Sendable {
    /// A directory: a scratch file in it is written and read.
    case directory
    /// A regular file, which is only read.
    case file
    /// A block device, which is only read.
    case device
  }

  /// - Throws: `notMeasurable` for anything else, `storage` where nothing is there.
  public static func kind(of path: String) throws(BenchError) -> Kind {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .system(.open, path, linux_errno()) }
    switch status.st_mode & mode_t(S_IFMT) {
    case mode_t(S_IFDIR): return .directory
    case mode_t(S_IFREG): return .file
    case mode_t(S_IFBLK): return .device
    case mode_t(S_IFCHR): throw .notMeasurable(path: path, kind: .characterDevice)
    case mode_t(S_IFIFO): throw .notMeasurable(path: path, kind: .pipe)
    case mode_t(S_IFSOCK): throw .notMeasurable(path: path, kind: .socket)
    default: throw .notMeasurable(path: path, kind: .other)
    }
  }

  /// Opens a file or a device, whose content stays as it is.
  public static func reading(_ path: String) throws(BenchError) -> StorageFile {
    let raw = try open(path, O_RDONLY)
    let end = lseek(raw, 0, SEEK_END)
    guard end >= 0 else {
      let number = linux_errno()
      close(raw)
      throw .system(.open, path, number)
    }
    return try StorageFile(owning: raw, path: path, byteCount: UInt64(end), isWritable: false)
  }

  /// The largest scratch file where no size is asked for, in bytes.
  public static let largestScratchByteCount: UInt64 = 2 << 30
  /// The smallest that tells anything, in bytes.
  public static let smallestScratchByteCount: UInt64 = 16 << 20

  /// Makes a file in a directory that has no name, so that nothing of it stays whatever ends the process.
  ///
  /// - Parameter byteCount: how large, or nil for 2 GiB or half of the room that there is. Half stays free in any case.
  /// - Throws: `noRoom`; `storage` where no file can be made.
  public static func scratch(in directory: String, byteCount: UInt64?) throws(BenchError) -> StorageFile {
    let raw = try unnamedFile(in: directory)
    // The owner comes before anything that throws: with it the file goes.
    let room = freeByteCount(raw)
    let size = max(
      byteCount ?? min(largestScratchByteCount, room / 2).roundedDown(to: 4 << 20), smallestScratchByteCount)
    let file = try StorageFile(owning: raw, path: directory, byteCount: size, isWritable: true)
    guard size <= room / 2 else { throw .noRoom(path: directory, available: room / 2, needed: size) }
    try reserve(file.byteCount, raw, directory)
    return file
  }

  /// Takes the room now where the file system can, so that a full one shows before anything is measured.
  private static func reserve(_ byteCount: UInt64, _ raw: CInt, _ path: String) throws(BenchError) {
    while linux_fallocate(raw, 0, 0, off_t(byteCount)) != 0 {
      switch linux_errno() {
      case EINTR: continue
      case EOPNOTSUPP, ENOSYS, EINVAL:
        guard ftruncate(raw, off_t(byteCount)) == 0 else { throw .system(.resize, path, linux_errno()) }
        return
      case let number: throw .system(.resize, path, number)
      }
    }
  }

  /// Bytes that this user may still write.
  private static func freeByteCount(_ raw: CInt) -> UInt64 {
    var byteCount: UInt64 = 0
    // A file system that doesn't tell may have room enough.
    return unsafe linux_free_byte_count(raw, &byteCount) == 0 ? byteCount : .max
  }

  private static func unnamedFile(in directory: String) throws(BenchError) -> CInt {
    let raw = unsafe linux_open(directory, O_RDWR | linux_O_TMPFILE, 0o600)
    if raw >= 0 { return raw }
    // NFS, FUSE, vfat: a name, for as long as it takes to remove it.
    for attempt in 0..<100 {
      let name = "\(directory)/.cairn-bench-\(getpid())-\(attempt).partial"
      do throws(BenchError) {
        let raw = try open(name, O_RDWR | O_CREAT | O_EXCL, for: .create)
        _ = unsafe unlink(name)
        return raw
      } catch {
        guard case .storage(.system(_, _, _, EEXIST)) = error else { throw error.named(directory) }
      }
    }
    throw .system(.create, directory, EEXIST)
  }

  private static func open(
    _ path: String, _ flags: CInt, for operation: BlockError.Operation = .open
  ) throws(BenchError) -> CInt {
    while true {
      let raw = unsafe linux_open(path, flags, 0o600)
      if raw >= 0 { return raw }
      let number = linux_errno()
      if number != EINTR { throw .system(operation, path, number) }
    }
  }
}

extension BenchError {
  /// The same about the directory that the user has named.
  fileprivate func named(_ path: String) -> BenchError {
    guard case .storage(.system(let operation, _, _, let number)) = self else { return self }
    return .system(operation, path, number)
  }
}
