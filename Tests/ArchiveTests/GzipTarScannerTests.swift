// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Testing

@Suite struct GzipTarScannerTests {
  /// A gzip member of a tar, its closing blocks left out where it is to go on.
  private func member(_ files: [(path: String, byteCount: Int)], withEnd: Bool) throws -> [UInt8] {
    let tar = MemorySink()
    var writer = TarWriter(to: tar)
    for (path, byteCount) in files {
      let content = Entry.Content(size: UInt64(byteCount))
      try writer.add(
        Entry(
          try EntryPath(path.utf8), .regular(content), mode: 0o644, modificationTime: Timestamp(seconds: 0)))
      try writer.append([UInt8](repeating: 7, count: byteCount).span.bytes)
    }
    try writer.finish()
    let gzip = MemorySink()
    let sink = try GzipSink(level: 6, to: gzip)
    let bytes = tar.bytes
    try sink.write(bytes.span.bytes.extracting(droppingLast: withEnd ? 0 : 1024))
    try sink.finish()
    return gzip.bytes
  }

  private func file() throws -> [UInt8] {
    try member([(".PKGINFO", 300)], withEnd: false)
      + member([("etc/init.d/a", 0), ("usr/large", 3_000_000), ("usr/z", 5)], withEnd: true)
  }

  private func paths(_ bytes: [UInt8], pieceByteCount: Int) throws -> [String] {
    var scanner = GzipTarScanner(path: "a.apk")
    var paths: [String] = []
    for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
      let piece = bytes.span.bytes.extracting(start..<min(start + pieceByteCount, bytes.count))
      paths += try scanner.take(piece).map { "\($0.path)" }
    }
    return paths
  }

  @Test(arguments: [1, 511, 4096, 1 << 20])
  func `entries are told across members, however the bytes come`(pieceByteCount: Int) throws {
    #expect(
      try paths(try file(), pieceByteCount: pieceByteCount) == [
        ".PKGINFO", "etc/init.d/a", "usr/large", "usr/z",
      ])
  }

  @Test func `what is no gzip, and what is no tar, is said to be`() throws {
    #expect(throws: ArchiveError.self) { try paths(Array("no gzip, but a text".utf8), pieceByteCount: 4) }
    let gzip = MemorySink()
    let sink = try GzipSink(level: 6, to: gzip)
    try sink.write([UInt8](repeating: 1, count: 512).span.bytes)
    try sink.finish()
    #expect {
      try paths(gzip.bytes, pieceByteCount: 1 << 20)
    } throws: { error in
      if case ArchiveError.tar(path: "a.apk", offset: 0, entry: nil, .notTar) = error { true } else { false }
    }
  }
}
