// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Entries

/// An open file or directory of a tree, closed when it goes.
///
/// Names end with a NUL. None is followed if it is a symbolic link: what is opened lies where its name does.
final class TreeFile {
  let descriptor: CInt

  /// Opens the directory at `path`; the one thing for which links are followed.
  static func openTop(_ path: String) throws(TreeFailure) -> TreeFile {
    TreeFile(owning: try calling(for: .open) { unsafe linux_open(path, O_RDONLY | O_DIRECTORY, 0) })
  }

  private init(owning descriptor: CInt) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  func openDirectory(_ name: [CChar]) throws(TreeFailure) -> TreeFile {
    try open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  /// Doesn't wait for a writer where a FIFO has taken the file's place.
  func openFile(_ name: [CChar]) throws(TreeFailure) -> TreeFile {
    try open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  }

  /// The directory that holds this one.
  func openParent() throws(TreeFailure) -> TreeFile {
    let dotDot: [CChar] = [0x2E, 0x2E, 0]
    return try open(dotDot, O_RDONLY | O_DIRECTORY)
  }

  private func open(_ name: [CChar], _ flags: CInt) throws(TreeFailure) -> TreeFile {
    TreeFile(owning: try calling(for: .open) { unsafe linux_openat(descriptor, name, flags) })
  }

  func status() throws(TreeFailure) -> FileStatus {
    var status = stat()
    _ = try calling(for: .examine) { unsafe fstat(descriptor, &status) }
    return FileStatus(status)
  }

  /// Of what has the name in this directory.
  func status(of name: [CChar]) throws(TreeFailure) -> FileStatus {
    var status = stat()
    _ = try calling(for: .examine) { unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
    return FileStatus(status)
  }

  /// Where the link of that name in this directory leads.
  func target(of name: [CChar], through buffer: inout ReadBuffer) throws(TreeFailure) -> [UInt8] {
    // Linux has no link that is longer than a page; a buffer that is full would mean one.
    let count = try unsafe buffer.fill(for: .readLink) { memory, byteCount in
      unsafe readlinkat(descriptor, name, memory, byteCount)
    }
    return buffer.bytes(0..<count).copy(0..<count)
  }

  /// Reads into the buffer from its start, `byteCount` bytes at most; 0 at the end of the file.
  func read(
    at offset: UInt64, _ byteCount: Int, into buffer: inout ReadBuffer
  ) throws(TreeFailure) -> Int {
    try unsafe buffer.fill(for: .read) { memory, bufferByteCount in
      unsafe pread(descriptor, memory, min(byteCount, bufferByteCount), off_t(offset))
    }
  }
}

/// Memory that whole pages are read into, and lent from.
@safe
struct ReadBuffer: ~Copyable {
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)

  static let byteCount = 256 << 10

  deinit { unsafe memory.deallocate() }

  /// What was filled last, or a part of it.
  @_lifetime(borrow self)
  func bytes(_ range: Range<Int>) -> RawSpan { unsafe memory.bytes.extracting(range) }

  /// How many bytes `call` put to the start of the memory, of which it gets the address and the size.
  mutating func fill(
    for operation: ArchiveError.Operation, by call: (UnsafeMutableRawPointer, Int) -> Int
  ) throws(TreeFailure) -> Int {
    try calling(for: operation) { unsafe call(memory.baseAddress!, memory.count) }
  }
}
