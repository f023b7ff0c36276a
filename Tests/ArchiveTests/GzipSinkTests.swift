// SPDX-License-Identifier: Apache-2.0
import Archive
import Foundation
import TestSupport
import Testing

@Suite struct GzipSinkTests {
  private let gzip = ForeignTool("gzip")

  @Test func `the header holds no name and no time, and level 9 says so`() throws {
    let sink = MemorySink()
    let gzip = try GzipSink(level: 9, to: sink)
    try gzip.write("hello")
    try gzip.finish()
    #expect(Array(sink.bytes.prefix(10)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3])
  }

  @Test(.enabled(if: ForeignTool("gzip").isInstalled)) func `gzip inflates what was deflated`() throws {
    let content = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
    let sink = MemorySink()
    let deflating = try GzipSink(to: sink)
    content.withUnsafeBytes { bytes in try? deflating.write(bytes.bytes) }
    try deflating.finish()
    #expect(sink.bytes.count < content.count)
    #expect(try gzip.run("-dc", input: Data(sink.bytes)).output == content)
  }

  @Test func `the target's own error comes back as it was`() throws {
    let sink = try GzipSink(to: FailingSink())
    let error = try #require(throws: ArchiveError.self) {
      try sink.write("hello")
      try sink.finish()
    }
    #expect(error == .sink(SinkError(FailingSink.Full(at: 10))))
    #expect(error != .sink(SinkError(FailingSink.Full(at: 11))))
    #expect(error.description == "full at 10")
  }

  @Test func `an abandoned stream writes no trailer`() throws {
    let sink = MemorySink()
    do {
      let gzip = try GzipSink(to: sink)
      try gzip.write("hello")
    }
    #expect(sink.bytes.count <= 10)
  }
}

private final class FailingSink: ByteSink {
  struct Full: Error, Equatable, CustomStringConvertible {
    let at: Int
    var description: String { "full at \(at)" }
  }

  func write(_ bytes: RawSpan) throws(ArchiveError) { throw .sink(SinkError(Full(at: 10))) }
  func finish() throws(ArchiveError) {}
}
