// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Entries

/// Which file it is, whatever its name: no two have the same at the same time.
struct FileIdentity: Hashable {
  let device: UInt64
  let inode: UInt64
}

/// What lstat(2) tells of a file.
struct FileStatus {
  private let status: stat

  init(_ status: stat) { self.status = status }

  enum Kind {
    case directory, regular, symbolicLink, characterDevice, blockDevice, fifo, socket
  }

  /// Nil for what Linux doesn't have.
  var kind: Kind? {
    switch status.st_mode & mode_t(S_IFMT) {
    case mode_t(S_IFDIR): .directory
    case mode_t(S_IFREG): .regular
    case mode_t(S_IFLNK): .symbolicLink
    case mode_t(S_IFCHR): .characterDevice
    case mode_t(S_IFBLK): .blockDevice
    case mode_t(S_IFIFO): .fifo
    case mode_t(S_IFSOCK): .socket
    default: nil
    }
  }

  var identity: FileIdentity { FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) }

  /// Whether there may be another name for it.
  var hasSeveralNames: Bool { kind != .directory && status.st_nlink > 1 }

  var size: UInt64 { UInt64(max(0, status.st_size)) }

  /// Whether less than its size is stored: there may be holes in it.
  var mayHaveHoles: Bool { UInt64(max(0, status.st_blocks)) < size.dividedRoundingUpBy512 }

  var mode: UInt16 { UInt16(status.st_mode & 0o7777) }

  var owner: Entry.Owner { Entry.Owner(user: status.st_uid, group: status.st_gid) }

  var modificationTime: Timestamp {
    Timestamp(
      seconds: Int64(status.st_mtim.tv_sec),
      nanoseconds: UInt32(min(max(0, status.st_mtim.tv_nsec), 999_999_999)))
  }

  var deviceMajor: UInt32 { linux_major(status.st_rdev) }
  var deviceMinor: UInt32 { linux_minor(status.st_rdev) }
}

extension UInt64 {
  /// Units of st_blocks.
  fileprivate var dividedRoundingUpBy512: UInt64 { self / 512 + (self % 512 == 0 ? 0 : 1) }
}
