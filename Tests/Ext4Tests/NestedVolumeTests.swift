// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// File systems inside of a file of a volume.
@Suite struct NestedVolumeTests {
  static let imagePath = Sample.path("var/volume.img")
  /// Files beside the image: before it, behind it, and one of no known size.
  static let neighbours = [
    Sample.file("before", Sample.content(100_001)), .file("after", Sample.content(5000, seed: 2)),
    .file("grown", Sample.content(300_000, seed: 3)),
  ]
  private static let innerSize: UInt64 = 48 << 20

  static func image(_ size: UInt64 = innerSize, at path: EntryPath = imagePath) -> Entry {
    // The attribute takes a block.
    Entry(
      path, .regular(.init(size: size)), mode: 0o600, modificationTime: Sample.time,
      extendedAttributes: [.init(name: Array("user.long".utf8), value: Array(repeating: 7, count: 900))])
  }

  private static func innerFormat(_ size: UInt64 = innerSize) -> Format {
    var format = SampleVolume.format(size: size)
    format.uuid = SampleVolume.identifier(0x30)
    return format
  }

  /// A volume with an image among other files, which holds one of everything; with more levels the image holds
  /// such a volume.
  static func fill(_ writer: inout VolumeWriter, levelCount: Int) throws(Ext4Error) {
    try SampleVolume.add([neighbours[0]], to: &writer)
    let size = innerSize << (levelCount - 1)
    var inner = try VolumeWriter(formatting: try writer.addImage(image(size)), format: innerFormat(size))
    if levelCount > 1 {
      try fill(&inner, levelCount: levelCount - 1)
    } else {
      try SampleVolume.fill(&inner, Sample.everything)
    }
    try SampleVolume.add([neighbours[1]], to: &writer)
    try writer.addGrowing(neighbours[2].entry)
    try SampleVolume.append(neighbours[2].bytes, to: &writer)
    try writer.finish()
  }

  private static func fill(_ target: any BlockTarget) throws(Ext4Error) {
    var writer = try VolumeWriter(formatting: target, format: SampleVolume.format(size: target.size))
    try fill(&writer, levelCount: 1)
  }

  /// The inner volume as it is on a target of its own.
  private static func innerContents() throws -> [UInt8] {
    let target = MemoryTarget(byteCount: Int(innerSize))
    try SampleVolume.fill(target, innerFormat(), Sample.everything)
    return target.contents()
  }

  /// A target on which nothing is zero.
  private static func dirtyTarget(_ byteCount: Int) throws -> MemoryTarget {
    let target = MemoryTarget(byteCount: byteCount)
    let noise = Sample.content(1 << 20, seed: 7).map { $0 | 1 }
    for offset in stride(from: 0, to: byteCount, by: noise.count) {
      let count = min(noise.count, byteCount - offset)
      try target.write(noise.span.bytes.extracting(first: count), at: UInt64(offset))
    }
    return target
  }

  @Test(
    .enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled),
    arguments: [true, false])
  func `the file is what the volume is on a target of its own`(isDirty: Bool) throws {
    let target = isDirty ? try Self.dirtyTarget(96 << 20) : MemoryTarget(byteCount: 96 << 20)
    let ledger = Ledger(target)
    try Self.fill(ledger)
    #expect(ledger.repeatedByteCount == 0)
    // Most of the inner volume is free, and its journal is zero: neither costs a write.
    #expect(ledger.written.byteCount < 16 << 20)
    #expect(ledger.untouched.byteCount > 70 << 20)
    #expect(try CheckerTests.findings(target).1.map(\.description) == [])
    let volume = try SampleVolume(contents: target.contents())
    #expect(try volume.complaints() == nil)
    for sample in Self.neighbours { #expect(try volume.dump("\(sample.entry.path)") == sample.bytes) }
    let inner = try volume.dump("\(Self.imagePath)")
    let expected = try Self.innerContents()
    #expect(inner == expected)
    let innerVolume = try SampleVolume(contents: inner)
    #expect(try innerVolume.complaints() == nil)
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
  func `a volume in a volume in a volume is clean`() throws {
    let target = try Self.dirtyTarget(128 << 20)
    let ledger = Ledger(target)
    var writer = try VolumeWriter(formatting: ledger, format: SampleVolume.format(size: target.size))
    try Self.fill(&writer, levelCount: 2)
    #expect(ledger.repeatedByteCount == 0)
    let volume = try SampleVolume(contents: target.contents())
    #expect(try volume.complaints() == nil)
    let middle = try SampleVolume(contents: try volume.dump("\(Self.imagePath)"))
    #expect(try middle.complaints() == nil)
    let expected = try Self.innerContents()
    #expect(try middle.dump("\(Self.imagePath)") == expected)
  }

  @Test(
    .enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled),
    arguments: [0, 1, 4095, 4096, 4097, 1_000_000] as [Int])
  func `an image is written in any order and has any size`(size: Int) throws {
    let target = try Self.dirtyTarget(16 << 20)
    let ledger = Ledger(target)
    var expected = [UInt8](repeating: 0, count: size)
    var writer = try VolumeWriter(formatting: ledger, format: SampleVolume.format(size: target.size))
    let image = try writer.addImage(Self.image(UInt64(size)))
    #expect(image.size == UInt64(size))
    let bytes = Sample.content(10_000)
    for start in [size - 1, size / 2, 0] where start >= 0 && start < size {
      let count = min(bytes.count, (size - start).dividedRoundingUpByTwo)
      guard expected[start..<start + count].allSatisfy({ $0 == 0 }) else { continue }
      expected.replaceSubrange(start..<start + count, with: bytes[..<count])
      try image.write(bytes.span.bytes.extracting(first: count), at: UInt64(start))
    }
    try SampleVolume.fill(&writer, [.other("link", .hardLink(to: Self.imagePath))])
    #expect(ledger.repeatedByteCount == 0)
    let volume = try SampleVolume(contents: target.contents())
    #expect(try volume.complaints() == nil)
    #expect(try volume.dump("\(Self.imagePath)") == expected)
    #expect(try volume.dump("link") == expected)
    #expect(try CheckerTests.findings(target).1.map(\.description) == [])
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
  func `an image spans block groups, and what nobody wrote to is allocated`() throws {
    let size: UInt64 = 1 << 30
    let volume = try SampleVolume(size: 2 << 30) { writer in
      var inner = try VolumeWriter(
        formatting: try writer.addImage(Self.image(size)), format: Self.innerFormat(size))
      try SampleVolume.fill(&inner, Sample.everything)
      try writer.finish()
    }
    #expect(try volume.complaints() == nil)
    let status = try volume.debugfs("stat \(Self.imagePath)")
    let blockCount = size / 4096
    let extents = try volume.debugfs("ex \(Self.imagePath)").split(separator: "\n").filter {
      $0.contains("/")
    }
    print("extents of an image of 1 GiB: \(extents.count)")
    // All blocks, one with their extents and one with the attribute.
    #expect(status.contains("Blockcount: \((blockCount + 2) * 8)"), "\(status)")
    #expect(extents.filter { $0.contains("Uninit") }.count > 10)
    #expect(extents.count < 340)
  }

  @Test func `what is read of an image before it ends is what was written`() throws {
    var generator = SeededGenerator()
    let target = try Self.dirtyTarget(16 << 20)
    var writer = try VolumeWriter(formatting: target, format: SampleVolume.format(size: target.size))
    let size = 300_001
    let image = try writer.addImage(Self.image(UInt64(size)))
    var expected = [UInt8](repeating: 0, count: size)
    for _ in 0..<2000 {
      let start = Int.random(in: 0..<size, using: &generator)
      let limit = [100, 5000, 40_000].randomElement(using: &generator) ?? 1
      let end = min(size, start + Int.random(in: 0...limit, using: &generator))
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        try image.zero(UInt64(start)..<UInt64(end))
        expected.replaceSubrange(start..<end, with: repeatElement(0, count: end - start))
      case 1:
        let bytes = Sample.content(end - start, seed: generator.next())
        try image.write(bytes.span.bytes, at: UInt64(start))
        expected.replaceSubrange(start..<end, with: bytes)
      default: #expect(try image.bytes(in: start..<end) == Array(expected[start..<end]))
      }
    }
    try writer.finish()
    #expect(try image.bytes(in: 0..<size) == expected)
    guard SampleVolume.debugfs.isInstalled, SampleVolume.e2fsck.isInstalled else { return }
    let volume = try SampleVolume(contents: target.contents())
    #expect(try volume.complaints() == nil)
    #expect(try volume.dump("\(Self.imagePath)") == expected)
  }

  @Test func `an image has bounds`() throws {
    var writer = try VolumeWriter(
      formatting: NullTarget(size: 16 << 20), format: SampleVolume.format(size: 16 << 20))
    let image = try writer.addImage(Self.image(5000))
    let bytes = Sample.content(10)
    for offset in [4991, 5000, 8000, .max - 5, .max] as [UInt64] {
      let error = BlockError.outOfBounds(offset: offset, byteCount: 10, size: 5000)
      #expect(throws: error) { try image.write(bytes.span.bytes, at: offset) }
      #expect(throws: error) { _ = try image.bytes(at: offset, byteCount: 10) }
    }
    #expect(throws: BlockError.self) { try image.zero(4999..<5001) }
    try image.write(bytes.span.bytes, at: 4990)
    try writer.finish()
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a target that fails at any write ends both volumes with its own error`(fault: FaultyTarget.Fault)
    throws
  {
    let size: UInt64 = 96 << 20
    let counting = FaultyTarget(NullTarget(size: size), failing: .max, fault: fault)
    try Self.fill(counting)
    #expect(counting.writeCount > 50)
    for failing in 1...counting.writeCount {
      #expect {
        try Self.fill(FaultyTarget(NullTarget(size: size), failing: failing, fault: fault))
      } throws: { error in
        if case Ext4Error.target = error { true } else { false }
      }
    }
  }

  @Test func `the outer superblock is the last block to be written`() throws {
    let target = MemoryTarget(byteCount: 96 << 20)
    let counting = FaultyTarget(NullTarget(size: target.size), failing: .max, fault: .error)
    try Self.fill(counting)
    #expect(throws: Ext4Error.self) {
      try Self.fill(FaultyTarget(target, failing: counting.writeCount, fault: .error))
    }
    #expect(target.contents(0..<4096).allSatisfy { $0 == 0 })
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
  func `an image that was given up is a file all the same`() throws {
    var failure: Ext4Error?
    let volume = try SampleVolume(size: 96 << 20) { writer in
      var inner = try VolumeWriter(formatting: try writer.addImage(Self.image()), format: Self.innerFormat())
      try inner.add(Sample.file("half", Sample.content(1_000_000)).entry)
      try inner.append(Sample.content(300_000).span.bytes)
      let expected = Ext4Error.wrongContentSize(
        path: Sample.path("half"), announced: 1_000_000, received: 300_000)
      do throws(Ext4Error) { try inner.finish() } catch { failure = error }
      #expect(failure == expected)
      try SampleVolume.fill(&writer, Self.neighbours)
    }
    #expect(try volume.complaints() == nil)
    for sample in Self.neighbours { #expect(try volume.dump("\(sample.entry.path)") == sample.bytes) }
    // No superblock stands in it.
    let head = try volume.dump("\(Self.imagePath)").prefix(4096)
    #expect(head.allSatisfy { $0 == 0 })
  }

  private func failure(size: UInt64, imageSize: UInt64 = innerSize, _ before: [Sample] = []) -> Ext4Error? {
    do throws(Ext4Error) {
      var writer = try VolumeWriter(
        formatting: NullTarget(size: size), format: SampleVolume.format(size: size))
      try SampleVolume.add(before, to: &writer)
      let image = try writer.addImage(Self.image(imageSize))
      #expect(image.size == imageSize)
      if imageSize < 1 << 40 {
        var inner = try VolumeWriter(formatting: image, format: Self.innerFormat(imageSize))
        try SampleVolume.fill(&inner, Sample.everything)
      }
      try SampleVolume.fill(&writer, Self.neighbours)
      return nil
    } catch { return error }
  }

  @Test func `an image that doesn't fit is counted like any other file`() throws {
    let error = try #require(failure(size: 16 << 20))
    guard case .contentTooLarge(let neededSize, 16_777_216) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(failure(size: neededSize) == nil)
    #expect(failure(size: neededSize / 10 * 9) != nil)
  }

  @Test func `an image that is refused keeps nothing and is named`() throws {
    let duplicate = Sample.file("var/volume.img", [1])
    #expect(
      failure(size: 96 << 20, [duplicate])
        == .unrepresentable([Problem(path: Self.imagePath, reason: .duplicatePath)]))
    #expect(
      failure(size: 96 << 20, imageSize: 1 << 60)
        == .unrepresentable([Problem(path: Self.imagePath, reason: .fileTooLarge(size: 1 << 60))]))
  }
}

extension Int {
  fileprivate var dividedRoundingUpByTwo: Int { (self + 1) / 2 }
}

extension BlockTarget {
  fileprivate func bytes(in range: Range<Int>) throws(BlockError) -> [UInt8] {
    try bytes(at: UInt64(range.lowerBound), byteCount: range.count)
  }

  fileprivate func bytes(at offset: UInt64, byteCount: Int) throws(BlockError) -> [UInt8] {
    var buffer = AlignedBuffer(byteCount: byteCount)
    var span = buffer.mutableBytes
    try read(into: &span, at: offset)
    return buffer.copy(0..<byteCount)
  }
}
