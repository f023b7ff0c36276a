// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

@Suite struct CardBuilderTests {
  private let scratch: TemporaryDirectory
  /// A few files of a few sizes, as a tar.
  private let source: String
  /// As small as a card gets: FAT32 of 36 MiB, ext4 of 28 MiB.
  private let recipe = Recipe(
    size: ByteSize(byteCount: 68 << 20), bootSize: ByteSize(byteCount: 36 << 20))

  init() throws {
    scratch = try TemporaryDirectory()
    source = scratch.path("source.tar")
    try Self.writeSource(to: source)
  }

  private static func writeSource(to path: String) throws {
    let sink = MemorySink()
    var tar = TarWriter(to: sink)
    let time = Timestamp(seconds: 1_617_209_520)
    let garbage = garbage()
    for (name, byteCount) in [
      ("a/one.bin", 1), ("a/large file.bin", 700_000), ("b/empty", 0), ("c.txt", 5000),
    ] {
      let path = try EntryPath(Array(name.utf8))
      try tar.add(Entry(path, .regular(.init(size: UInt64(byteCount))), mode: 0o644, modificationTime: time))
      try tar.append(garbage.bytes.extracting(first: byteCount))
    }
    try tar.finish()
    try Data(sink.bytes).write(to: URL(fileURLWithPath: path))
  }

  /// A MiB that is no zeros.
  private static func garbage() -> AlignedBuffer {
    var garbage = AlignedBuffer(byteCount: 1 << 20)
    var all = garbage.mutableBytes
    for offset in stride(from: 0, to: 1 << 20, by: 8) {
      all.store(0xA5A5_5A5A_DEAD_BEEF as UInt64, at: offset)
    }
    return garbage
  }

  private var content: CardContent { CardContent(release: source, acceptsAnyRelease: true) }

  private func build(on target: any BlockTarget, isDurable: Bool = false) throws -> BuildSummary {
    var builder = try CardBuilder(
      recipe, from: content, for: .file(byteCount: target.size))
    return try builder.build(on: target, isDurable: isDurable)
  }

  @Test func `no byte is written twice, and every byte is written, zeroed or free`() throws {
    let summary = try build(on: MemoryTarget(byteCount: 68 << 20))
    #expect(summary.repeatedByteCount == 0)
    // The card's note is the fifth.
    #expect(summary.boot?.fileCount == 5)
    #expect(summary.boot?.directoryCount == 2)
    #expect(summary.content.byteCount == summary.writtenByteCount + summary.zeroedByteCount)
  }

  @Test func `what a target held before does not matter`() throws {
    let clean = MemoryTarget(byteCount: 68 << 20)
    let dirty = MemoryTarget(byteCount: 68 << 20)
    let garbage = Self.garbage()
    for offset in stride(from: 0, to: dirty.size, by: 1 << 20) { try dirty.write(garbage.bytes, at: offset) }
    let summary = try build(on: clean)
    _ = try build(on: dirty)
    for range in summary.content.ranges {
      let bytes = Int(range.lowerBound)..<Int(range.upperBound)
      #expect(clean.contents(bytes) == dirty.contents(bytes), "bytes \(range)")
    }
  }

  @Test func `a rehearsal counts what a build writes`() throws {
    let card = CardImage(recipe: recipe, content: content)
    let built = try card.build(to: scratch.path("card.img"), isDurable: true)
    let rehearsed = try card.rehearse()
    #expect(rehearsed.writtenByteCount == built.writtenByteCount)
    #expect(rehearsed.content == built.content)
    #expect(rehearsed.plan == built.plan)
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a card that fails at any write never has a partition table`(fault: FaultyTarget.Fault) throws {
    let whole = FaultyTarget(MemoryTarget(byteCount: 68 << 20), failing: .max, fault: fault)
    _ = try build(on: whole, isDurable: true)
    #expect(whole.writeCount > 10)
    for number in 1...whole.writeCount {
      let memory = MemoryTarget(byteCount: 68 << 20)
      let error = #expect(throws: BuildError.self, "write \(number)") {
        try build(on: FaultyTarget(memory, failing: number, fault: fault), isDurable: true)
      }
      #expect(error?.targetError != nil, "write \(number): \(String(describing: error))")
      #expect(memory.contents(510..<512) != [0x55, 0xAA], "write \(number)")
      #expect(throws: PartitionTableError.noTable) { try MasterBootRecord(reading: memory) }
    }
  }

  @Test func `a build that is told to stop stops`() throws {
    let monitor = BuildMonitor()
    monitor.stop()
    let card = CardImage(recipe: recipe, content: content)
    #expect(throws: BuildError.self) {
      try card.build(to: scratch.path("card.img"), isDurable: false, monitor: monitor)
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("card.img")))
  }
}
