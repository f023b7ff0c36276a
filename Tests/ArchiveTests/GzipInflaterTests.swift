// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Testing

@Suite struct GzipInflaterTests {
  private let texts = ["signature", "", String(repeating: "control ", count: 20_000)]

  @Test(arguments: [1, 2, 7, 8, 9, 512, 1 << 20])
  func `members end where they end, however the bytes come`(pieceByteCount: Int) throws {
    let members = try texts.map { try deflated($0) }
    let file = Array(members.joined())
    let inflater = GzipInflater()
    var output: [UInt8] = []
    var ends: [Int] = []
    var offset = 0
    while offset < file.count {
      let piece = file.span.bytes.extracting(offset..<min(offset + pieceByteCount, file.count))
      let step = try inflater.inflate(piece, into: &output, limit: .max)
      offset += step.consumedByteCount
      #expect(step.isMemberEnd || step.consumedByteCount == piece.byteCount)
      #expect(inflater.isInMember != step.isMemberEnd)
      if step.isMemberEnd { ends.append(offset) }
    }
    #expect(ends == [members[0].count, members[0].count + members[1].count, file.count])
    #expect(output == Array(texts.joined().utf8))
  }

  @Test func `no bytes begin no member`() throws {
    let inflater = GzipInflater()
    var output: [UInt8] = []
    let step = try inflater.inflate([UInt8]().span.bytes, into: &output, limit: 0)
    #expect(step.consumedByteCount == 0)
    #expect(!step.isMemberEnd)
    #expect(!inflater.isInMember)
  }

  @Test func `what inflates to more than the limit is refused`() throws {
    let member = try deflated(texts[2])
    var output: [UInt8] = []
    _ = try GzipInflater().inflate(member.span.bytes, into: &output, limit: 160_000)
    #expect(output.count == 160_000)
    output = []
    #expect(throws: CompressionProblem.tooLarge(byteCount: 159_999)) {
      try GzipInflater().inflate(member.span.bytes, into: &output, limit: 159_999)
    }
  }

  @Test func `damage is found`() throws {
    var member = try deflated("content")
    member[member.count - 6] ^= 1
    var output: [UInt8] = []
    #expect(throws: CompressionProblem.checksum) {
      try GzipInflater().inflate(member.span.bytes, into: &output, limit: .max)
    }
    #expect(throws: CompressionProblem.damaged("invalid gzip header")) {
      try GzipInflater().inflate(Array("no gzip at all".utf8).span.bytes, into: &output, limit: .max)
    }
  }

  private func deflated(_ text: String) throws -> [UInt8] {
    let target = MemorySink()
    let sink = try GzipSink(to: target)
    try sink.write(text)
    try sink.finish()
    return target.bytes
  }
}

@Suite struct TarMemoryReaderTests {
  private func tar() throws -> [UInt8] {
    try written { writer in
      try writer.add(
        Entry("a", .regular(Entry.Content(size: 5)), mode: 0o644, modificationTime: Timestamp(seconds: 1)))
      try writer.append("hello")
      try writer.add(Entry("b", .directory, mode: 0o755, modificationTime: Timestamp(seconds: 1)))
    }
  }

  @Test func `entries and bytes come as from a file`() throws {
    var reader = try TarMemoryReader(try tar(), path: "a.tar")
    #expect(reader.next()?.path == "a")
    #expect(byteCount(&reader) == 5)
    #expect(byteCount(&reader) == 0)
    #expect(reader.next()?.path == "b")
    #expect(byteCount(&reader) == 0)
    #expect(reader.next() == nil)
    #expect(reader.next() == nil)
  }

  private func byteCount(_ reader: inout TarMemoryReader) -> Int { reader.nextBytes().byteCount }

  @Test func `only a beginning may lack the end, and it ends with an entry`() throws {
    let tar = try tar()
    let beginning = Array(tar[..<1024])
    _ = try TarMemoryReader(beginning, path: "a.tar", isWhole: false)
    #expect(throws: ArchiveError.tar(path: "a.tar", offset: 1024, entry: nil, .missingEnd)) {
      _ = try TarMemoryReader(beginning, path: "a.tar")
    }
    #expect(throws: ArchiveError.tar(path: "a.tar", offset: 515, entry: Array("a".utf8), .truncated)) {
      _ = try TarMemoryReader(Array(tar[..<515]), path: "a.tar", isWhole: false)
    }
    #expect(throws: ArchiveError.self) {
      _ = try TarMemoryReader(Array(tar[..<1030]), path: "a.tar", isWhole: false)
    }
  }
}
