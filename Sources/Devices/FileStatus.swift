// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CLinux

/// What stat(2) says of a path.
struct FileStatus {
  private let raw: stat

  /// - Parameter path: below no root.
  init(path: String) throws(FileFailure) {
    var raw = stat()
    guard unsafe stat(path, &raw) == 0 else { throw FileFailure(number: linux_errno()) }
    self.raw = raw
  }

  /// - Parameter descriptor: open.
  init(descriptor: CInt) throws(FileFailure) {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0 else { throw FileFailure(number: linux_errno()) }
    self.raw = raw
  }

  private var format: mode_t { raw.st_mode & mode_t(S_IFMT) }

  /// Of a block device's node; nil for anything else.
  var deviceNumber: DeviceNumber? {
    guard format == mode_t(S_IFBLK) else { return nil }
    return DeviceNumber(major: linux_major(raw.st_rdev), minor: linux_minor(raw.st_rdev))
  }

  var isRegularFile: Bool { format == mode_t(S_IFREG) }

  /// In bytes, of a regular file.
  var byteCount: UInt64 { UInt64(exactly: raw.st_size) ?? 0 }

  var fileIdentity: DeviceIdentity.FileIdentity {
    DeviceIdentity.FileIdentity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino))
  }

  var kind: BlockError.FileKind {
    switch format {
    case mode_t(S_IFDIR): .directory
    case mode_t(S_IFBLK): .blockDevice
    case mode_t(S_IFCHR): .characterDevice
    case mode_t(S_IFIFO): .pipe
    case mode_t(S_IFSOCK): .socket
    default: .other
    }
  }
}

extension SystemTree {
  /// Nil where nothing has the path, or nothing that can be seen.
  func status(_ path: String) -> FileStatus? {
    do throws(FileFailure) { return try FileStatus(path: root + path) } catch { return nil }
  }
}
