// SPDX-License-Identifier: Apache-2.0
import Archive
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// Trees at random, written by us; read by us and by the kernel.
@Suite struct RandomTreeTests {
  private static let treeCount = Sample.isLong ? 200 : 8

  @Test func `whatever tree is written reads back equal`() throws {
    var generator = SeededGenerator()
    for _ in 0..<Self.treeCount {
      let samples = RandomTree.samples(using: &generator)
      let target = MemoryTarget(byteCount: 64 << 20)
      try SampleVolume.fill(target, SampleVolume.format(size: 64 << 20), samples)
      var reader = try VolumeReader(target)
      try #require(try reader.differences(from: samples) == [])
      var stream = try VolumeReader(target)
      try #require(try reader.differences(from: &stream) == [])
    }
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `the kernel sees what the reader sees`() throws {
    var generator = SeededGenerator()
    for _ in 0..<Self.treeCount / 4 {
      try compareWithKernel(RandomTree.samples(using: &generator))
    }
    // Labels of the machine's own policy are none of the tree's: the one difference.
    try compareWithKernel(
      Sample.everything, ["attributes/block: extended attribute security.x is not in the source"])
  }

  private func compareWithKernel(_ samples: [Sample], _ expected: [String] = []) throws {
    let volume = try SampleVolume(size: 64 << 20, samples)
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
