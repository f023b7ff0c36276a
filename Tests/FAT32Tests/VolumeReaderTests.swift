// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct VolumeReaderTests {
  private static let canMake =
    mkfs.isInstalled && mcopy.isInstalled && mmd.isInstalled && mattrib.isInstalled

  /// A volume made by mkfs.fat and filled by the mtools.
  private func foreignVolume(
    in scratch: TemporaryDirectory, _ options: [String] = [], kiB: Int = 40_000,
    files: [(path: String, bytes: [UInt8])] = [], directories: [String] = []
  ) throws -> String {
    let image = scratch.path("foreign.img")
    let made = try mkfs.run(["-C", "-F", "32", "-i", "CAFE0123"] + options + [image, "\(kiB)"])
    #expect(made.status == 0, "\(made.errors)")
    for directory in directories {
      let result = try mmd.run(["-i", image, "::\(directory)"], environment: ["LC_ALL": "C.UTF-8"])
      #expect(result.status == 0, "\(result.errors)")
    }
    for file in files {
      let url = scratch.url.appendingPathComponent("source")
      try Data(file.bytes).write(to: url)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1_700_000_001)], ofItemAtPath: url.path)
      let result = try mcopy.run(
        ["-m", "-i", image, url.path, "::\(file.path)"], environment: ["LC_ALL": "C.UTF-8"])
      #expect(result.status == 0, "\(result.errors)")
    }
    return image
  }

  @Test(.enabled(if: canMake)) func `names of every kind are read as the mtools wrote them`() throws {
    let scratch = try TemporaryDirectory()
    let files: [(path: String, bytes: [UInt8])] = [
      ("UPPER.TXT", sampleBytes(1, seed: 1)),
      ("lower.txt", sampleBytes(511, seed: 2)),
      ("BASE.ext", sampleBytes(512, seed: 3)),
      ("other.EXT", sampleBytes(513, seed: 4)),
      ("NOSUFFIX", sampleBytes(70_000, seed: 5)),
      ("A long name with spaces.text", sampleBytes(600_000, seed: 6)),
      ("Grüße aus Łódź.txt", sampleBytes(99, seed: 7)),
      ("日本語/ファイル.dat", sampleBytes(98, seed: 8)),
      ("日本語/" + String(repeating: "n", count: 250) + ".txt", sampleBytes(97, seed: 9)),
      ("empty", []),
      ("thirteenunits", sampleBytes(96, seed: 10)),
    ]
    let image = try foreignVolume(in: scratch, ["-n", "FOREIGN"], files: files, directories: ["日本語", "SUB"])
    var reader = try VolumeReader(ReadOnlyFile(path: image))
    #expect(reader.label == "FOREIGN")
    #expect(reader.volumeID == 0xCAFE_0123)
    let read = try reader.readAll()
    #expect(Set(read.map(\.path)) == Set(files.map(\.path) + ["日本語", "SUB"]))
    for file in files {
      let found = try #require(read.first { $0.path == file.path })
      #expect(found.bytes == file.bytes, "\(file.path)")
      #expect(found.entry.mode == 0o644)
      #expect(found.entry.owner == .root)
      // The mtools round the second away.
      #expect(found.entry.modificationTime == Timestamp(seconds: 1_700_000_000))
    }
    let directory = try #require(read.first { $0.path == "SUB" })
    #expect(directory.entry.kind == .directory && directory.entry.mode == 0o755)
    for (path, shortName) in [
      ("lower.txt", "LOWER.TXT"), ("BASE.ext", "BASE.EXT"), ("thirteenunits", "THIRTE~1"),
      ("A long name with spaces.text", "ALONGN~1.TEX"),
    ] {
      let item = try reader.item(at: path)
      #expect(item.shortName == shortName)
      #expect(try reader.item(at: shortName) == item)
      #expect(try reader.item(at: shortName.lowercased()) == item)
      #expect(try reader.item(at: path.uppercased()) == item)
    }
    #expect(try reader.item(at: "日本語/ファイル.DAT").path == EntryPath(sample: "日本語/ファイル.dat"))
  }

  @Test(.enabled(if: canMake)) func `the case of a short name is kept in two bits`() throws {
    let scratch = try TemporaryDirectory()
    let image = try foreignVolume(
      in: scratch, files: [("lower.txt", []), ("BASE.ext", []), ("other.EXT", [])])
    var reader = try VolumeReader(ReadOnlyFile(path: image))
    let items = try reader.items(in: reader.root)
    #expect(items.map { $0.path.description } == ["lower.txt", "BASE.ext", "other.EXT"])
    // No long names in between: 32 bytes each, and the bits in the thirteenth of them.
    let start = try #require(items[0].offset)
    #expect(items.map(\.offset) == [start, start + 32, start + 64])
    var slots = AlignedBuffer(byteCount: 96)
    var bytes = slots.mutableBytes
    try ReadOnlyFile(path: image).read(into: &bytes, at: start)
    #expect([12, 44, 76].map { bytes.load(UInt8.self, at: $0) } == [0x18, 0x10, 0x08])
  }

  @Test(.enabled(if: canMake)) func `attributes come as mattrib sets them`() throws {
    let scratch = try TemporaryDirectory()
    let image = try foreignVolume(
      in: scratch, files: [("plain", []), ("locked", [1]), ("secret", [])], directories: ["frozen"])
    for arguments in [["+r", "::locked"], ["+h", "+s", "-a", "::secret"], ["+r", "::frozen"]] {
      #expect(try mattrib.run(["-i", image] + arguments).status == 0)
    }
    var reader = try VolumeReader(ReadOnlyFile(path: image))
    let items = try reader.items(in: reader.root)
    #expect(
      Dictionary(uniqueKeysWithValues: items.map { ($0.path.description, $0.attributes) }) == [
        "plain": .archive, "locked": [.archive, .readOnly], "secret": [.hidden, .system],
        "frozen": [.directory, .readOnly],
      ])
    let modes = try reader.readAll().map { ($0.path, $0.entry.mode) }
    #expect(
      Dictionary(uniqueKeysWithValues: modes) == [
        "plain": 0o644, "locked": 0o444, "secret": 0o644, "frozen": 0o555,
      ])
  }

  /// Clusters from 512 bytes to 64 KiB, and the copies of the FAT.
  @Test(
    .enabled(if: canMake),
    arguments: [(1, 2, 40_000), (1, 1, 40_000), (8, 2, 300_000), (128, 1, 4_400_000)])
  func `every size of clusters is read`(sectorsPerCluster: Int, fatCount: UInt32, kiB: Int) throws {
    let scratch = try TemporaryDirectory()
    let names = (0..<70).map { "directory/file with a long name \($0)" }
    let files = names.enumerated().map { (path: $1, bytes: sampleBytes($0 * 3001, seed: $0)) }
    let image = try foreignVolume(
      in: scratch, ["-s", "\(sectorsPerCluster)", "-f", "\(fatCount)"], kiB: kiB, files: files,
      directories: ["directory"])
    var reader = try VolumeReader(ReadOnlyFile(path: image))
    #expect(reader.geometry.clusterSize == UInt64(sectorsPerCluster) * 512)
    #expect(reader.geometry.fatCount == fatCount)
    #expect(reader.label == nil)
    let read = try reader.readAll()
    #expect(read.dropFirst().map(\.path) == names)
    for (file, other) in zip(read.dropFirst(), files) { #expect((file.bytes == other.bytes) == true) }
  }

  /// The specification calls them FAT16; mkfs.fat makes them when told to, and Linux reads them.
  @Test(.enabled(if: mkfs.isInstalled), arguments: [(128, 40_000, 622), (2, 9_000, 8_906)])
  func `so few clusters that they aren't FAT32 are read`(
    sectorsPerCluster: Int, kiB: Int, clusterCount: UInt32
  )
    throws
  {
    let scratch = try TemporaryDirectory()
    let image = try foreignVolume(in: scratch, ["-s", "\(sectorsPerCluster)", "-n", "SMALL"], kiB: kiB)
    var reader = try VolumeReader(ReadOnlyFile(path: image))
    #expect(reader.label == "SMALL")
    #expect(reader.geometry.clusterCount == clusterCount)
    #expect(try reader.next() == nil)
  }

  @Test(.enabled(if: canMake)) func `other sizes of sectors are refused`() throws {
    let scratch = try TemporaryDirectory()
    let image = try foreignVolume(in: scratch, ["-S", "4096"], kiB: 300_000)
    #expect(throws: FAT32Error.sectorSize(4096)) { _ = try VolumeReader(ReadOnlyFile(path: image)) }
    #expect(FAT32Error.sectorSize(4096).description.contains("sectors of 4096 bytes"))
  }

  @Test(.enabled(if: mkfs.isInstalled), arguments: [("12", 2_000), ("16", 20_000)])
  func `other kinds of FAT are refused`(kind: String, kiB: Int) throws {
    let scratch = try TemporaryDirectory()
    let image = scratch.path("other.img")
    #expect(try mkfs.run("-C", "-F", kind, image, "\(kiB)").status == 0)
    do {
      _ = try VolumeReader(ReadOnlyFile(path: image))
      Issue.record("it is taken for FAT32")
    } catch FAT32Error.damaged(.bootSector, field: "BPB_FATSz16", _) {}
  }
}

// Volumes of our own.
extension VolumeReaderTests {
  @Test func `what the writer says of the volume is read back`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("file", sampleBytes(1025))
    try writer.finish()
    let reader = try VolumeReader(volume.memory)
    #expect(reader.label == "ALPINE")
    #expect(reader.volumeID == 0x1234_ABCD)
    #expect(reader.freeClusterCount == 65_537)
    #expect(reader.geometry.sectorCount == 66_599)
    #expect(reader.geometry.hiddenSectorCount == 2048)
    #expect(reader.geometry.clusterCount == 65_541)
    #expect(reader.geometry.fatCount == 2)
    #expect(reader.geometry.dataOffset == volume.geometry.dataOffset)
  }

  @Test func `directories come before what is in them, in the order of the volume`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    for path in ["z/b", "a", "z/y/x", "z/a", "m/n"] { try writer.add(path, Array(path.utf8)) }
    try writer.finish()
    var reader = try VolumeReader(volume.memory)
    let read = try reader.readAll()
    #expect(read.map(\.path) == ["z", "z/b", "z/y", "z/y/x", "z/a", "a", "m", "m/n"])
    #expect(try reader.next() == nil)
    #expect(read[3].bytes == Array("z/y/x".utf8))
    #expect(try reader.items(in: reader.item(at: "z")).map { $0.path.description } == ["z/b", "z/y", "z/a"])
    #expect(try reader.items(in: reader.item(at: "z/y")).map(\.size) == [5])
  }

  @Test func `a volume lies anywhere in a target, and others behind it`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("dir/file", [1, 2, 3])
    try writer.finish()
    let disk = MemoryTarget(byteCount: 40 << 20)
    let image = volume.memory.contents()
    try disk.write(image.span.bytes, at: 1 << 20)
    var reader = try VolumeReader(TargetSlice(of: disk, range: 1 << 20..<40 << 20))
    #expect(try reader.readAll().map(\.bytes) == [[], [1, 2, 3]])
  }

  @Test func `parts of a file are read, as far as it goes`() throws {
    let volume = try SampleVolume()
    let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    var writer = try volume.writer()
    try writer.add("file", bytes)
    try writer.add("next", [9])
    try writer.finish()
    var reader = try VolumeReader(volume.memory)
    for (offset, count) in [(0, 1), (511, 2), (512, 512), (777, 600_000), (999_999, 1), (0, 1_000_000)] {
      #expect(try reader.read("file", at: UInt64(offset), count) == Array(bytes[offset..<offset + count]))
    }
    #expect(try reader.read("file", at: 999_990, 512) == Array(bytes[999_990...]))
    #expect(try reader.read("file", at: 1_000_000, 512) == [])
    #expect(try reader.read("file", at: .max, 512) == [])
    #expect(try reader.read("file", at: 0, 0) == [])
    #expect(try reader.item(at: "file").size == 1_000_000)
  }

  @Test func `bytes come in pieces of 256 KiB, and those of a skipped file don't`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("first", sampleBytes(600_000))
    try writer.add("second", [7])
    try writer.finish()
    var reader = try VolumeReader(volume.memory)
    _ = try reader.next()
    var counts: [Int] = []
    while true {
      let count = try reader.nextBytes().byteCount
      if count == 0 { break }
      counts.append(count)
    }
    #expect(counts == [262_144, 262_144, 75_712])
    try reader.open(reader.item(at: "first"))
    #expect(try reader.nextBytes().byteCount == 262_144)
    _ = try reader.next()
    #expect(try reader.restOfContent() == [7])
    #expect(try reader.nextBytes().isEmpty)
  }

  @Test func `clusters in any order make a file and a directory`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    let bytes = sampleBytes(6 * 512 - 100, seed: 3)
    try writer.add("file", bytes)  // clusters 3 to 8
    for number in 0..<20 { try writer.add("dir/a long name, number \(number)", [UInt8(number)]) }
    try writer.finish()  // the directory: 62 entries on clusters 29 to 32
    try scatter([3, 4, 5, 6, 7, 8], as: [3, 200, 199, 8, 65_542, 6], on: volume)
    try scatter([29, 30, 31, 32], as: [29, 28, 1000, 31], on: volume)
    var reader = try VolumeReader(volume.memory)
    let read = try reader.readAll()
    #expect(read[0].bytes == bytes)
    #expect(read.dropFirst(2).map(\.bytes) == (0..<20).map { [UInt8($0)] })
    #expect(try reader.read("file", at: 1000, 1500) == Array(bytes[1000..<2500]))
  }

  /// Moves clusters of one chain, the first of which stays, and its bytes with them. Cluster 28, a file's, is taken.
  private func scatter(_ clusters: [UInt32], as others: [UInt32], on volume: SampleVolume) throws {
    let contents = clusters.map { volume.bytes(volume.geometry.offset(ofCluster: $0), 512) }
    let taken = volume.bytes(volume.geometry.offset(ofCluster: 28), 512)
    for (cluster, bytes) in zip(others, contents) {
      try volume.store(bytes, at: volume.geometry.offset(ofCluster: cluster))
    }
    for (cluster, next) in zip(others, others.dropFirst() + [0x0FFF_FFFF]) {
      try volume.link(cluster, to: next)
    }
    if others.contains(28) {
      // The file that was there goes where the directory's second cluster was.
      try volume.store(taken, at: volume.geometry.offset(ofCluster: 30))
      try volume.link(30, to: 0x0FFF_FFFF)
      try moveFirstCluster(from: 28, to: 30, on: volume)
    }
  }

  private func moveFirstCluster(from old: UInt8, to new: UInt8, on volume: SampleVolume) throws {
    for cluster in [29, 28, 1000, 31] as [UInt32] {
      let start = volume.geometry.offset(ofCluster: cluster)
      for slot in 0..<16 as Range<UInt64> {
        let bytes = volume.bytes(start + slot * 32, 32)
        if bytes[11] == 0x20, bytes[26] == old, bytes[27] == 0 {
          try volume.store([new], at: start + slot * 32 + 26)
        }
      }
    }
  }

  @Test func `where mirroring is off, the active FAT counts`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("file", sampleBytes(2000))
    try writer.finish()
    try volume.store([UInt8](repeating: 0, count: 512), at: volume.geometry.fatOffset)
    var broken = try VolumeReader(volume.memory)
    #expect(throws: FAT32Error.unreadable(EntryPath("file"), .freeCluster(3))) { _ = try broken.readAll() }
    try volume.store([0x81, 0], at: 40)
    var reader = try VolumeReader(volume.memory)
    #expect(try reader.readAll().map(\.bytes) == [sampleBytes(2000)])
    try volume.store([0x82, 0], at: 40)
    #expect(throws: FAT32Error.damaged(.bootSector, field: "BPB_ExtFlags", found: 0x82)) {
      _ = try VolumeReader(volume.memory)
    }
  }

  @Test func `bytes above 0x7F in a short name are those of code page 437`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("NAME.TXT", [1])
    try writer.finish()
    // The label's entry is the first, the file's the second.
    let slot = volume.geometry.dataOffset + 32
    for (bytes, caseBits, name) in [
      ([0x8E, 0x9A, 0xE1, 0x20], 0, "ÄÜß.TXT"), ([0x05, 0x41, 0x20, 0x20], 0, "σA.TXT"),
      ([0x8E, 0x42, 0x20, 0x20], 0x18, "äb.txt"), ([0x41, 0x20, 0x42, 0x20], 0x08, "a b.TXT"),
    ] as [([UInt8], UInt8, String)] {
      try volume.store(bytes, at: slot)
      try volume.store([caseBits], at: slot + 12)
      var reader = try VolumeReader(volume.memory)
      #expect(try reader.next()?.path == EntryPath(sample: name))
      #expect(try reader.item(at: name).size == 1)
    }
  }

  @Test func `a long name that is not whole gives way to the short one`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("a name of thirty-one characters", [1])
    try writer.add("other", [2])
    try writer.finish()
    // The label, then three parts and the short name.
    let slot = volume.geometry.dataOffset + 32
    let whole = volume.bytes(slot, 128)
    for (offset, byte) in [
      (13, 0), (45, 0), (0, 0x44), (0, 0x03), (32, 0x01), (32, 0xE5), (12, 1), (1, 0x00), (33, 0xD8),
      (33, 0x2F),
    ] as [(Int, UInt8)] {
      var bytes = whole
      bytes[offset] = byte
      // Half a surrogate pair, and a slash.
      if offset == 33 { bytes[34] = byte == 0xD8 ? 0xD8 : 0 }
      try volume.store(bytes, at: slot)
      var reader = try VolumeReader(volume.memory)
      let names = try reader.readAll().map(\.path)
      #expect(names.last == "other")
      #expect(names.contains("ANAMEO~1"), "byte \(offset): \(names)")
    }
  }

  @Test func `times that are none are nil, and the beginning of 1980 in an entry`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("NAME.TXT", [1])
    try writer.finish()
    var reader = try VolumeReader(volume.memory)
    let item = try reader.item(at: "NAME.TXT")
    #expect(item.creation == Timestamp(seconds: 1_773_500_967, nanoseconds: 250_000_000))
    #expect(item.modification == Timestamp(seconds: 1_773_500_966))
    #expect(item.access == Timestamp(seconds: 1_773_446_400))
    try volume.store([UInt8](repeating: 0, count: 13), at: volume.geometry.dataOffset + 32 + 13)
    reader = try VolumeReader(volume.memory)
    let timeless = try reader.item(at: "NAME.TXT")
    #expect(timeless.creation == nil && timeless.modification == nil && timeless.access == nil)
    #expect(try reader.next()?.modificationTime == Timestamp(seconds: 315_532_800))
  }

  @Test func `what is not there is not found`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("dir/file", [1])
    try writer.finish()
    var reader = try VolumeReader(volume.memory)
    #expect(throws: FAT32Error.notFound(EntryPath("dir/other"))) {
      try reader.item(at: EntryPath("dir/other"))
    }
    #expect(throws: FAT32Error.notADirectory(EntryPath("dir/file"))) {
      try reader.item(at: EntryPath("dir/file/below"))
    }
    #expect(throws: FAT32Error.notADirectory(EntryPath("dir/file"))) {
      try reader.items(in: reader.item(at: EntryPath("dir/file")))
    }
    #expect(try reader.item(at: .root) == reader.root)
    #expect(FAT32Error.notFound(EntryPath("a")).description == "a: no such file or directory on the volume")
  }

  @Test func `the boot sector's label counts where the root has none`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.finish()
    // Deleted from the root.
    try volume.store([0xE5], at: volume.geometry.dataOffset)
    try volume.store(Array("OLD NAME   ".utf8), at: 71)
    #expect(try VolumeReader(volume.memory).label == "OLD NAME")
    try volume.store(Array("NO NAME    ".utf8), at: 71)
    #expect(try VolumeReader(volume.memory).label == nil)
    try volume.store([0x28], at: 66)
    #expect(try VolumeReader(volume.memory).volumeID == 0)
  }

  @Test func `a wrong FSInfo sector is no hint`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.finish()
    try volume.store([0], at: 512)
    #expect(try VolumeReader(volume.memory).freeClusterCount == nil)
    try volume.store([0xFF, 0xFF], at: 48)
    #expect(try VolumeReader(volume.memory).freeClusterCount == nil)
  }
}
