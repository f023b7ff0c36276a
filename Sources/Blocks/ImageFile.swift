// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A sparse image file that has no name until `commit`: whatever happens before, the name holds the old file.
///
/// The file is unnamed (O_TMPFILE) where the file system knows that, and else bears a temporary name beside the
/// output's, which is removed unless the process is killed. Space is reserved ahead of a sequential stream of writes,
/// which costs a fifth less than appending, and given back where the stream ends.
public final class ImageFile: BlockTarget {
  public let size: UInt64
  /// Where the image will be, links followed.
  public let path: String
  private let file: FileDescriptor
  /// The name to remove or to rename, where the file system has no unnamed files.
  private var temporaryPath: String?
  private var reservation: Reservation

  /// Makes an empty image that reads as zero.
  ///
  /// - Parameters:
  ///   - path: the output; a link is followed, a file that is there stays as it is.
  ///   - size: in bytes.
  /// - Throws: `notARegularFile` where the name is taken by a directory or a device; `system` where the directory
  ///   can't be written to or the size is beyond what the file system takes.
  public init(path: String, size: UInt64) throws(BlockError) {
    let path = try OutputName.resolve(path)
    let directory = OutputName.directory(of: path)
    guard size <= UInt64(Int64.max) else {
      throw .system(.resize, path: path, offset: size, number: EFBIG)
    }
    var temporaryPath: String?
    do throws(BlockError) {
      file = try .open(directory, flags: O_RDWR | linux_O_TMPFILE, mode: 0o666, for: .create)
    } catch {
      guard case .system(_, _, _, let number) = error, [EOPNOTSUPP, EISDIR, ENOENT].contains(number) else {
        throw error
      }
      let name = OutputName.temporary(beside: path)
      file = try .open(name, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o666, for: .create)
      temporaryPath = name
    }
    self.size = size
    self.path = path
    self.temporaryPath = temporaryPath
    reservation = Reservation(size: size)
    do throws(BlockError) {
      try file.resize(to: size)
    } catch {
      temporaryPath.map { name in _ = unsafe unlink(name) }
      throw error
    }
  }

  deinit { temporaryPath.map { name in _ = unsafe unlink(name) } }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    try file.read(into: &bytes, at: offset)
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    try reservation.prepare(offset..<offset + UInt64(bytes.byteCount), in: file)
    try file.write(bytes, at: offset)
  }

  /// Makes a hole; where the file system has none, only what is not zero yet is written.
  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    guard !range.isEmpty else { return }
    if try !file.punchHole(range) { try overwrite(range) }
  }

  public func flush() throws(BlockError) { try file.flush() }

  /// Gives the image its name, in place of whatever file has it now.
  ///
  /// - Parameter isDurable: flush the image before and its directory after, so that the name never holds less than
  ///   the whole image, whatever the machine does.
  public func commit(isDurable: Bool) throws(BlockError) {
    try reservation.release(in: file)
    if isDurable { try file.flush() }
    try publish()
    if isDurable {
      try FileDescriptor.open(OutputName.directory(of: path), flags: O_RDONLY | O_DIRECTORY).flush()
    }
  }

  private func publish() throws(BlockError) {
    if temporaryPath == nil {
      let descriptor = "/proc/self/fd/\(file.raw)"
      guard unsafe linkat(AT_FDCWD, descriptor, AT_FDCWD, path, linux_AT_SYMLINK_FOLLOW) != 0 else { return }
      guard linux_errno() == EEXIST else { throw publishError() }
      let name = OutputName.temporary(beside: path)
      guard unsafe linkat(AT_FDCWD, descriptor, AT_FDCWD, name, linux_AT_SYMLINK_FOLLOW) == 0 else {
        throw publishError()
      }
      temporaryPath = name
    }
    if let name = temporaryPath {
      guard unsafe rename(name, path) == 0 else { throw publishError() }
      temporaryPath = nil
    }
  }

  private func publishError() -> BlockError {
    .system(.publish, path: path, offset: nil, number: linux_errno())
  }

  private func overwrite(_ range: Range<UInt64>) throws(BlockError) {
    var buffer = AlignedBuffer(byteCount: 256 << 10)
    let zeros = AlignedBuffer(byteCount: buffer.byteCount)
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(UInt64(buffer.byteCount), range.upperBound - position))
      var all = buffer.mutableBytes
      var bytes = all._mutatingExtracting(first: count)
      try file.read(into: &bytes, at: position)
      if !bytes.bytes.isZero { try file.write(zeros.bytes.extracting(first: count), at: position) }
      position += UInt64(count)
    }
  }
}

/// Space reserved ahead of the writes that go on where the last one ended.
private struct Reservation {
  /// Where the image ends.
  let size: UInt64
  /// End of the last write.
  private var streamEnd: UInt64 = 0
  /// End of the last write's whole run of writes without a gap.
  private var runStart: UInt64 = 0
  /// End of what is reserved; nothing behind `streamEnd` where it is not above it.
  private var reservedEnd: UInt64 = 0
  /// False once the file system has said that it can't.
  private var isPossible = true

  /// Bytes reserved at a time.
  private static let windowSize: UInt64 = 32 << 20
  /// A run this long is taken for a stream.
  private static let streamByteCount: UInt64 = 1 << 20

  init(size: UInt64) { self.size = size }

  /// To be called before each write.
  mutating func prepare(_ range: Range<UInt64>, in file: borrowing FileDescriptor) throws(BlockError) {
    if range.lowerBound != streamEnd {
      try release(in: file)
      runStart = range.lowerBound
      reservedEnd = range.lowerBound
    }
    streamEnd = range.upperBound
    if isPossible, streamEnd > reservedEnd, streamEnd - runStart >= Self.streamByteCount {
      let end = min(size, max(streamEnd, range.lowerBound + Self.windowSize))
      isPossible = file.allocate(range.lowerBound..<end)
      if isPossible { reservedEnd = end }
    }
  }

  /// Gives back what the stream did not come to use.
  mutating func release(in file: borrowing FileDescriptor) throws(BlockError) {
    if reservedEnd > streamEnd { _ = try file.punchHole(streamEnd..<reservedEnd) }
    reservedEnd = streamEnd
  }
}

/// The output's name and the names around it.
private enum OutputName {
  /// The path with links followed, of a regular file or of nothing yet.
  static func resolve(_ path: String) throws(BlockError) -> String {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      guard linux_errno() == ENOENT else {
        throw .system(.create, path: path, offset: nil, number: linux_errno())
      }
      return path
    }
    if let kind = kind(status.st_mode) { throw .notARegularFile(path: path, kind: kind) }
    guard let resolved = unsafe realpath(path, nil) else {
      throw .system(.create, path: path, offset: nil, number: linux_errno())
    }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A hidden name in the same directory that no other process makes.
  static func temporary(beside path: String) -> String {
    let name =
      path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    return "\(directory(of: path))/.\(name).\(getpid()).partial"
  }

  /// What stands there if it is not a regular file.
  private static func kind(_ mode: mode_t) -> BlockError.FileKind? {
    switch mode & mode_t(S_IFMT) {
    case mode_t(S_IFREG): nil
    case mode_t(S_IFDIR): .directory
    case mode_t(S_IFBLK): .blockDevice
    case mode_t(S_IFCHR): .characterDevice
    case mode_t(S_IFIFO): .pipe
    case mode_t(S_IFSOCK): .socket
    default: .other
    }
  }
}
