// SPDX-License-Identifier: Apache-2.0

/// The uncompressed stream. For one thread at a time.
protocol ByteSource: AnyObject {
  /// Fills `target` from its start: wholly, but for the last piece before the end or an error, which comes with the
  /// next call then. 0 at the end, when everything has been checked.
  func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
}

extension Compression {
  /// What reads `file`, whose compression this is.
  func source(of file: ArchiveFile) throws(ArchiveError) -> any ByteSource {
    switch self {
    case .none: PlainSource(file)
    case .gzip: GzipSource(file)
    case .bzip2, .xz, .zstd, .lz4, .lzip: try FilterSource(file, self)
    }
  }
}

/// A file that isn't compressed.
private final class PlainSource: ByteSource {
  private let file: ArchiveFile

  init(_ file: ArchiveFile) { self.file = file }

  func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    var filled = 0
    while filled < target.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
      let count = try unsafe file.read(into: rest)
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
