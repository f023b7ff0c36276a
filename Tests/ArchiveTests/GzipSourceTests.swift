// SPDX-License-Identifier: Apache-2.0
@testable import Archive
import Foundation
import TestSupport
import Testing

/// Two threads against one: they must tell the same bytes and the same errors.
@Suite struct GzipSourceTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  /// What a source tells, up to its end or an error.
  private struct Told: Equatable {
    var bytes: [UInt8] = []
    var error: String?
  }

  private func told(_ source: GzipSource, pieceByteCount: Int = 128 << 10) -> Told {
    var told = Told()
    var piece = [UInt8](repeating: 0, count: pieceByteCount)
    var nextWait = 0
    while true {
      if told.bytes.count >= nextWait {
        waitForRun(of: source)
        nextWait += 1 << 20
      }
      do {
        let count = try piece.withUnsafeMutableBytes { try source.read(into: $0) }
        if count == 0 { return told }
        told.bytes += piece[..<count]
      } catch {
        told.error = "\(error)"
        return told
      }
    }
  }

  /// Not optimized, the second thread is slower than the first one by far.
  private func waitForRun(of source: GzipSource) {
    for _ in 0..<200 {
      guard let ahead = source.ahead, ahead.nextStart == nil else { return }
      usleep(100)
    }
  }

  private func write(_ bytes: some Sequence<UInt8>) throws -> String {
    let path = scratch.path("file.gz")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func sequentially(_ path: String) throws -> Told {
    told(GzipSource(sequentially: try .open(path)))
  }

  /// gzip stores what can't be compressed, and compresses the rest.
  private func content(_ byteCount: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    var content: [UInt8] = []
    while content.count < byteCount {
      let part = generator.bytes(Int.random(in: 1...300_000, using: &generator))
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: content += part.map { $0 % 200 }
      case 1: content += (0..<8).flatMap { _ in part.prefix(5000) }
      default: content += part
      }
    }
    return Array(content.prefix(byteCount))
  }

  private func gzip(_ content: some Collection<UInt8>) throws -> [UInt8] {
    let sink = MemorySink()
    let gzip = try GzipSink(level: 6, to: sink)
    let bytes = Array(content)
    try gzip.write(bytes.span.bytes)
    try gzip.finish()
    return sink.bytes
  }
}

extension GzipSourceTests {
  @Test(arguments: [4096, 100_000, 128 << 10, 1 << 20])
  func `two threads inflate what was deflated`(pieceByteCount: Int) throws {
    var generator = SeededGenerator()
    let content = content(6_000_000, &generator)
    let source = GzipSource(try .open(write(try gzip(content))))
    let isSame = told(source, pieceByteCount: pieceByteCount) == Told(bytes: content)
    #expect(isSame)
    #expect(source.ahead == nil || source.runByteCount > 0)
  }

  @Test func `of several members, too`() throws {
    var generator = SeededGenerator()
    let content = content(6_000_000, &generator)
    let ends =
      (0..<5).map { _ in Int.random(in: 0...content.count, using: &generator) }.sorted() + [content.count]
    let members = try zip([0] + ends, ends).map { try gzip(content[$0..<$1]) }
    let source = GzipSource(try .open(write(members.joined())))
    let isSame = told(source) == Told(bytes: content)
    #expect(isSame)
  }

  @Test func `what is damaged or cut is told as by one thread`() throws {
    var generator = SeededGenerator()
    let whole = try gzip(content(6_000_000, &generator))
    for round in 0..<10 {
      var bytes = whole
      let offset = Int.random(in: bytes.indices, using: &generator)
      if round % 2 == 0 {
        bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      } else {
        bytes.removeLast(offset)
      }
      let path = try write(bytes)
      let expected = try sequentially(path)
      #expect(expected.error != nil, "\(offset)")
      // An error comes instead of what the last call has inflated, however much that was.
      let both = told(GzipSource(try .open(path)))
      let byteCount = min(both.bytes.count, expected.bytes.count)
      #expect(both.error == expected.error, "\(offset)")
      let isSame = both.bytes.prefix(byteCount) == expected.bytes.prefix(byteCount)
      #expect(isSame && byteCount >= max(both.bytes.count, expected.bytes.count) - (128 << 10), "\(offset)")
    }
  }

  @Test func `a file that nobody reads to its end is let go`() throws {
    var generator = SeededGenerator()
    let path = try write(try gzip(content(6_000_000, &generator)))
    for pieceCount in 0..<8 {
      let source = GzipSource(try .open(path))
      var piece = [UInt8](repeating: 0, count: 100_000)
      for _ in 0..<pieceCount { _ = try piece.withUnsafeMutableBytes { try source.read(into: $0) } }
      if pieceCount % 2 == 0 { waitForRun(of: source) }
    }
  }
}

// What looks like an entry point and is none.
extension GzipSourceTests {
  /// An empty block with fixed codes, and a stored block's header (RFC 1951, sections 3.2.3 to 3.2.6).
  private static let separator: [UInt8] = [0x02, 0x00]

  /// Two stored blocks, neither a window long, with the likes of two others within, which end where they do.
  private func decoy(_ generator: inout SeededGenerator) -> (content: [UInt8], blocks: [UInt8]) {
    var (first, second) = (generator.bytes(20_000), generator.bytes(30_000))
    func header(_ byteCount: Int) -> [UInt8] {
      Array(DeflateEntryPointTests.stored([UInt8](repeating: 0, count: byteCount)).prefix(4))
    }
    second.replaceSubrange(10_000..<10_005, with: [0] + header(30_000 - 10_005))
    first.replaceSubrange(1000..<1004, with: header(20_000 - 1004 + Self.separator.count + 4 + 10_000))
    let blocks = [first, second].map { Self.separator + DeflateEntryPointTests.stored($0) }
    return (first + second, blocks.flatMap { $0 })
  }

  @Test func `a run behind a window that only looks like one is not taken`() throws {
    var generator = SeededGenerator()
    let decoys = (0..<100).map { _ in decoy(&generator) }
    let content = decoys.flatMap(\.content)
    // The member's trailer is gzip's for the same bytes (RFC 1952, section 2.3.1).
    let trailer = try gzip(content).suffix(8)
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    let end: [UInt8] = [0x03, 0x00]
    let source = GzipSource(try .open(write(header + decoys.flatMap(\.blocks) + end + trailer)))
    if let ahead = source.ahead { while ahead.nextStart == nil { usleep(100) } }
    let isSame = told(source) == Told(bytes: content)
    #expect(isSame)
    #expect(source.runByteCount == 0)
  }
}
