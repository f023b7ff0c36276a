// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The archive's file, read in order through a buffer that stays in the processor's cache.
///
/// For one thread at a time.
@safe
final class ArchiveFile {
  let path: String
  let progress: ArchiveProgress
  /// Ends a wait for more of a pipe; nil for files that never make one wait.
  let interrupt: Interrupt?
  private let descriptor: CInt
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
  private var unread = 0..<0

  private static let byteCount = 128 << 10

  /// - Throws: `system`.
  static func open(_ path: String) throws(ArchiveError) -> ArchiveFile {
    let descriptor = unsafe linux_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .system(.open, path: path, number: linux_errno()) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let number = linux_errno()
      close(descriptor)
      throw .system(.examine, path: path, number: number)
    }
    let isRegular = status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG)
    return ArchiveFile(owning: descriptor, path, size: isRegular ? UInt64(max(0, status.st_size)) : nil)
  }

  private init(owning descriptor: CInt, _ path: String, size: UInt64?) {
    self.descriptor = descriptor
    self.path = path
    progress = ArchiveProgress(totalByteCount: size)
    interrupt = size == nil ? Interrupt() : nil
  }

  deinit {
    close(descriptor)
    unsafe buffer.deallocate()
  }

  /// Offset in the file of the next byte that nobody took.
  var offset: UInt64 { progress.consumedByteCount - UInt64(unread.count) }

  /// Bytes that are at hand. Lent until the next call of another member.
  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: buffer[unread]) }

  /// Takes `byteCount` of the bytes at hand.
  func consume(_ byteCount: Int) { unread = (unread.lowerBound + byteCount)..<unread.upperBound }

  /// Sees to it that there are bytes at hand; false at the end of the file.
  func fill() throws(ArchiveError) -> Bool {
    if unread.isEmpty { unread = 0..<(try unsafe readFile(into: buffer)) }
    return !unread.isEmpty
  }

  /// Reads until at least `byteCount` bytes are at hand or the file ends. At the beginning of the file only.
  func peek(_ byteCount: Int) throws(ArchiveError) {
    while unread.count < byteCount {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
      let count = try unsafe readFile(into: rest)
      guard count > 0 else { return }
      unread = unread.lowerBound..<unread.upperBound + count
    }
  }

  /// Reads into `target` itself, once what is at hand is taken. 0 at the end of the file.
  func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    if !unread.isEmpty {
      let count = min(unread.count, target.count)
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      consume(count)
      return count
    }
    return try unsafe readFile(into: target)
  }

  /// Reads a part of a regular file, whatever else is read; fewer bytes than `target` has at its end or an error. For
  /// any thread.
  func read(into target: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
    var filled = 0
    while filled < target.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
      let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
      if count < 0, linux_errno() == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    return filled
  }

  /// Goes on at `newOffset` of a regular file, behind what was read.
  ///
  /// - Throws: `system`.
  func skip(to newOffset: UInt64) throws(ArchiveError) {
    let byteCount = newOffset - offset
    guard byteCount > unread.count else { return consume(Int(byteCount)) }
    guard lseek(descriptor, off_t(newOffset), SEEK_SET) >= 0 else {
      throw .system(.read, path: path, number: linux_errno())
    }
    progress.add(Int(byteCount) - unread.count)
    unread = 0..<0
  }

  private func readFile(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    while true {
      // Interrupted: nobody is interested any more.
      guard interrupt?.wait(for: descriptor) ?? true else { return 0 }
      let start = linux_monotonic_nanoseconds()
      let count = unsafe CLinux.read(descriptor, target.baseAddress, target.count)
      if count < 0, linux_errno() == EINTR || linux_errno() == EAGAIN { continue }
      guard count >= 0 else { throw .system(.read, path: path, number: linux_errno()) }
      progress.countRead(since: start)
      progress.add(count)
      return count
    }
  }
}

/// Ends a wait for bytes of a pipe that may never come: the other way to wake poll(2) up is a signal.
final class Interrupt: Sendable {
  /// Ends of a pipe of its own, the reading one first; -1 where the system has no more descriptors.
  private let ends: (CInt, CInt)

  init() {
    var ends: (CInt, CInt) = (-1, -1)
    unsafe withUnsafeMutableBytes(of: &ends) { bytes in
      _ = unsafe linux_pipe(bytes.assumingMemoryBound(to: CInt.self).baseAddress!)
    }
    self.ends = ends
  }

  deinit {
    close(ends.0)
    close(ends.1)
  }

  /// Ends the wait of another thread, or the next one.
  func trigger() {
    var byte: UInt8 = 0
    _ = unsafe write(ends.1, &byte, 1)
  }

  /// Waits for bytes, an end or an error of `descriptor`; false where interrupted.
  func wait(for descriptor: CInt) -> Bool {
    var polled = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: ends.0, events: Int16(POLLIN), revents: 0),
    ]
    while unsafe poll(&polled, 2, -1) < 0, linux_errno() == EINTR {}
    return polled[1].revents == 0
  }
}
