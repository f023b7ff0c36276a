// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import Ext4

/// The smallest volumes that hold something.
@Suite struct FitTests {
  /// What the samples take; their bytes are not looked at.
  static func demand(of samples: [Sample], in format: Format) throws(Ext4Error) -> Demand {
    var measure = VolumeMeasure(for: format)
    for sample in samples { try measure.add(sample.entry) }
    try measure.finish()
    return measure.demand
  }

  /// What a volume of the format's size says to the samples.
  private static func error(filling format: Format, with samples: [Sample]) -> Ext4Error? {
    do throws(Ext4Error) {
      try SampleVolume.fill(NullTarget(size: format.size), format, samples)
      return nil
    } catch { return error }
  }

  /// One block less, which must not do.
  private static func smaller(_ format: Format) -> Format {
    var format = format
    format.size -= Format.blockSize
    return format
  }

  private static func isTooSmall(_ error: Ext4Error?, needing size: UInt64) -> Bool {
    switch error {
    case .contentTooLarge(let needed, _): needed == size
    case .tooSmall, .invalidFormat(.journalTooLarge): true
    default: false
    }
  }

  /// A format that differs from the usual at random in what the size depends on.
  private static func format(_ random: inout SeededGenerator) throws -> Format {
    var format = SampleVolume.format(size: 1 << 30)
    format.features = try FeatureSet(FeatureTests.changes.randomElement(using: &random) ?? "")
    if Bool.random(using: &random) { format.features = .standard }
    let ratios: [UInt64?] = [nil, nil, 1024, 8192, 65536]
    format.inodeRatio = ratios.randomElement(using: &random) ?? nil
    let journals: [Format.Journal] = [.automatic, .none, .none]
    format.journal = journals.randomElement(using: &random) ?? .none
    if format.features.contains(.journal), Int.random(in: 0..<4, using: &random) == 0 {
      format.journal = .blocks(1024)
    }
    format.reservedBlockPercentage = Percentage(hundredths: .random(in: 0...1000, using: &random))
    return format
  }

  /// Some of everything.
  private static func samples(_ random: inout SeededGenerator) -> [Sample] {
    var samples = Sample.names(.random(in: 0...2000, using: &random))
    for number in 0..<Int.random(in: 0...200, using: &random) {
      samples.append(sample("d\(number % 7)/\(number)", &random))
    }
    return samples
  }

  private static func sample(_ name: String, _ random: inout SeededGenerator) -> Sample {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return .other(name, .directory)
    case 1:
      let target = [UInt8](repeating: 0x61, count: .random(in: 1...200, using: &random))
      return .other(name, .symbolicLink(target: target))
    case 2:
      let ranges = (0..<UInt64.random(in: 0...400, using: &random)).map { $0 * 8192..<$0 * 8192 + 10 }
      let shape = Entry.Content(size: 4_000_000, dataRanges: ranges)
      return Sample(
        entry: Entry(Sample.path(name), .regular(shape), mode: 0o644, modificationTime: Sample.time),
        bytes: Sample.content(Int(shape.storedByteCount)))
    case 3:
      var sample = Sample.file(name, [1, 2, 3])
      sample.entry.extendedAttributes = [
        .init(name: Array("user.a".utf8), value: [UInt8](repeating: 1, count: 300))
      ]
      return sample
    case 4: return .file(name, Sample.content(.random(in: 0...1_000_000, using: &random)))
    default: return .file(name, Sample.content(.random(in: 0...9000, using: &random)))
    }
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled))
  func `the smallest volume holds the content, and one that is a block smaller doesn't`() throws {
    var random = SeededGenerator()
    for _ in 0..<(Sample.isLong ? 300 : 12) {
      let samples = Self.samples(&random)
      let format = try Self.format(&random)
      let demand = try Self.demand(of: samples, in: format)
      let fitted = try format.fitted(to: demand)
      let volume = try SampleVolume(size: fitted.size, samples, format: fitted)
      #expect(try volume.complaints() == nil)
      let smaller = Self.smaller(fitted)
      let error = Self.error(filling: smaller, with: samples)
      #expect(Self.isTooSmall(error, needing: fitted.size), "\(error as Any) \(fitted)")
      #expect(throws: Never.self) { try fitted.checkRoom(for: demand) }
      #expect(throws: Ext4Error.self) { try smaller.checkRoom(for: demand) }
    }
  }

  @Test func `a measure counts what a writer counts`() throws {
    for text in FeatureTests.changes {
      var format = SampleVolume.format(size: 64 << 20)
      format.features = try FeatureSet(text)
      let samples = Sample.everything.filter { "\($0.entry.path)" != "sparse/start" } + Sample.names(3000)
      var writer = try VolumeWriter(formatting: NullTarget(size: format.size), format: format)
      try SampleVolume.fill(&writer, samples)
      var measure = VolumeMeasure(for: format)
      try SampleVolume.fill(&measure, samples)
      #expect(measure.demand == writer.demand)
      #expect(measure.demand == (try Self.demand(of: samples, in: format)))
      #expect(measure.demand.blockCount == writer.space.neededBlockCount)
    }
  }

  /// A volume that holds one of everything, and a volume of its own, in a file.
  private static func fillWithImage(
    _ size: UInt64, add: (Entry) throws -> any BlockTarget, finish: () throws -> Void
  ) throws {
    let image = try add(NestedVolumeTests.image(size))
    try SampleVolume.fill(image, SampleVolume.format(size: size), Sample.everything)
    _ = try add(NestedVolumeTests.image(1 << 20, at: Sample.path("never written to")))
    try finish()
  }

  @Test(arguments: [16 << 20, 300 << 20, 1 << 30] as [UInt64])
  func `files that hold volumes are measured as they are written`(imageSize: UInt64) throws {
    var format = SampleVolume.format(size: 2 << 30)
    var measure = VolumeMeasure(for: format)
    try SampleVolume.add([NestedVolumeTests.neighbours[0]], to: &measure)
    try Self.fillWithImage(
      imageSize, add: { try measure.addImage($0) }, finish: { try measure.finish() })
    func write() throws -> Demand {
      var writer = try VolumeWriter(formatting: NullTarget(size: format.size), format: format)
      try SampleVolume.add([NestedVolumeTests.neighbours[0]], to: &writer)
      try Self.fillWithImage(imageSize, add: { try writer.addImage($0) }, finish: { try writer.finish() })
      return writer.demand
    }
    let demand = measure.demand
    let written = try write()
    #expect(demand.inodeCount == written.inodeCount)
    // Where a file of no place ends its extents is a guess.
    #expect((written.blockCount...written.blockCount + 1).contains(demand.blockCount))
    format = try format.fitted(to: demand)
    #expect(throws: Never.self) { try write() }
  }

  @Test func `a measure finds what can't be held, and bytes that are too few`() throws {
    let format = SampleVolume.format(size: 0)
    let twice = [Sample.file("a", [1]), .file("a", [2])]
    #expect(throws: Ext4Error.unrepresentable([Problem(path: Sample.path("a"), reason: .duplicatePath)])) {
      try Self.demand(of: twice, in: format)
    }
    var sample = Sample.file("a", [1, 2])
    sample.entry.kind = .regular(.init(size: 3))
    var measure = VolumeMeasure(for: format)
    #expect(throws: Ext4Error.wrongContentSize(path: Sample.path("a"), announced: 3, received: 2)) {
      try SampleVolume.fill(&measure, [sample])
    }
  }

  /// So many files of a block, and their inodes.
  private static func demand(blockCount: Int, inodeCount: UInt32 = 12) -> Demand {
    var log = AllocationLog()
    for _ in 0..<blockCount { log.append(1, startsFile: true) }
    return Demand(inodeCount: inodeCount, log: log)
  }

  /// Sizes around which a larger volume may hold less: of the automatic journal, and of the ratio.
  @Test(arguments: [128, 512, 1024] as [UInt64])
  func `a volume below a step may hold what one above doesn't`(mebibyteCount: UInt64) throws {
    var format = SampleVolume.format(size: (mebibyteCount << 20) - Format.blockSize)
    let handle = try FileSystemHandle.format(format, in: MetadataStore(size: format.size))
    let freeCount = handle.freeRuns().reduce(0) { $0 + $1.count }
    let demand = Self.demand(blockCount: freeCount, inodeCount: handle.geometry.inodeCount)
    #expect(try format.fitted(to: demand).size == format.size)
    format.size = mebibyteCount << 20
    let error = #expect(throws: Ext4Error.self) { try format.checkRoom(for: demand) }
    guard case .contentTooLarge(let needed, _) = error else { return }
    format.size = needed
    try format.checkRoom(for: demand)
    #expect(needed > mebibyteCount << 20)
    let more = Self.demand(blockCount: freeCount + 1, inodeCount: handle.geometry.inodeCount)
    #expect(try format.fitted(to: more).size >= needed)
  }

  @Test(arguments: ["", "^flex_bg", "^resize_inode,^sparse_super"])
  func `no size below the one that was found does`(features: String) throws {
    var format = SampleVolume.format(size: 0)
    format.features = try FeatureSet(features)
    var random = SeededGenerator()
    for _ in 0..<4 {
      let demand = Self.demand(
        blockCount: .random(in: 1000...200_000, using: &random),
        inodeCount: .random(in: 12...60_000, using: &random))
      let fitted = try format.fitted(to: demand)
      var search = SizeSearch(for: demand, slack: 0, in: format)
      let count = fitted.size / Format.blockSize
      for blockCount in max(2048, count - min(count, 400))..<count where try search.isEnough(blockCount) {
        Issue.record("\(blockCount) blocks do, and \(count) were found")
      }
    }
  }

  @Test(arguments: [1, 4096, 1 << 20, 100 << 20, 3 << 30] as [UInt64])
  func `slack is free for everybody`(slack: UInt64) throws {
    let samples = Sample.names(500) + [.file("a", Sample.content(3_000_000))]
    let format = SampleVolume.format(size: 0)
    let demand = try Self.demand(of: samples, in: format)
    let fitted = try format.fitted(to: demand, slack: slack)
    #expect(throws: Ext4Error.self) { try Self.smaller(fitted).checkRoom(for: demand, slack: slack) }
    let volume = try SampleVolume(size: fitted.size, samples, format: fitted)
    #expect(try volume.complaints() == nil)
    let header = try volume.header()
    func number(_ field: String) -> UInt64 { UInt64(header[field, default: ""]) ?? 0 }
    let keptBackCount = min(number("Block count") / 50, 4096)
    #expect((number("Free blocks") - number("Reserved block count") - keptBackCount) * 4096 >= slack)
    #expect(number("Free inodes") >= slack / (fitted.size < 512 << 20 ? 4096 : 16384))
  }

  @Test(
    .enabled(if: LoopMount.isPossible, "needs root and loop devices"), arguments: [1, 10, 200] as [UInt64])
  func `the kernel tells the slack as available`(mebibyteCount: UInt64) throws {
    let samples = Sample.names(500) + [.file("a", Sample.content(3_000_000))]
    var format = SampleVolume.format(size: 0)
    format.inodeCount = 2000
    let slack = mebibyteCount << 20
    let fitted = try format.fitted(to: Self.demand(of: samples, in: format), slack: slack)
    let volume = try SampleVolume(size: fitted.size, samples, format: fitted)
    let mount = try LoopMount(volume.path, isWritable: true)
    var status = statvfs()
    #expect(statvfs(mount.path(.root), &status) == 0)
    // Nothing but the blocks that are needed: with inodes enough, the size is exact.
    #expect(UInt64(status.f_bavail) * 4096 == slack)
  }

  @Test func `too few inodes are not made up for by size`() throws {
    var format = SampleVolume.format(size: 64 << 20)
    format.inodeCount = 100
    let error = Ext4Error.tooFewInodes(neededCount: 513, inodeCount: 100)
    let samples = Sample.names(501)
    #expect(throws: error) { try format.fitted(to: Self.demand(of: samples, in: format)) }
    #expect(Self.error(filling: format, with: samples) == error)
    format.inodeCount = 513
    #expect(Self.error(filling: format, with: samples) == nil)
  }

  @Test func `content beyond the largest volume is told as such`() throws {
    let format = SampleVolume.format(size: 64 << 20)
    for slack in [.max, Format.largestSize + 1] {
      #expect(throws: Ext4Error.contentBeyondFormat(largestSize: 17_592_186_040_320)) {
        try format.fitted(to: Self.demand(blockCount: 5), slack: slack)
      }
    }
  }

  @Test func `a file that no run of free blocks holds is replayed as it was written`() throws {
    let runs: [Range<UInt64>] = (0..<600).map { $0 * 10..<$0 * 10 + 3 }
    var space = FreeSpace(runs: runs)
    var extents: [Extent] = []
    // Blocks of a file, side by side or behind holes, and the nodes that its extents take.
    let files: [(counts: [UInt64], nodeCount: Int)] = [
      ([7], 0), ([12], 1), ([13], 1), ([1100], 2), ([1], 0), ([1], 0), ([5, 1], 0), ([5, 4, 6], 1), ([5], 0),
    ]
    for (counts, nodeCount) in files {
      extents.removeAll()
      for count in counts { space.take(count, for: 0, into: &extents) }
      #expect(ExtentNode.blockCount(extentCount: extents.count) == nodeCount, "\(counts): \(extents.count)")
      for _ in 0..<nodeCount { _ = space.takeNode(isOfContent: false) }
    }
    let demand = Demand(inodeCount: 20, log: space.log)
    #expect(demand.blockCount == 7 + 12 + 13 + 1100 + 1 + 1 + 6 + 15 + 5)
    #expect(space.neededBlockCount == demand.blockCount + 5)
    #expect(demand.blockCount(in: runs) == space.neededBlockCount)
    #expect(demand.largestBlockCount(in: runs) >= space.neededBlockCount)
  }
}
