// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries

/// Whatever can give its entries to a writer.
protocol EntryTree {
  /// Adds every entry, a directory before what is in it; does not finish.
  func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure)
}

extension EntryTree {
  /// A tar of it, deflated by zlib at a fixed level: the same bytes everywhere, without a name or a time.
  ///
  /// - Parameter withEnd: whether the two blocks of zeros come that end a tar.
  func compressedTar(withEnd: Bool = true) throws(AlpineError) -> [UInt8] {
    do throws(ArchiveError) {
      let tar = MemorySink()
      var writer = TarWriter(to: tar)
      try write(to: &writer)
      try writer.finish()
      let bytes = tar.bytes
      return try Self.deflated(bytes.rawBytes.extracting(droppingLast: withEnd ? 0 : 2 * 512))
    } catch {
      throw .archive(error)
    }
  }

  private static func deflated(_ bytes: RawSpan) throws(ArchiveError) -> [UInt8] {
    let target = MemorySink()
    let sink = try GzipSink(level: 9, to: target)
    try sink.write(bytes)
    try sink.finish()
    return target.bytes
  }
}
