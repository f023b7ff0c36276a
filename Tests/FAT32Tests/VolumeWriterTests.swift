// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct VolumeWriterTests {
  @Test(.enabled(if: judges)) func `an empty volume is whole`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.finish()
    #expect(writer.usedClusterCount == 1)
    #expect(writer.fileCount == 0)
    #expect(writer.directoryCount == 0)
    try volume.check()
  }

  @Test(.enabled(if: judges)) func `files come back with their names, bytes and times`() throws {
    let files = [
      SampleFile(path: "bootcode.bin", bytes: sampleBytes(52_480, seed: 1)),
      SampleFile(
        path: "config.txt", bytes: Array("enable_uart=1\n".utf8), time: Timestamp(seconds: 315_532_800)),
      SampleFile(path: "LICENCE", bytes: sampleBytes(512, seed: 2)),
      SampleFile(path: "empty", bytes: []),
      SampleFile(path: ".alpine-release", bytes: Array("alpine-rpi 3.22\n".utf8)),
      SampleFile(path: "boot/initramfs-rpi", bytes: sampleBytes(1_000_003, seed: 3)),
      SampleFile(path: "boot/vmlinuz-rpi", bytes: sampleBytes(65_536, seed: 4)),
      SampleFile(path: "overlays/rpi-backlight-with-a-very-long-name.dtbo", bytes: sampleBytes(700, seed: 5)),
      SampleFile(path: "apks/aarch64/APKINDEX.tar.gz", bytes: sampleBytes(513, seed: 6)),
      SampleFile(path: "apks/aarch64/.boot_repository", bytes: []),
      SampleFile(path: "Mixed Case, and [more].Text", bytes: sampleBytes(1, seed: 7)),
      SampleFile(path: "Grüße aus Łódź.txt", bytes: sampleBytes(99, seed: 8)),
      SampleFile(path: "日本語/ファイル.dat", bytes: sampleBytes(98, seed: 9)),
      SampleFile(path: "sub.dir/thirteenunits", bytes: sampleBytes(97, seed: 10)),
    ]
    let volume = try SampleVolume()
    var writer = try volume.writer()
    for file in files { try writer.add(file.path, file.bytes, time: file.time) }
    try writer.finish()
    #expect(writer.fileCount == 14)
    #expect(writer.directoryCount == 6)
    try volume.check(files)
  }

  @Test(.enabled(if: judges)) func `a file is read-only, hidden or of the system on request`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    let time = Timestamp(seconds: 1_617_209_520)
    for (name, attributes) in [("R", .readOnly), ("HS", [.hidden, .system]), ("D", .directory)]
      as [(String, FileAttributes)]
    {
      let entry = Entry(
        try EntryPath(Array(name.utf8)), .regular(.init(size: 0)), mode: 0o444, modificationTime: time)
      try writer.add(entry, attributes: attributes)
    }
    try writer.finish()
    try volume.check()
    // The label comes first; DIR_Attr is at 11.
    let root = volume.bytes(volume.geometry.dataOffset, 128)
    #expect([root[43], root[75], root[107]] == [0x21, 0x26, 0x20])
  }

  @Test func `times that FAT can't hold are counted`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    for (index, seconds) in [315_532_799, 315_532_800, 4_354_819_199, 4_354_819_200, -1].enumerated() {
      try writer.add("file\(index)", [], time: Timestamp(seconds: Int64(seconds)))
    }
    #expect(writer.clampedTimeCount == 3)
  }

  @Test(.enabled(if: judges)) func `a name may have surrogate pairs and 255 units`() throws {
    let files = [
      SampleFile(path: "🏔 cairn 🪨.txt", bytes: [1, 2, 3]),
      SampleFile(path: String(repeating: "n", count: 251) + ".txt", bytes: [4]),
      SampleFile(path: " leading space", bytes: [5]),
    ]
    let volume = try SampleVolume()
    var writer = try volume.writer()
    for file in files { try writer.add(file.path, file.bytes) }
    try writer.finish()
    try volume.check(Array(files.dropFirst()))
    // mtools have 16-bit characters only: the pair is looked up in the directory itself.
    let root = volume.bytes(volume.geometry.dataOffset, 96)
    let part = try encodedParts(root).map { try LongName.Part(decoding: $0.span.bytes) }
    #expect(part[0].units == Array("🏔 cairn 🪨.txt".utf16.prefix(13)))
  }

  private func encodedParts(_ root: [UInt8]) -> [[UInt8]] {
    stride(from: 32, to: root.count, by: 32).map { Array(root[$0..<$0 + 32]) }
      .filter { $0[11] == 0x0F && $0[0] & 0x3F == 1 }
  }

  @Test(.enabled(if: judges)) func `directories have the times of their entries, others that of the volume`()
    throws
  {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add(.directory("", time: Timestamp(seconds: 0)))
    try writer.add("late/file", [1])
    try writer.add(.directory("late", time: Timestamp(seconds: 1_000_000_000)))
    try writer.add(.directory("early", time: Timestamp(seconds: 1_100_000_000)))
    try writer.add("implied/file", [1])
    try writer.finish()
    try volume.check()
    let scratch = try TemporaryDirectory()
    let listing = try mdir.run("-i", volume.save(in: scratch), "::")
    #expect(listing.text.contains("<DIR>     2001-09-09   1:46  late"))
    #expect(listing.text.contains("<DIR>     2004-11-09  11:33  early"))
    #expect(listing.text.contains("<DIR>     2026-03-14  15:09  implied"))
    #expect(listing.text.contains("Volume in drive : is ALPINE"))
    #expect(listing.text.contains("Volume Serial Number is 1234-ABCD"))
  }

  @Test(.enabled(if: judges)) func `the holes of a sparse file are zeros`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    let content = Entry.Content(size: 2_000_000, dataRanges: [0..<0, 5..<8, 1_500_000..<1_500_002])
    let entry = Entry(EntryPath("sparse"), .regular(content), mode: 0o644, modificationTime: sampleTime)
    try writer.add(entry)
    try writer.append(([1, 2, 3, 4] as [UInt8]).span.bytes)
    try writer.append(([5] as [UInt8]).span.bytes)
    let hole = Entry.Content(size: 1_000_000, dataRanges: [])
    try writer.add(Entry(EntryPath("hole"), .regular(hole), mode: 0o644, modificationTime: sampleTime))
    try writer.add("next", [9])
    try writer.finish()
    var bytes = [UInt8](repeating: 0, count: 2_000_000)
    bytes.replaceSubrange(5..<8, with: [1, 2, 3])
    bytes.replaceSubrange(1_500_000..<1_500_002, with: [4, 5])
    try volume.check([
      SampleFile(path: "sparse", bytes: bytes),
      SampleFile(path: "hole", bytes: [UInt8](repeating: 0, count: 1_000_000)),
      SampleFile(path: "next", bytes: [9]),
    ])
  }

  @Test(.enabled(if: judges)) func `the root and other directories grow beyond a cluster`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    var files: [SampleFile] = []
    for number in 0..<300 {
      files.append(SampleFile(path: "a long name in the root \(number)", bytes: [UInt8(number & 255)]))
      files.append(SampleFile(path: "dir/a long name below it \(number)", bytes: [UInt8(number & 255), 1]))
    }
    for file in files { try writer.add(file.path, file.bytes) }
    try writer.finish()
    // Names of up to 26 units take three entries, of 27 four: 1 + 100 · 3 + 200 · 4 in the root, 2 + 300 · 3 in "dir",
    // sixteen to a cluster.
    #expect(writer.usedClusterCount == 600 + 69 + 57)
    try volume.check(files)
  }

  @Test(.enabled(if: judges)) func `a volume may be filled to its last cluster`() throws {
    let volume = try SampleVolume()
    let payload = Int(volume.geometry.clusterCount - 1) * 512
    var writer = try volume.writer()
    let bytes = sampleBytes(payload)
    try writer.add("all", bytes)
    try writer.finish()
    #expect(writer.usedClusterCount == UInt64(volume.geometry.clusterCount))
    #expect(volume.ledger.untouched.byteCount == 0)
    try volume.check([SampleFile(path: "all", bytes: bytes)])
  }

  @Test(.enabled(if: judges)) func `random trees come back`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("random trees: seed \(seed)")
    var generator = SplitMix(state: seed)
    for _ in 0..<(isLong ? 50 : 3) {
      let volume = try SampleVolume()
      var writer = try volume.writer()
      let files = randomFiles(using: &generator)
      for file in files { try writer.add(file.path, file.bytes, time: file.time) }
      try writer.finish()
      try volume.check(files)
    }
  }

  /// Up to 200 files in up to eight directories, with names of all lengths.
  private func randomFiles(using generator: inout SplitMix) -> [SampleFile] {
    (0..<Int.random(in: 1...200, using: &generator)).map { number in
      let depth = Int.random(in: 0...3, using: &generator)
      let directories = (0..<depth).map { "directory \($0).\(Int.random(in: 0...1, using: &generator))/" }
        .joined()
      let filling = String(repeating: "Nä ", count: Int.random(in: 0...60, using: &generator))
      let size = Int.random(in: 0...1, using: &generator) * Int.random(in: 0...100_000, using: &generator)
      // Up to 2100-02-28: mtools take 2100 for a leap year, which it is not.
      let seconds = Int64.random(in: 315_532_800..<4_107_542_400, using: &generator)
      return SampleFile(
        path: "\(directories)\(filling)\(number)", bytes: sampleBytes(size, seed: number),
        time: Timestamp(seconds: seconds))
    }
  }

  @Test func `free clusters stay untouched, all else is written or zeroed`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("dir/file", sampleBytes(700))
    try writer.finish()
    // The root, two for the file, one for the directory.
    let free = volume.geometry.offset(ofCluster: 6)..<volume.geometry.volumeSize
    #expect(volume.ledger.untouched.ranges == [free])
    #expect(volume.ledger.repeatedByteCount == 0)
  }

  @Test func `the same entries give the same bytes`() throws {
    let images = try (0..<2).map { _ in
      let volume = try SampleVolume()
      var writer = try volume.writer()
      for number in 0..<20 {
        try writer.add("dir/long file name \(number).text", sampleBytes(100, seed: number))
      }
      try writer.finish()
      return volume.memory.contents()
    }
    #expect(images[0] == images[1])
  }

  @Test func `the target must be as large as the volume`() throws {
    let geometry = try Geometry(volumeSize: 64 << 20, hiddenSectorCount: 0)
    let target = NullTarget(size: 65 << 20)
    #expect(throws: FAT32Error.targetSizeDiffers(targetSize: 65 << 20, volumeSize: 64 << 20)) {
      _ = try VolumeWriter(sample: target, geometry)
    }
    _ = try VolumeWriter(sample: NullTarget(size: (64 << 20) + 511), geometry)
  }

  @Test(.enabled(if: judges)) func `20,000 names that collide are told apart in time`() throws {
    let volume = try SampleVolume(size: 48 << 20)
    var writer = try volume.writer()
    let start = ContinuousClock.now
    for number in 0..<20_000 { try writer.add(.file("dir/collide\(number).text", size: 0)) }
    try writer.finish()
    #expect(ContinuousClock.now - start < .seconds(20))
    try volume.check()
  }

  @Test(.enabled(if: judges), arguments: isLong ? [64 << 30, (2 << 40) - 512] : [64 << 30])
  func `large volumes are whole`(size: UInt64) throws {
    let scratch = try TemporaryDirectory()
    let path = scratch.path("large.img")
    let image = try ImageFile(path: path, size: size)
    let ledger = Ledger(image)
    let geometry = try Geometry(volumeSize: size, hiddenSectorCount: 8192)
    #expect(geometry.clusterSize == 32 << 10)
    var writer = try VolumeWriter(sample: ledger, geometry)
    try writer.add("dir/file.bin", sampleBytes(100_000))
    try writer.finish()
    #expect(ledger.repeatedByteCount == 0)
    try expectNothingFound(on: image, hiddenSectorCount: 8192)
    try image.commit(isDurable: false)
    try expectClean(path)
  }
}
