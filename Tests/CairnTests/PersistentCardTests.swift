// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

/// Cards with all four strategies on targets of every kind.
@Suite struct PersistentCardTests {
  private static let size: UInt64 = 136 << 20
  private let scratch: TemporaryDirectory
  private let content: CardContent

  init() throws {
    scratch = try TemporaryDirectory()
    let release = scratch.path("release.tar")
    try Self.writeRelease(to: release)
    content = CardContent(
      release: release, data: try OneOfEverything(in: scratch.path).inputs, acceptsAnyRelease: true)
  }

  private static func writeRelease(to path: String) throws {
    let sink = MemorySink()
    var tar = TarWriter(to: sink)
    let time = OneOfEverything.time
    try tar.add(Entry(EntryPath("config.txt"), .regular(.init(size: 0)), mode: 0o644, modificationTime: time))
    try tar.finish()
    try Data(sink.bytes).write(to: URL(fileURLWithPath: path))
  }

  private func recipe() throws -> Recipe {
    let directories = [
      "/var:file,size=12MiB", "/home", "/a:partition", "/b:partition,size=8MiB", "/opt/containers:bind",
    ]
    return Recipe(
      size: ByteSize(byteCount: Self.size), bootSize: ByteSize(byteCount: 36 << 20),
      persistence: try directories.map { try PersistenceRequest($0) })
  }

  private func build(on target: any BlockTarget) throws -> BuildSummary {
    var builder = try CardBuilder(recipe(), from: content, for: .file(byteCount: target.size))
    return try builder.build(on: target, isDurable: true)
  }

  @Test func `no byte is written twice, and what a target held before does not matter`() throws {
    let clean = MemoryTarget(byteCount: Int(Self.size))
    let dirty = MemoryTarget(byteCount: Int(Self.size))
    let noise = OneOfEverything.content(1 << 20, seed: 3)
    for offset in stride(from: 0, to: dirty.size, by: 1 << 20) {
      try dirty.write(noise.span.bytes, at: offset)
    }
    let summary = try build(on: clean)
    _ = try build(on: dirty)
    #expect(summary.repeatedByteCount == 0)
    #expect(summary.content.byteCount == summary.writtenByteCount + summary.zeroedByteCount)
    for range in summary.content.ranges {
      let bytes = Int(range.lowerBound)..<Int(range.upperBound)
      #expect(clean.contents(bytes) == dirty.contents(bytes), "bytes \(range)")
    }
    for target in [clean, dirty] {
      let check = try CardCheck(checking: target)
      #expect(check.parts.map(\.kind) == [.partitionTable, .fat32, .ext4, .ext4, .ext4])
      #expect(check.parts.flatMap(\.findings) == [])
    }
    #expect(try image(in: clean, summary) == image(in: dirty, summary))
  }

  /// The file with the file system of /var, read from the card, and found to be whole.
  private func image(in target: MemoryTarget, _ summary: BuildSummary) throws -> [UInt8] {
    let data = try #require(summary.plan.data)
    var reader = try Ext4.VolumeReader(TargetSlice(of: target, range: data.range))
    while let entry = try reader.next() {
      guard entry.path == EntryPath("images/var.img"), case .regular(let shape) = entry.kind else { continue }
      let volume = MemoryTarget(byteCount: Int(shape.size))
      try Self.copy(&reader, in: shape.dataRanges ?? [0..<shape.size], to: volume)
      #expect(try CardCheck(checking: volume).parts.flatMap(\.findings) == [])
      return volume.contents(0..<Int(shape.size))
    }
    Issue.record("no images/var.img")
    return []
  }

  /// The last entry's bytes, which are those of `ranges` without a gap.
  private static func copy(
    _ reader: inout Ext4.VolumeReader, in ranges: [Range<UInt64>], to volume: MemoryTarget
  ) throws {
    var bytes: [UInt8] = []
    while case let piece = try reader.nextBytes(), piece.byteCount > 0 {
      piece.withUnsafeBytes { bytes += Array($0) }
    }
    var position = 0
    for range in ranges {
      let piece = bytes.span.bytes.extracting(position..<position + range.count)
      try volume.write(piece, at: range.lowerBound)
      position += range.count
    }
    #expect(position == bytes.count)
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a card that fails at any write never has a partition table`(fault: FaultyTarget.Fault) throws {
    let whole = FaultyTarget(NullTarget(size: Self.size), failing: .max, fault: fault)
    _ = try build(on: whole)
    #expect(whole.writeCount > 40)
    for number in 1...whole.writeCount {
      let first = FirstSector(size: Self.size)
      let target = FaultyTarget(first, failing: number, fault: fault)
      let error = #expect(throws: BuildError.self, "write \(number)") { try build(on: target) }
      #expect(error?.targetError != nil, "write \(number): \(String(describing: error))")
      #expect(first.sector[510...] != [0x55, 0xAA], "write \(number)")
    }
  }
}
