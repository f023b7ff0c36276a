// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A sparse image file that has no name until `commit`: whatever happens before, the name holds the old file.
///
/// Space is reserved ahead of a sequential stream of writes and given back where the stream ends.
public final class ImageFile: BlockTarget {
  public private(set) var size: UInt64
  private var file: PendingFile
  private var reservation = Reservation()

  /// Makes an empty image that reads as zero.
  ///
  /// - Parameters:
  ///   - path: the output; a link is followed, a file that is there stays as it is.
  ///   - size: in bytes.
  /// - Throws: `notARegularFile` where the name is taken by a directory or a device; `system` where the
  ///   directory can't be written to or the size is beyond what the file system takes.
  public convenience init(path: String, size: UInt64) throws(BlockError) {
    try self.init(PendingFile.make(for: OutputName(resolving: path)), size: size)
  }

  init(_ file: consuming PendingFile, size: UInt64) throws(BlockError) {
    try file.descriptor.resize(to: size)
    self.file = file
    self.size = size
  }

  /// Where the image will be, links followed.
  public var path: String { file.output.path }

  /// The name that the file has until `commit`, where the file system has no unnamed files.
  public var temporaryPath: String? { file.temporaryPath }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    try file.descriptor.read(into: &bytes, at: offset)
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    guard bytes.byteCount > 0 else { return }
    try reservation.prepare(offset..<offset + UInt64(bytes.byteCount), in: file.descriptor, of: size)
    try file.descriptor.write(bytes, at: offset)
  }

  /// Makes a hole; where the file system has none, only what is not zero yet is written.
  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    guard !range.isEmpty else { return }
    if try !file.descriptor.punchHole(range) { try overwrite(range) }
  }

  public func flush() throws(BlockError) { try file.descriptor.flush() }

  /// Cuts the image, or lets it go on with zeros: for outputs whose size only their end tells.
  ///
  /// - Parameter size: in bytes.
  public func resize(to size: UInt64) throws(BlockError) {
    try reservation.release(in: file.descriptor)
    try file.descriptor.resize(to: size)
    self.size = size
  }

  /// Gives the image its name, in place of whatever file has it now. Nothing may be written after it.
  ///
  /// - Parameter isDurable: flush the image before and its directory after, so that the name never holds less
  ///   than the whole image, whatever the machine does.
  public func commit(isDurable: Bool) throws(BlockError) {
    try reservation.release(in: file.descriptor)
    if isDurable { try file.descriptor.flush() }
    try file.publish()
    if isDurable { try file.output.flushDirectory() }
  }

  private func overwrite(_ range: Range<UInt64>) throws(BlockError) {
    var buffer = AlignedBuffer(byteCount: 256 << 10)
    let zeros = AlignedBuffer(byteCount: buffer.byteCount)
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(UInt64(buffer.byteCount), range.upperBound - position))
      var all = buffer.mutableBytes
      var bytes = all._mutatingExtracting(first: count)
      try file.descriptor.read(into: &bytes, at: position)
      if !bytes.bytes.isZero {
        try file.descriptor.write(zeros.bytes.extracting(first: count), at: position)
      }
      position += UInt64(count)
    }
  }
}
