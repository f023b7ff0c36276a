// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import TestSupport
import Testing

@testable import FAT32

/// Each way in which a volume can fail its reader, planted by hand.
@Suite struct VolumeReaderDamageTests {
  private let volume: SampleVolume

  /// Clusters: 2 the root, 3 to 6 FILE, 7 and 8 DIR/INNER, 9 LAST, 10 DIR, 11 DIR/SUB.
  init() throws {
    volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("FILE", sampleBytes(2000))
    try writer.add("DIR/INNER", sampleBytes(1000))
    try writer.add(.directory("DIR/SUB"))
    try writer.add("LAST", [1])
    try writer.finish()
  }

  /// In the root stand the label, FILE, DIR and LAST; in DIR ".", "..", INNER and SUB.
  private func slot(_ index: UInt64, inCluster cluster: UInt32 = 2) -> UInt64 {
    volume.geometry.offset(ofCluster: cluster) + index * 32
  }

  /// Reads the whole volume, on beyond errors.
  private func read() throws -> (paths: [String], errors: [FAT32Error]) {
    var reader = try VolumeReader(volume.memory)
    var paths: [String] = []
    var errors: [FAT32Error] = []
    while true {
      do throws(FAT32Error) {
        guard let entry = try reader.next() else { return (paths, errors) }
        _ = try reader.restOfContent()
        paths.append(entry.path.description)
      } catch { errors.append(error) }
      guard errors.count < 100 else { return (paths, errors) }
    }
  }

  private func expect(
    _ path: StaticString, _ damage: Damage, rest: [String], location: SourceLocation = #_sourceLocation
  ) throws {
    let (paths, errors) = try read()
    #expect(errors == [.unreadable(EntryPath(path), damage)], sourceLocation: location)
    #expect(paths == rest, sourceLocation: location)
  }

  @Test func `an undamaged volume is read`() throws {
    let (paths, errors) = try read()
    #expect(errors == [])
    #expect(paths == ["FILE", "DIR", "DIR/INNER", "DIR/SUB", "LAST"])
  }

  private let allButFile = ["DIR", "DIR/INNER", "DIR/SUB", "LAST"]

  @Test func `a file on no cluster`() throws {
    try volume.store([0, 0], at: slot(1) + 26)
    try expect("FILE", .noSuchCluster(0, after: nil), rest: allButFile)
    try volume.store([1, 0], at: slot(1) + 26)
    try expect("FILE", .noSuchCluster(1, after: nil), rest: allButFile)
    // 65,541 clusters from 2 on: the last one is 65,542.
    try volume.store([0x07, 0], at: slot(1) + 26)
    try volume.store([0x01, 0], at: slot(1) + 20)
    try expect("FILE", .noSuchCluster(65_543, after: nil), rest: allButFile)
  }

  @Test func `a chain that leaves the volume`() throws {
    try volume.link(4, to: 65_543)
    try expect("FILE", .noSuchCluster(65_543, after: 4), rest: allButFile)
    try volume.link(4, to: 1)
    try expect("FILE", .noSuchCluster(1, after: 4), rest: allButFile)
  }

  @Test func `the last cluster of the volume is one`() throws {
    try volume.link(5, to: 65_542)
    try volume.link(65_542, to: 0x0FFF_FFFF)
    #expect(try read().errors == [])
  }

  @Test func `free and bad clusters in a chain`() throws {
    try volume.link(5, to: 0)
    try expect("FILE", .freeCluster(5), rest: allButFile)
    try volume.link(5, to: 0x0FFF_FFF7)
    try expect("FILE", .badCluster(5), rest: allButFile)
    // The upper four bits are no part of the number.
    try volume.link(5, to: 0xF000_0006)
    #expect(try read().errors == [])
  }

  @Test func `chains that go round in a circle`() throws {
    try volume.link(3, to: 3)
    try expect("FILE", .loop(3), rest: allButFile)
    try volume.link(3, to: 4)
    // Only behind the last byte: it shows that a cluster has come twice.
    try volume.link(6, to: 5)
    try expect("FILE", .loop(6), rest: allButFile)
  }

  @Test func `a chain that is too short`() throws {
    try volume.link(4, to: 0x0FFF_FFF8)
    try expect("FILE", .chainTooShort(lastCluster: 4, missingByteCount: 2000 - 1024), rest: allButFile)
  }

  @Test func `what can still be read of a damaged file is`() throws {
    try volume.link(4, to: 0)
    var reader = try VolumeReader(volume.memory)
    #expect(try reader.read("FILE", at: 0, 1024) == Array(sampleBytes(2000).prefix(1024)))
    #expect(throws: FAT32Error.unreadable(EntryPath("FILE"), .freeCluster(4))) {
      try reader.read("FILE", at: 0, 1025)
    }
  }

  @Test func `a directory on no cluster`() throws {
    try volume.store([0, 0], at: slot(2) + 26)
    try expect("DIR", .noSuchCluster(0, after: nil), rest: ["FILE", "LAST"])
  }

  @Test func `a directory that holds itself or one above`() throws {
    // SUB is DIR.
    try volume.store([10, 0], at: slot(3, inCluster: 10) + 26)
    try expect("DIR/SUB", .sharedCluster(10), rest: ["FILE", "DIR", "DIR/INNER", "DIR/SUB", "LAST"])
    // SUB is the root.
    try volume.store([2, 0], at: slot(3, inCluster: 10) + 26)
    try expect("DIR/SUB", .sharedCluster(2), rest: ["FILE", "DIR", "DIR/INNER", "DIR/SUB", "LAST"])
    var reader = try VolumeReader(volume.memory)
    #expect(try reader.item(at: "DIR/SUB/DIR/SUB/FILE").size == 2000)
  }

  @Test func `a directory that goes on in another one`() throws {
    // All sixteen entries of DIR's cluster are in use.
    let entry = volume.bytes(slot(2, inCluster: 10), 32)
    for index in 4..<16 as Range<UInt64> { try volume.store(entry, at: slot(index, inCluster: 10)) }
    try volume.link(10, to: 11)
    let (paths, errors) = try read()
    #expect(errors == [.unreadable(EntryPath("DIR"), .sharedCluster(11))])
    #expect(paths.count == 5 + 12)
  }

  @Test func `a root directory that ends in nothing can still be opened`() throws {
    try volume.link(2, to: 0)
    let entry = volume.bytes(slot(1), 32)
    for index in [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as [UInt64] {
      try volume.store(entry, at: slot(index))
    }
    var reader = try VolumeReader(volume.memory)
    // The boot sector's.
    #expect(reader.label == "ALPINE")
    #expect(throws: FAT32Error.unreadable(.root, .freeCluster(2))) { try reader.items(in: reader.root) }
    #expect(try read().errors == [.unreadable(.root, .freeCluster(2))])
  }

  @Test func `a directory that goes round in a circle`() throws {
    let entry = volume.bytes(slot(2, inCluster: 10), 32)
    for index in 4..<16 as Range<UInt64> { try volume.store(entry, at: slot(index, inCluster: 10)) }
    try volume.link(10, to: 10)
    #expect(try read().errors == [.unreadable(EntryPath("DIR"), .loop(10))])
    try volume.link(10, to: 0)
    #expect(try read().errors == [.unreadable(EntryPath("DIR"), .freeCluster(10))])
    try volume.link(10, to: 0x0FFF_FFFF)
    #expect(try read().errors == [])
  }

  @Test func `a directory beyond 2 MiB`() throws {
    // 4,097 clusters full of deleted entries.
    let first: UInt32 = 1000
    let deleted = [UInt8](repeating: 0xE5, count: 4097 * 512)
    try volume.store(deleted, at: volume.geometry.offset(ofCluster: first))
    for cluster in first..<first + 4096 { try volume.link(cluster, to: cluster + 1) }
    try volume.link(first + 4096, to: 0x0FFF_FFFF)
    try volume.store([0xE8, 0x03], at: slot(3, inCluster: 10) + 26)
    try expect("DIR/SUB", .directoryTooLarge, rest: ["FILE", "DIR", "DIR/INNER", "DIR/SUB", "LAST"])
    try volume.link(first + 4095, to: 0x0FFF_FFFF)
    #expect(try read().errors == [])
  }

  @Test func `directories that lie too deep`() throws {
    // Each holds the next one, from cluster 1,000 on.
    var entry = volume.bytes(slot(3, inCluster: 10), 32)
    try volume.store([0xE8, 0x03], at: slot(3, inCluster: 10) + 26)
    for cluster in 1000..<3100 as Range<UInt32> {
      (entry[26], entry[27]) = (UInt8((cluster + 1) & 255), UInt8((cluster + 1) >> 8))
      try volume.store(
        entry + [UInt8](repeating: 0, count: 32), at: volume.geometry.offset(ofCluster: cluster))
      try volume.link(cluster, to: 0x0FFF_FFFF)
    }
    let (paths, errors) = try read()
    // The root, DIR and 2,046 below it are open at once.
    // Before them FILE and DIR/INNER, behind them LAST; the deepest is none.
    #expect(paths.count == 2047 + 3)
    let deepest = try EntryPath(sample: "DIR" + String(repeating: "/SUB", count: 2047))
    #expect(errors == [.unreadable(deepest, .tooDeep)])
  }

  @Test(arguments: [[0x41, 0x2F], [0x41, 0x00], [0x2E, 0x20, 0x41], [0x20, 0x20]] as [[UInt8]])
  func `names that no path can have`(name: [UInt8]) throws {
    let padded = name.count == 3 ? Array("..         ".utf8) : name + Array(repeating: 0x20, count: 9)
    try volume.store(padded, at: slot(1))
    if name.count == 3 {
      // ".." is no name of anything, but the way up.
      #expect(try read().paths == allButFile)
    } else {
      try expect("", .illegalName(offset: slot(1)), rest: allButFile)
      var reader = try VolumeReader(volume.memory)
      #expect(try reader.item(at: "DIR/INNER").size == 1000)
    }
  }

  @Test func `a volume that was cut off`() throws {
    let slice = try TargetSlice(of: volume.memory, range: 0..<volume.memory.size - 512)
    #expect(throws: FAT32Error.truncated(volumeSize: 66_599 * 512, targetSize: 66_598 * 512)) {
      _ = try VolumeReader(slice)
    }
  }

  @Test func `a target that is smaller than a sector`() throws {
    #expect(throws: FAT32Error.target(.outOfBounds(offset: 0, byteCount: 512, size: 100))) {
      _ = try VolumeReader(MemoryTarget(byteCount: 100))
    }
  }

  @Test(
    arguments: [
      ("Signature_word", 510, [0]), ("BPB_BytsPerSec", 11, [0xFF, 1]), ("BPB_SecPerClus", 13, [0]),
      ("BPB_SecPerClus", 13, [12]), ("BPB_RsvdSecCnt", 14, [0, 0]), ("BPB_NumFATs", 16, [0]),
      ("BPB_FATSz16", 22, [9]), ("BPB_TotSec32", 32, [0, 1, 0, 0]),
      ("BPB_TotSec32", 36, [0xFF, 0xFF, 0xFF, 0xFF]),
      ("BPB_FATSz32", 36, [0, 0]), ("BPB_FSVer", 42, [1]), ("BPB_RootClus", 44, [1]),
      ("BPB_RootClus", 44, [0x07, 0, 1, 0]), ("BPB_ExtFlags", 40, [0x82]),
    ] as [(String, Int, [UInt8])])
  func `a boot sector that describes no volume`(field: String, offset: Int, bytes: [UInt8]) throws {
    try volume.store(bytes, at: UInt64(offset))
    do {
      _ = try VolumeReader(volume.memory)
      Issue.record("the damage passes")
    } catch FAT32Error.damaged(.bootSector, let found, _) {
      #expect(found == field)
    }
  }

  @Test func `what does not matter to reading may be wrong`() throws {
    // The jump, the media byte, the boot signature, a count of 16 bits beside that of 32, a FAT that is too short.
    for (offset, bytes) in [
      (0, [0, 0, 0]), (21, [0x11]), (66, [0]), (48, [0xFF, 0xFF]), (50, [0xFF, 0xFF]), (64, [0]),
    ] as [(Int, [UInt8])] {
      try volume.store(bytes, at: UInt64(offset))
    }
    #expect(try read().errors == [])
  }

  @Test func `each damage is said in a line`() {
    let damages: [Damage] = [
      .noSuchCluster(7, after: nil), .noSuchCluster(7, after: 3), .freeCluster(7), .badCluster(7), .loop(7),
      .chainTooShort(lastCluster: 7, missingByteCount: 3), .directoryTooLarge, .sharedCluster(7), .tooDeep,
      .illegalName(offset: 7),
    ]
    let lines = damages.map { FAT32Error.unreadable(EntryPath("a/b"), $0).description }
    #expect(Set(lines).count == damages.count)
    #expect(lines[0] == "a/b: begins at cluster 7, which the volume does not have; the volume is damaged")
    #expect(
      lines.allSatisfy {
        $0.hasPrefix("a/b: ") && $0.hasSuffix("; the volume is damaged") && !$0.contains("\n")
      })
  }
}
