// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// Why storage couldn't be measured.
public enum BenchError: Error, Equatable, Sendable {
  /// A system call said no, or ended before all bytes had moved.
  case storage(BlockError)
  /// The directory's file system has less room for a scratch file than one needs, in bytes.
  case noRoom(path: String, available: UInt64, needed: UInt64)
  /// The target holds fewer bytes than the smallest block that is measured.
  case tooSmall(path: String, byteCount: UInt64)
  /// Neither a directory, nor a regular file, nor a block device.
  case notMeasurable(path: String, kind: BlockError.FileKind)
  /// The system has no thread to spare. `number` is an errno.
  case noThread(number: CInt)
}

extension BenchError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .storage(let error): "\(error)"
    case .noRoom(let path, let available, let needed):
      "\(path): a scratch file of \(Self.mebibytes(needed)) doesn't fit in, there is room for "
        + "\(Self.mebibytes(available)) if half of it stays free; make room, or name another directory"
    case .tooSmall(let path, let byteCount):
      "\(path): \(byteCount) bytes are too few to measure; name something of at least 4096 bytes"
    case .notMeasurable(let path, let kind):
      "\(path): is \(kind.rawValue); name a directory, a file or a block device"
    case .noThread(let number):
      "cannot start a thread: \(BlockError.text(ofErrno: number)); measure when less is going on"
    }
  }

  private static func mebibytes(_ byteCount: UInt64) -> String { "\(byteCount >> 20) MiB" }

  /// What storage said, where that is why.
  public var storageError: BlockError? { if case .storage(let error) = self { error } else { nil } }
}
