// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What went wrong between Cairn and storage.
public enum BlockError: Error, Equatable, Sendable {
  /// What was tried when the system said no.
  public enum Operation: String, Sendable {
    case create, open, read, write, zero, flush, resize
    /// Give the finished file its name.
    case publish = "put in place"
    case startThread = "start a thread to write"
  }

  /// A range beyond the end of the target: what wrote there planned wrongly, or a table on the target lies.
  case outOfBounds(offset: UInt64, byteCount: UInt64, size: UInt64)
  /// A system call failed with `number` (errno). `offset` is nil where the call has none.
  case system(Operation, path: String, offset: UInt64?, number: CInt)
  /// The target took or gave fewer bytes than it was asked to, and no reason.
  case shortTransfer(Operation, path: String, offset: UInt64, byteCount: Int, of: Int)
  /// The output's name belongs to something that is not a regular file (`kind`: "a directory", "a block
  /// device", …).
  case notARegularFile(path: String, kind: FileKind)
  /// A write to what was opened for reading.
  case readOnly(path: String)
  /// The stop flag was set; nothing further is written.
  case cancelled

  /// What stands where a regular file was expected.
  public enum FileKind: String, Sendable {
    case directory = "a directory"
    case blockDevice = "a block device"
    case characterDevice = "a character device"
    case pipe = "a pipe"
    case socket = "a socket"
    case other = "not a regular file"
  }
}

extension BlockError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outOfBounds(let offset, let byteCount, let size):
      "\(byteCount) bytes at \(offset) lie beyond the end of the target (\(size) bytes)"
    case .system(let operation, let path, let offset, let number):
      "\(path): cannot \(operation.rawValue)\(offset.map { " at byte \($0)" } ?? ""): "
        + Self.text(ofErrno: number) + Self.advice(operation, number)
    case .shortTransfer(let operation, let path, let offset, let byteCount, let total):
      "\(path): \(operation.rawValue) at byte \(offset) ended after \(byteCount) of \(total) bytes"
    case .notARegularFile(let path, .blockDevice):
      "\(path): is a block device, and images are files; cairn write puts a card onto a device"
    case .notARegularFile(let path, let kind):
      "\(path): is \(kind.rawValue), and an image is a regular file; name another output"
    case .readOnly(let path):
      "\(path): was opened for reading only"
    case .cancelled:
      "stopped before the end"
    }
  }

  /// What to do about it, where the system's words don't say.
  private static func advice(_ operation: Operation, _ number: CInt) -> String {
    switch (operation, number) {
    case (.create, ENOENT): "; make its directory first, or name another output"
    case (.create, EACCES), (.create, EPERM), (.create, EROFS):
      "; name an output in a directory that you may write to"
    case _ where isGone(number) && [.read, .write, .zero, .flush].contains(operation):
      "; it is gone: put it back and start anew"
    case (_, ENOSPC), (_, EDQUOT): "; make room, or name an output on a larger file system"
    case (.resize, EFBIG): "; name an output on a file system that takes files of this size"
    default: ""
    }
  }

  /// Whether the system says that the device, or the medium in it, is not there any more. A stick that is
  /// pulled may also answer EIO.
  public var isDeviceGone: Bool {
    guard case .system(_, _, _, let number) = self else { return false }
    return Self.isGone(number)
  }

  private static func isGone(_ number: CInt) -> Bool {
    number == ENODEV || number == ENXIO || number == ENOMEDIUM
  }

  /// Whether a read failed on what the medium holds, as opposed to a device that is gone.
  var isMediumError: Bool {
    switch self {
    case .system(.read, _, _, EIO), .system(.read, _, _, EREMOTEIO), .system(.read, _, _, EILSEQ),
      .system(.read, _, _, ENODATA), .system(.read, _, _, ETIMEDOUT):
      true
    default: false
    }
  }

  /// The system's own words for an errno, in English.
  public static func text(ofErrno number: CInt) -> String {
    guard let text = unsafe linux_error_text(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }
}
