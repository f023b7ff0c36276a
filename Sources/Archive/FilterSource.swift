// SPDX-License-Identifier: Apache-2.0
internal import CArchive
internal import CLinux

/// Reads what is compressed other than with gzip, through libarchive's filters.
@safe
final class FilterSource: ByteSource {
  private let raw: OpaquePointer
  private let channel: Channel
  private let compression: Compression
  private var isOpen = false
  private var failure: ArchiveError?

  /// - Throws: `library` where libarchive has no memory, or was built without the compression.
  init(_ file: ArchiveFile, _ compression: Compression) throws(ArchiveError) {
    guard let raw = unsafe archive_read_new() else {
      throw .library(operation: "set up \(compression)", message: "out of memory")
    }
    unsafe self.raw = raw
    channel = Channel(file)
    self.compression = compression
    // ARCHIVE_WARN: libarchive would start a program.
    guard unsafe Self.addFilter(raw, compression) == ARCHIVE_OK,
      unsafe archive_read_support_format_raw(raw) == ARCHIVE_OK,
      unsafe archive_read_support_format_empty(raw) == ARCHIVE_OK
    else { throw .library(operation: "set up \(compression)", message: "libarchive was built without it") }
  }

  deinit { unsafe archive_read_free(raw) }

  func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    var filled = 0
    do throws(ArchiveError) {
      if let failure { throw failure }
      if !isOpen { try open() }
      while filled < target.count {
        let count = unsafe archive_read_data(raw, target.baseAddress! + filled, target.count - filled)
        guard count > 0 else {
          try check(CInt(clamping: count))
          try checkEnd()
          break
        }
        filled += count
      }
    } catch {
      failure = error
    }
    if filled == 0, let failure { throw failure }
    return filled
  }

  private func open() throws(ArchiveError) {
    let context = unsafe Unmanaged.passUnretained(channel).toOpaque()
    let read:
      @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?)
        -> Int = { _, context, bytes in unsafe Channel.read(context, bytes) }
    try check(unsafe archive_read_open(raw, context, nil, read, nil))
    var entry: OpaquePointer?
    let code = unsafe archive_read_next_header(raw, &entry)
    if code != ARCHIVE_EOF { try check(code) }
    isOpen = true
  }

  /// Some of libarchive's filters end quietly where something else than a further stream begins.
  private func checkEnd() throws(ArchiveError) {
    let consumed = UInt64(clamping: unsafe archive_filter_bytes(raw, -1))
    let hasMore = try channel.hasMore()
    guard hasMore || consumed < channel.file.progress.consumedByteCount else { return }
    throw .compressed(compression, path: channel.file.path, offset: consumed, entry: nil, .trailingBytes)
  }

  private static func addFilter(_ raw: OpaquePointer, _ compression: Compression) -> CInt {
    switch compression {
    case .bzip2: unsafe archive_read_support_filter_bzip2(raw)
    case .xz: unsafe archive_read_support_filter_xz(raw)
    case .zstd: unsafe archive_read_support_filter_zstd(raw)
    case .lz4: unsafe archive_read_support_filter_lz4(raw)
    case .lzip: unsafe archive_read_support_filter_lzip(raw)
    case .none, .gzip: ARCHIVE_FATAL
    }
  }

  private func check(_ code: CInt) throws(ArchiveError) {
    if let failure = channel.failure { throw failure }
    guard code != ARCHIVE_OK else { return }
    let message = unsafe archive_error_string(raw).map { unsafe String(cString: $0) }
    throw .compressed(
      compression, path: channel.file.path, offset: channel.file.offset, entry: nil,
      .damaged(message ?? "libarchive gives no reason"))
  }
}

/// What libarchive hands back to the callback: the file, and its first error, which wins over libarchive's.
private final class Channel {
  let file: ArchiveFile
  private(set) var failure: ArchiveError?
  private var lentByteCount = 0

  init(_ file: ArchiveFile) { self.file = file }

  /// The number of bytes lent, or -1.
  static func read(
    _ context: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UnsafeRawPointer?>?
  ) -> Int {
    guard let context = unsafe context, let bytes = unsafe bytes else { return -1 }
    let channel = unsafe Unmanaged<Channel>.fromOpaque(context).takeUnretainedValue()
    do throws(ArchiveError) { return try unsafe channel.lend(bytes) } catch {
      channel.failure = error
      return -1
    }
  }

  /// Whether there are bytes in the file that libarchive did not ask for.
  func hasMore() throws(ArchiveError) -> Bool {
    file.consume(lentByteCount)
    lentByteCount = 0
    return try file.fill()
  }

  private func lend(_ bytes: UnsafeMutablePointer<UnsafeRawPointer?>) throws(ArchiveError) -> Int {
    guard try hasMore() else { return 0 }
    unsafe bytes.pointee = unsafe file.bytes.baseAddress
    lentByteCount = unsafe file.bytes.count
    return lentByteCount
  }
}
