// SPDX-License-Identifier: Apache-2.0
import Archive
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// Trees at random on volumes of any kind, written by us; read by us, by e2fsck and by the kernel.
@Suite struct RandomTreeTests {
  private static let treeCount = Sample.isLong ? 200 : 8

  @Test func `whatever tree is written reads back equal`() throws {
    var generator = SeededGenerator()
    for _ in 0..<Self.treeCount {
      let samples = RandomTree.samples(using: &generator)
      let format = RandomTree.format(using: &generator)
      let target = MemoryTarget(byteCount: Int(format.size))
      let ledger = Ledger(target)
      var writer = try VolumeWriter(formatting: ledger, format: format)
      try RandomTree.fill(&writer, samples, using: &generator)
      try #require(ledger.repeatedByteCount == 0)
      try #require(try CheckerTests.findings(target).1.map(\.description) == [])
      var reader = try VolumeReader(target)
      try #require(try reader.differences(from: samples) == [])
      var stream = try VolumeReader(target)
      try #require(try reader.differences(from: &stream) == [])
    }
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `the kernel sees what the reader sees`() throws {
    var generator = SeededGenerator()
    for _ in 0..<Self.treeCount / 2 {
      let samples = RandomTree.samples(using: &generator)
      let format = RandomTree.format(using: &generator)
      let volume = try SampleVolume(size: format.size, format: format) { writer in
        try RandomTree.fill(&writer, samples, using: &generator)
      }
      try compareWithKernel(volume)
      var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
      try #require(try reader.differences(from: samples) == [])
    }
    // Labels of the machine's own policy are none of the tree's: the one difference.
    try compareWithKernel(
      try SampleVolume(size: 64 << 20, Sample.everything),
      ["attributes/block: extended attribute security.x is not in the source"])
  }

  private func compareWithKernel(_ volume: SampleVolume, _ expected: [String] = []) throws {
    try #require(try volume.complaints() == nil)
    let mount = try LoopMount(volume.path)
    var source = try DirectoryReader(path: mount.path(.root))
    var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
    try #require(try reader.differences(from: &source) == expected)
    var tree = try DirectoryReader(path: mount.path(.root))
    var paths: [EntryPath] = []
    while let entry = try tree.next() { paths.append(entry.path) }
    var stream = try VolumeReader(ReadOnlyFile(path: volume.path), includesLostAndFound: true)
    let found = try stream.samples().map(\.entry.path)
    #expect(found == paths)
  }
}

private enum RandomTree {
  /// Of one block group or two, with features that change what is on the volume.
  static func format(using generator: inout SeededGenerator) -> Format {
    let size = UInt64.random(in: 64 << 20...192 << 20, using: &generator) & ~0xFFF
    var format = SampleVolume.format(size: size)
    if Bool.random(using: &generator) { format.features = .oldKernels }
    let optional: [FeatureSet.Feature] = [
      .roomForGrowth, .directoryIndexes, .flexibleGroups, .wideBlockNumbers, .extraInodeSize,
    ]
    for feature in optional where Int.random(in: 0..<4, using: &generator) == 0 {
      format.features = format.features.removing(feature)
    }
    if !format.features.contains(.roomForGrowth), Bool.random(using: &generator) {
      format.features = format.features.removing(.sparseSuperblocks)
    }
    format.journal = [.automatic, .none, .blocks(1024)].randomElement(using: &generator) ?? .automatic
    format.inodeRatio = [nil, 8192, 65536].randomElement(using: &generator) ?? nil
    return format
  }

  /// Files come with their size, grow, or are written in any order.
  static func fill(
    _ writer: inout VolumeWriter, _ samples: [Sample], using generator: inout SeededGenerator
  ) throws {
    for sample in samples {
      guard case .regular(let content) = sample.entry.kind else {
        try writer.add(sample.entry)
        continue
      }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0 where content.dataRanges == nil:
        try writer.addGrowing(sample.entry)
        try SampleVolume.append(sample.bytes, to: &writer)
      case 1: try write(sample, content, to: try writer.addImage(sample.entry), using: &generator)
      default: try SampleVolume.add([sample], to: &writer)
      }
    }
    try writer.finish()
  }

  private static func write(
    _ sample: Sample, _ content: Entry.Content, to image: any BlockTarget,
    using generator: inout SeededGenerator
  ) throws {
    var pieces: [(offset: UInt64, bytes: Range<Int>)] = []
    var position = 0
    for range in content.dataRanges ?? [0..<content.size] {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 3001) {
        let count = Int(min(3001, range.upperBound - start))
        pieces.append((start, position..<position + count))
        position += count
      }
    }
    for piece in pieces.shuffled(using: &generator) {
      try image.write(sample.bytes.span.bytes.extracting(piece.bytes), at: piece.offset)
    }
  }

  static func samples(using generator: inout SeededGenerator) -> [Sample] {
    var directories = [EntryPath.root]
    var files: [EntryPath] = []
    var taken: Set<EntryPath> = []
    var samples: [Sample] = []
    for _ in 0..<Int.random(in: 1...400, using: &generator) {
      let parent = directories.randomElement(using: &generator) ?? .root
      let path = parent.appending(name(using: &generator))
      guard taken.insert(path).inserted, path.bytes.count < 3000 else { continue }
      var sample = Sample.other("x", .fifo)
      sample.entry.path = path
      describe(&sample, &directories, &files, using: &generator)
      samples.append(sample)
    }
    return samples
  }

  private static func name(using generator: inout SeededGenerator) -> EntryPath {
    while true {
      let count =
        Bool.random(using: &generator)
        ? Int.random(in: 1...12, using: &generator) : Int.random(in: 1...255, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 1...255, using: &generator) }.map {
        $0 == 0x2F ? 0x2E : $0
      }
      if let path = try? EntryPath(bytes), !path.isRoot { return path }
    }
  }

  private static func describe(
    _ sample: inout Sample, _ directories: inout [EntryPath], _ files: inout [EntryPath],
    using generator: inout SeededGenerator
  ) {
    sample.entry.mode = UInt16.random(in: 0...0o7777, using: &generator)
    sample.entry.owner = .init(
      user: UInt32.random(in: 0...(.max - 1), using: &generator),
      group: UInt32.random(in: 0...100_000, using: &generator))
    sample.entry.modificationTime = Timestamp(
      seconds: Int64.random(in: -2_147_483_648...15_032_385_535, using: &generator),
      nanoseconds: UInt32.random(in: 0...999_999_999, using: &generator))
    let isUser = setKind(&sample, &directories, &files, using: &generator)
    guard !isLink(sample), Int.random(in: 0..<4, using: &generator) == 0 else { return }
    sample.entry.extendedAttributes = attributes(isUser, using: &generator)
  }

  private static func isLink(_ sample: Sample) -> Bool {
    if case .hardLink = sample.entry.kind { true } else { false }
  }

  /// - Returns: whether users may give attributes to such a file.
  private static func setKind(
    _ sample: inout Sample, _ directories: inout [EntryPath], _ files: inout [EntryPath],
    using generator: inout SeededGenerator
  ) -> Bool {
    let path = sample.entry.path
    switch Int.random(in: 0..<20, using: &generator) {
    case 0...4:
      sample.entry.kind = .directory
      directories.append(path)
      return true
    case 5, 6:
      let count = Int.random(in: 1...300, using: &generator)
      sample.entry.kind = .symbolicLink(
        target: (0..<count).map { _ in .random(in: 1...255, using: &generator) })
      sample.entry.mode = 0o777
    case 7:
      sample.entry.kind = .characterDevice(
        major: .random(in: 0...4095, using: &generator), minor: .random(in: 0...1_048_575, using: &generator))
    case 8:
      sample.entry.kind = .blockDevice(
        major: .random(in: 0...300, using: &generator), minor: .random(in: 0...300, using: &generator))
    case 9: sample.entry.kind = .socket
    case 10, 11:
      guard let target = files.randomElement(using: &generator) else { return false }
      sample.entry.kind = .hardLink(to: target)
      return false
    case 12: sample.entry.kind = .fifo
    default:
      setContent(&sample, using: &generator)
      files.append(path)
      return true
    }
    files.append(path)
    return false
  }

  private static func setContent(_ sample: inout Sample, using generator: inout SeededGenerator) {
    var size = UInt64(
      Int.random(in: 0...[1, 100, 5000, 200_000].randomElement(using: &generator)!, using: &generator))
    var ranges: [Range<UInt64>]?
    if Bool.random(using: &generator) {
      var list: [Range<UInt64>] = []
      var position: UInt64 = 0
      for _ in 0..<Int.random(in: 0...20, using: &generator) {
        let start = position + UInt64.random(in: 1...20_000, using: &generator)
        position = start + UInt64.random(in: 1...9000, using: &generator)
        list.append(start..<position)
      }
      size = position + UInt64.random(in: 0...1_000_000, using: &generator)
      ranges = list
    }
    let content = Entry.Content(size: size, dataRanges: ranges)
    sample.entry.kind = .regular(content)
    sample.bytes = Sample.content(Int(content.storedByteCount), seed: generator.next())
  }

  private static func attributes(
    _ isUser: Bool, using generator: inout SeededGenerator
  ) -> [Entry.ExtendedAttribute] {
    (0..<Int.random(in: 1...5, using: &generator)).map { number in
      let prefix = isUser && Bool.random(using: &generator) ? "user" : "trusted"
      let count = Bool.random(using: &generator) ? 4 : Int.random(in: 0...600, using: &generator)
      return .init(name: Array("\(prefix).\(number)".utf8), value: generator.bytes(count))
    }
  }
}
