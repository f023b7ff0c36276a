// SPDX-License-Identifier: Apache-2.0
internal import CArchive
internal import CLinux

/// Deflates what is written to it, with zlib through libarchive: the same bytes on every machine.
///
/// The gzip header has no name and an mtime of 0 (RFC 1952, section 2.3.1).
public final class GzipSink: ByteSink {
  private let filter: WriteFilter

  /// - Parameter level: zlib's, from 1 (fast) to 9 (small).
  /// - Throws: `library` where libarchive has no memory.
  public init(level: Int = 9, to target: any ByteSink) throws(ArchiveError) {
    precondition((1...9).contains(level), "zlib's levels are 1 to 9")
    filter = try WriteFilter.gzip(level: level, to: target)
  }

  public func write(_ bytes: RawSpan) throws(ArchiveError) { try filter.write(bytes) }

  /// Writes the rest and the trailer, then finishes the target.
  public func finish() throws(ArchiveError) { try filter.finish() }
}

/// Sole owner of libarchive's write handle, which ends in `finish()` or, abandoned, in `deinit`.
@safe
private struct WriteFilter: ~Copyable {
  private let raw: OpaquePointer
  private let channel: Channel

  static func gzip(level: Int, to target: any ByteSink) throws(ArchiveError) -> WriteFilter {
    guard let raw = unsafe archive_write_new() else {
      throw .library(operation: "set up gzip", message: "out of memory")
    }
    let filter = unsafe WriteFilter(owning: raw, Channel(target))
    let operation = "set up gzip"
    try filter.check(unsafe archive_write_add_filter_gzip(raw), operation)
    try filter.check(
      unsafe archive_write_set_filter_option(raw, "gzip", "compression-level", "\(level)"), operation)
    try filter.check(unsafe archive_write_set_filter_option(raw, "gzip", "timestamp", nil), operation)
    try filter.check(unsafe archive_write_set_format_raw(raw), operation)
    try filter.check(unsafe archive_write_set_bytes_per_block(raw, 0), operation)
    try filter.open()
    return filter
  }

  private init(owning raw: OpaquePointer, _ channel: Channel) {
    unsafe self.raw = raw
    self.channel = channel
  }

  deinit {
    // Freeing writes the trailer, also of what has no end: it goes nowhere.
    channel.isClosed = true
    unsafe archive_write_free(raw)
  }

  private func open() throws(ArchiveError) {
    let context = unsafe Unmanaged.passUnretained(channel).toOpaque()
    try check(
      unsafe archive_write_open(
        raw, context, nil,
        { _, context, bytes, byteCount in
          unsafe Channel.write(context, UnsafeRawBufferPointer(start: bytes, count: byteCount))
        }, nil), "begin a gzip stream")
    guard let entry = unsafe archive_entry_new() else {
      throw .library(operation: "begin a gzip stream", message: "out of memory")
    }
    defer { unsafe archive_entry_free(entry) }
    unsafe archive_entry_set_filetype(entry, UInt32(S_IFREG))
    try check(unsafe archive_write_header(raw, entry), "begin a gzip stream")
  }

  func write(_ bytes: RawSpan) throws(ArchiveError) {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe bytes.isEmpty ? 0 : archive_write_data(raw, bytes.baseAddress, bytes.count)
    }
    try check(result < 0 ? CInt(ARCHIVE_FATAL) : ARCHIVE_OK, "deflate")
  }

  func finish() throws(ArchiveError) {
    try check(unsafe archive_write_close(raw), "end a gzip stream")
    try channel.target.finish()
  }

  private func check(_ code: CInt, _ operation: String) throws(ArchiveError) {
    if let failure = channel.failure { throw failure }
    guard code != ARCHIVE_OK else { return }
    let message = unsafe archive_error_string(raw).map { unsafe String(cString: $0) }
    throw .library(operation: operation, message: message ?? "libarchive gives no reason")
  }
}

/// What libarchive hands back to the callback: the target, and its first error, which wins over libarchive's.
private final class Channel {
  let target: any ByteSink
  private(set) var failure: ArchiveError?
  /// Nothing reaches the target any more.
  var isClosed = false

  init(_ target: any ByteSink) { self.target = target }

  /// The number of bytes taken, or -1.
  static func write(_ context: UnsafeMutableRawPointer?, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard let context = unsafe context else { return -1 }
    let channel = unsafe Unmanaged<Channel>.fromOpaque(context).takeUnretainedValue()
    guard !channel.isClosed else { return bytes.count }
    guard channel.failure == nil else { return -1 }
    do throws(ArchiveError) { try channel.target.write(unsafe bytes.bytes) } catch {
      channel.failure = error
      return -1
    }
    return bytes.count
  }
}
