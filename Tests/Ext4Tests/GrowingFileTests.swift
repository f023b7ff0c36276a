// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// Files whose size nobody knows before their last byte has come.
@Suite struct GrowingFileTests {
  /// As the samples come, but that no file without holes tells its size.
  private static func fillGrowing(_ writer: inout VolumeWriter, _ samples: [Sample]) throws(Ext4Error) {
    for sample in samples {
      if case .regular(let shape) = sample.entry.kind, shape.dataRanges == nil {
        var entry = sample.entry
        entry.kind = .regular(.init(size: 123_456_789))
        try writer.addGrowing(entry)
      } else {
        try writer.add(sample.entry)
      }
      try SampleVolume.append(sample.bytes, to: &writer)
    }
    try writer.finish()
  }

  private static func makeWriter(_ target: any BlockTarget) throws(Ext4Error) -> VolumeWriter {
    try VolumeWriter(formatting: target, format: SampleVolume.format(size: target.size))
  }

  private static let sizes = [0, 1, 4095, 4096, 4097, 262_143, 262_144, 1_000_001]
  private static let files = sizes.map { Sample.file("files/\($0)", Sample.content($0, seed: UInt64($0))) }
  private static var attributed: Sample {
    var sample = Sample.file("attributes", Sample.content(9000))
    sample.entry.extendedAttributes = [
      .init(name: Array("user.long".utf8), value: Array(repeating: 7, count: 900))
    ]
    return sample
  }

  @Test(arguments: [
    files, Sample.everything, (0..<200).flatMap { [Sample.file("\($0)", [1])] + [attributed.at("a\($0)")] },
  ])
  func `a volume is the same to the last byte where sizes are not announced`(samples: [Sample]) throws {
    let known = MemoryTarget(byteCount: 64 << 20)
    try SampleVolume.fill(known, SampleVolume.format(size: known.size), samples)
    let growing = MemoryTarget(byteCount: 64 << 20)
    let ledger = Ledger(growing)
    var writer = try Self.makeWriter(ledger)
    try Self.fillGrowing(&writer, samples)
    #expect(ledger.repeatedByteCount == 0)
    #expect(known.contents() == growing.contents())
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
  func `files come back as they went in`() throws {
    let samples = Self.files + [Self.attributed, .other("link", .hardLink(to: Sample.path("files/4097")))]
    let volume = try SampleVolume(size: 64 << 20) { try Self.fillGrowing(&$0, samples) }
    #expect(try volume.complaints() == nil)
    for sample in Self.files + [Self.attributed] {
      #expect(try volume.dump("\(sample.entry.path)") == sample.bytes)
    }
    #expect(try volume.dump("link") == Sample.content(4097, seed: 4097))
  }

  /// Pieces of this size, again and again.
  private static let piece = Sample.content(1 << 20)

  private static func append(_ byteCount: UInt64, to writer: inout VolumeWriter) throws(Ext4Error) {
    var rest = byteCount
    while rest > 0 {
      let count = Int(min(rest, UInt64(piece.count)))
      try writer.append(piece.span.bytes.extracting(first: count))
      rest -= UInt64(count)
    }
  }

  @Test(
    .enabled(if: SampleVolume.e2fsck.isInstalled),
    arguments: [(128 << 20) + 1, 700 << 20] as [UInt64])
  func `a file grows over the ends of extents and block groups`(byteCount: UInt64) throws {
    let path = Sample.path("large")
    func entry(_ size: UInt64) -> Entry {
      Entry(path, .regular(.init(size: size)), mode: 0o644, modificationTime: Sample.time)
    }
    let volume = try SampleVolume(size: 1 << 30) { writer in
      try SampleVolume.add([.file("before", [1])], to: &writer)
      try writer.addGrowing(entry(0))
      try Self.append(byteCount, to: &writer)
      try SampleVolume.fill(&writer, [.file("after", [2])])
    }
    let known = try SampleVolume(size: 1 << 30) { writer in
      try SampleVolume.add([.file("before", [1])], to: &writer)
      try writer.add(entry(byteCount))
      try Self.append(byteCount, to: &writer)
      try SampleVolume.fill(&writer, [.file("after", [2])])
    }
    #expect(try volume.complaints() == nil)
    #expect(try ForeignTool("cmp").run(volume.path, known.path).status == 0)
  }

  @Test func `a file that outgrows the volume is counted like any other`() throws {
    let samples = [Sample.file("large", Sample.content(20_000_000)), .file("after", [1, 2, 3])]
    let known = try #require(Self.failure(of: samples, isGrowing: false))
    let growing = try #require(Self.failure(of: samples))
    #expect(growing == known)
    guard case .contentTooLarge(let neededSize, _) = growing else {
      Issue.record("\(growing)")
      return
    }
    #expect(Self.failure(of: samples, size: neededSize) == nil)
  }

  private static func failure(
    of samples: [Sample], size: UInt64 = 16 << 20, isGrowing: Bool = true
  ) -> Ext4Error? {
    do throws(Ext4Error) {
      var writer = try makeWriter(NullTarget(size: size))
      isGrowing ? try fillGrowing(&writer, samples) : try SampleVolume.fill(&writer, samples)
      return nil
    } catch { return error }
  }

  @Test func `a file that outgrows the format is named with its size`() throws {
    let buffer = AlignedBuffer(byteCount: 64 << 20)
    let pieceCount: UInt64 = 1 << 18
    var writer = try Self.makeWriter(NullTarget(size: 16 << 20))
    try writer.addGrowing(Sample.file("endless", []).entry)
    for _ in 0..<pieceCount { try writer.append(buffer.bytes) }
    let reason = Problem.Reason.fileTooLarge(size: pieceCount * 64 << 20)
    let error = Ext4Error.unrepresentable([Problem(path: Sample.path("endless"), reason: reason)])
    #expect(throws: error) { try writer.finish() }
  }

  @Test func `bytes of a refused file are left out`() throws {
    let samples = [Sample.file("a", [1]), .file("a", Sample.content(100_000)), .file("b", [2])]
    let error = Ext4Error.unrepresentable([Problem(path: Sample.path("a"), reason: .duplicatePath)])
    #expect(Self.failure(of: samples) == error)
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a target that fails at any write ends the volume with its own error`(fault: FaultyTarget.Fault) throws
  {
    func fill(_ target: any BlockTarget) throws(Ext4Error) {
      var writer = try Self.makeWriter(target)
      try Self.fillGrowing(&writer, Self.files + [Self.attributed])
    }
    let counting = FaultyTarget(NullTarget(size: 16 << 20), failing: .max, fault: fault)
    try fill(counting)
    for failing in 1...counting.writeCount {
      #expect {
        try fill(FaultyTarget(NullTarget(size: 16 << 20), failing: failing, fault: fault))
      } throws: { error in
        if case Ext4Error.target = error { true } else { false }
      }
    }
  }
}

extension Sample {
  /// The same under another name.
  func at(_ name: String) -> Sample {
    var sample = self
    sample.entry.path = Self.path(name)
    return sample
  }
}
