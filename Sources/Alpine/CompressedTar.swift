// SPDX-License-Identifier: Apache-2.0
import Archive

/// A tar in memory, deflated with zlib at a fixed level: the same bytes everywhere, without a name or a time.
struct CompressedTar {
  let bytes: [UInt8]

  /// - Parameters:
  ///   - withEnd: whether the two blocks of zeros come that end a tar.
  ///   - write: adds the entries.
  init(
    withEnd: Bool = true, _ write: (inout TarWriter) throws(ArchiveError) -> Void
  ) throws(AlpineError) {
    do throws(ArchiveError) {
      let tar = MemorySink()
      var writer = TarWriter(to: tar)
      try write(&writer)
      try writer.finish()
      bytes = try Self.deflated(tar.bytes, count: tar.bytes.count - (withEnd ? 0 : 2 * 512))
    } catch {
      throw .archive(error)
    }
  }

  private static func deflated(_ tar: [UInt8], count: Int) throws(ArchiveError) -> [UInt8] {
    let target = MemorySink()
    let sink = try GzipSink(level: 9, to: target)
    try sink.write(unsafe tar.span.bytes.extracting(first: count))
    try sink.finish()
    return target.bytes
  }
}
