// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

/// Cards that are written over old ones, in memory.
@Suite struct CardWriterTests {
  private static let size: UInt64 = 84 << 20
  private let scratch: TemporaryDirectory
  private let everything: OneOfEverything

  init() throws {
    scratch = try TemporaryDirectory()
    everything = try OneOfEverything(in: scratch.path)
  }

  private var recipe: Recipe {
    Recipe(size: ByteSize(byteCount: Self.size), bootSize: ByteSize(byteCount: 36 << 20))
  }
  private var content: CardContent { CardContent(boot: [everything.boot], data: everything.inputs) }
  private var source: CardSource { .recipe(recipe, content) }

  /// What an image of the same size holds, and where.
  private func image() throws -> (bytes: [UInt8], summary: BuildSummary) {
    let memory = MemoryTarget(byteCount: Int(Self.size))
    var builder = try CardBuilder(recipe, from: content, for: .file(byteCount: Self.size))
    let summary = try builder.build(on: memory, isDurable: false)
    return (memory.contents(), summary)
  }

  @Test func `a card is the image where the image has content, and what it was elsewhere`() throws {
    let old = try OldCard(size: Self.size)
    let (expected, summary) = try image()
    let written = try CardWriter(source, onto: old.target).write()
    #expect(written.repairedByteCount == 0)
    #expect(written.verifiedByteCount == summary.content.byteCount)
    let found = old.target.contents()
    for range in summary.content.ranges {
      #expect(found[range.asInt] == expected[range.asInt], "\(range)")
    }
    for range in summary.content.complement(in: 0..<Self.size).ranges {
      for free in old.edges.complement(in: range).ranges {
        #expect(found[free.asInt] == old.bytes[free.asInt], "\(free)")
      }
      for edge in old.edges.ranges(within: range) {
        #expect(found[edge.asInt].allSatisfy { $0 == 0 }, "\(edge)")
      }
    }
  }

  @Test func `the first look tells what will be written, and writes nothing`() throws {
    let old = try OldCard(size: Self.size)
    let writer = CardWriter(source, onto: old.target)
    let outlook = try writer.examine()
    #expect(old.target.contents() == old.bytes)
    let written = try writer.write()
    #expect(written.content.byteCount == outlook.byteCount)
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a write that fails anywhere leaves no partition table over unfinished content`(
    fault: FaultyTarget.Fault
  ) throws {
    var options = CardWriter.Options()
    options.verification = .none
    options.probesCapacity = false
    let whole = FaultyTarget(NullTarget(size: Self.size), failing: .max, fault: fault)
    _ = try CardWriter(source, onto: whole, options: options).write()
    let table = Array(try image().bytes.prefix(512))
    let old = try OldCard(size: Self.size)
    for number in 1...whole.writeCount {
      let card = SectorRecorder(firstSector: Array(old.bytes.prefix(512)), size: Self.size)
      let faulty = FaultyTarget(card, failing: number, fault: fault)
      let failure = #expect(throws: WriteFailure.self, "write \(number)") {
        _ = try CardWriter(source, onto: faulty, options: options).write()
      }
      #expect(failure?.error.targetError != nil, "write \(number): \(String(describing: failure))")
      switch failure?.state {
      case .damaged: #expect(card.sector == Array(old.bytes.prefix(512)) || card.isBlank, "write \(number)")
      case .blank: #expect(card.isBlank, "write \(number)")
      // The table and the flush behind it are the last two.
      case .complete:
        #expect(
          number >= whole.writeCount - 1 && (card.isBlank || card.sector == table || fault == .shortWrite))
      case .untouched, nil: Issue.record("write \(number): \(String(describing: failure))")
      }
    }
  }

  @Test func `a complaint about the source comes while the old card is whole`() throws {
    let old = try OldCard(size: Self.size)
    let tar = try Data(contentsOf: URL(fileURLWithPath: everything.tar))
    try tar.prefix(tar.count / 2).write(to: scratch.url.appendingPathComponent("cut.tar"))
    let content = CardContent(boot: [everything.boot], data: [.init(path: scratch.path("cut.tar"))])
    #expect(throws: WriteError.self) {
      try CardWriter(.recipe(recipe, content), onto: old.target).examine()
    }
    #expect(old.target.contents() == old.bytes)
  }

  @Test func `bytes that a card holds at the second try are mended`() throws {
    let (expected, summary) = try image()
    let bad = try #require(summary.plan.data).range.lowerBound + 1024
    let card = ForgetfulTarget(size: Self.size, badByte: bad, badWriteCount: 1)
    let written = try CardWriter(source, onto: card).write()
    #expect(written.repairedByteCount > 0)
    #expect(card.memory.contents(Int(bad)..<Int(bad) + 1)[0] == expected[Int(bad)])
    #expect(card.memory.contents(0..<512) == Array(expected.prefix(512)))
  }

  @Test func `bytes that a card never holds are an error that names the file`() throws {
    let (_, summary) = try image()
    let range = try #require(summary.plan.boot).range
    let bad = try #require(try offset(ofFile: "config.txt", in: range))
    let card = ForgetfulTarget(size: Self.size, badByte: bad, badWriteCount: .max)
    let failure = #expect(throws: WriteFailure.self) { try CardWriter(source, onto: card).write() }
    #expect(failure?.state == .blank)
    guard case .badRanges(let ranges) = failure?.error else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(ranges.contains { $0.range.contains(bad) && $0.owner == "partition 1, /config.txt" }, "\(ranges)")
    #expect(card.memory.contents(0..<512).allSatisfy { $0 == 0 })
  }

  @Test(arguments: [ENODEV, ENXIO, ENOMEDIUM])
  func `a device that goes away is told apart`(number: Int32) throws {
    let error = WriteError.target(.system(.write, path: "card", offset: 0, number: number))
    let failure = #expect(throws: WriteFailure.self) {
      try CardWriter(source, onto: BrokenTarget(size: Self.size, error: number)).write()
    }
    guard case .gone = failure?.error else {
      Issue.record("\(String(describing: failure)) instead of \(error)")
      return
    }
  }

  @Test func `an input-output error of a device that is not there any more is its absence`() throws {
    let broken = BrokenTarget(size: Self.size, error: EIO)
    let present = #expect(throws: WriteFailure.self) { try CardWriter(source, onto: broken).write() }
    guard case .target = present?.error else {
      Issue.record("\(String(describing: present))")
      return
    }
    let absent = #expect(throws: WriteFailure.self) {
      try CardWriter(source, onto: broken, isPresent: { false }).write()
    }
    guard case .gone = absent?.error else {
      Issue.record("\(String(describing: absent))")
      return
    }
  }

  /// Where the first byte of a file in the root directory of the image's boot partition lies.
  private func offset(ofFile name: String, in range: Range<UInt64>) throws -> UInt64? {
    let memory = MemoryTarget(byteCount: Int(Self.size))
    let bytes = try image().bytes
    try memory.write(bytes.span.bytes, at: 0)
    var reader = try FAT32.VolumeReader(TargetSlice(of: memory, range: range))
    let item = try reader.item(at: EntryPath(Array(name.utf8)))
    return try reader.extents(of: item).first.map { $0.lowerBound + range.lowerBound }
  }
}

// Images.
extension CardWriterTests {
  @Test func `an image is copied, its holes are zeros, and what lies behind its end stays`() throws {
    let path = scratch.path("sparse.img")
    let card = CardImage(recipe: recipe, content: content)
    _ = try card.build(to: path, isDurable: false)
    let size = Self.size + 8 << 20
    let old = try OldCard(size: size)
    var options = CardWriter.Options()
    options.verification = .full
    let written = try CardWriter(.image(path: path), onto: old.target, options: options).write()
    let expected = try Data(contentsOf: URL(fileURLWithPath: path))
    let found = old.target.contents()
    #expect(Data(found.prefix(expected.count)) == expected)
    let behind = Int(Self.size)..<Int(size) - 1 << 20
    #expect(found[behind] == old.bytes[behind])
    guard case .copied(let summary) = written.content else {
      Issue.record("\(written.content)")
      return
    }
    #expect(summary.size == Self.size && summary.unusedByteCount == 8 << 20)
    #expect(summary.writtenByteCount + summary.zeroedByteCount == Self.size)
    #expect(summary.zeroedByteCount > Self.size / 2)
  }

  @Test func `what is no image is refused before the card is touched`() throws {
    let old = try OldCard(size: 16 << 20)
    let large = scratch.path("large.img")
    try Data(count: 17 << 20).write(to: URL(fileURLWithPath: large))
    let short = scratch.path("short.img")
    try Data(count: 511).write(to: URL(fileURLWithPath: short))
    let packed = scratch.path("packed.img")
    try Data([0x1F, 0x8B, 0x08, 0] + [UInt8](repeating: 1, count: 1000)).write(
      to: URL(fileURLWithPath: packed))
    let expected: [(String, WriteError)] = [
      (large, .cardTooSmall(size: ByteSize(byteCount: 16 << 20), needed: ByteSize(byteCount: 17 << 20))),
      (short, .notAnImage(path: short, .tooShort)),
      (packed, .notAnImage(path: packed, .compressed(.gzip))),
    ]
    for (path, error) in expected {
      #expect(throws: error) { try CardWriter(.image(path: path), onto: old.target).examine() }
      let failure = #expect(throws: WriteFailure.self) {
        try CardWriter(.image(path: path), onto: old.target).write()
      }
      #expect(failure == WriteFailure(error, state: .untouched))
    }
    #expect(old.target.contents() == old.bytes)
  }

  @Test func `a card is compared with its source, and what differs is named`() throws {
    let (bytes, summary) = try image()
    let card = MemoryTarget(byteCount: Int(Self.size))
    try card.write(bytes.span.bytes, at: 0)
    #expect(try CardVerification(of: card, against: source).differences == [])
    let range = try #require(summary.plan.boot).range
    let bad = try #require(try offset(ofFile: "config.txt", in: range))
    let changed = [bytes[Int(bad)] ^ 1]
    try card.write(changed.span.bytes, at: bad)
    let verification = try CardVerification(of: card, against: source)
    #expect(verification.firstDifference == bad)
    #expect(verification.differences.first?.owner == "partition 1, /config.txt")
  }
}

extension Range<UInt64> {
  fileprivate var asInt: Range<Int> { Int(lowerBound)..<Int(upperBound) }
}

/// A card full of random bytes, with a partition table and a partition.
private struct OldCard {
  let target: MemoryTarget
  let bytes: [UInt8]
  /// Where signatures may be: the first and the last 512 KiB of card and partition.
  let edges: ExtentSet

  init(size: UInt64) throws {
    var generator = SeededGenerator()
    let block = generator.bytes(99_991)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(size) + block.count)
    while bytes.count < size { bytes += block }
    bytes.removeLast(bytes.count - Int(size))
    let mebibyte: UInt64 = 1 << 20
    let partition = MasterBootRecord.Partition(
      number: 1, firstLBA: 4096, sectorCount: UInt32(8 * mebibyte / 512), type: .linux)
    let table = MasterBootRecord(diskSignature: 1, partitions: [partition])
    bytes.replaceSubrange(0..<512, with: try table.sector(diskSize: size))
    target = MemoryTarget(byteCount: Int(size))
    try target.write(bytes.span.bytes, at: 0)
    self.bytes = bytes
    let edge = mebibyte / 2
    edges = ExtentSet([
      0..<edge, size - edge..<size, 2 * mebibyte..<2 * mebibyte + edge, 10 * mebibyte - edge..<10 * mebibyte,
    ])
  }
}

/// Keeps the first sector alone.
private final class SectorRecorder: BlockTarget {
  let size: UInt64
  private(set) var sector: [UInt8]

  init(firstSector: [UInt8], size: UInt64) {
    sector = firstSector
    self.size = size
  }

  var isBlank: Bool { sector.allSatisfy { $0 == 0 } }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    bytes.zero(0..<bytes.byteCount)
    if offset < 512 { bytes.store(sector.dropFirst(Int(offset)).prefix(bytes.byteCount), at: 0) }
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    guard offset < 512 else { return }
    let count = min(512 - Int(offset), bytes.byteCount)
    sector.replaceSubrange(Int(offset)..<Int(offset) + count, with: bytes.copy(0..<count))
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    let part = range.clamped(to: 0..<512).asInt
    sector.replaceSubrange(part, with: [UInt8](repeating: 0, count: part.count))
  }

  func flush() {}
}

/// Holds another byte at one place than was written, the first few times.
private final class ForgetfulTarget: BlockTarget {
  let memory: MemoryTarget
  private let badByte: UInt64
  private var badWriteCount: Int

  init(size: UInt64, badByte: UInt64, badWriteCount: Int) {
    memory = MemoryTarget(byteCount: Int(size))
    self.badByte = badByte
    self.badWriteCount = badWriteCount
  }

  var size: UInt64 { memory.size }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try memory.read(into: &bytes, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try memory.write(bytes, at: offset)
    guard (offset..<offset + UInt64(bytes.byteCount)).contains(badByte), badWriteCount > 0 else { return }
    badWriteCount -= 1
    let byte: UInt8 = bytes.load(at: Int(badByte - offset))
    let other = [byte ^ 0xFF]
    try memory.write(other.span.bytes, at: badByte)
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) { try memory.zero(range) }

  func flush() {}
}

/// Reads as zero and takes nothing.
private final class BrokenTarget: BlockTarget {
  let size: UInt64
  private let number: Int32

  init(size: UInt64, error number: Int32) {
    self.size = size
    self.number = number
  }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    bytes.zero(0..<bytes.byteCount)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    throw .system(.write, path: "card", offset: offset, number: number)
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    throw .system(.zero, path: "card", offset: range.lowerBound, number: number)
  }

  func flush() {}
}
