// SPDX-License-Identifier: Apache-2.0
import Blocks
import TestSupport
import Testing

@testable import FAT32

@Suite struct BootSectorTests {
  private static func bootSector() throws -> BootSector {
    let geometry = try Geometry(volumeSize: 512 << 20, hiddenSectorCount: 8192)
    return BootSector(geometry, label: try VolumeLabel("Alpine"), volumeID: 0x1234_ABCD)
  }

  @Test(
    arguments: [
      (field: "BS_jmpBoot", offset: 0, bytes: [0xEB, 0x58, 0x90]),
      (field: "BS_OEMName", offset: 3, bytes: Array("MSWIN4.1".utf8)),
      (field: "BPB_BytsPerSec", offset: 11, bytes: [0x00, 0x02]),
      (field: "BPB_SecPerClus", offset: 13, bytes: [8]),
      (field: "BPB_RsvdSecCnt", offset: 14, bytes: [0x0E, 0x18]),
      (field: "BPB_NumFATs", offset: 16, bytes: [2]),
      (field: "BPB_RootEntCnt", offset: 17, bytes: [0, 0]),
      (field: "BPB_TotSec16", offset: 19, bytes: [0, 0]),
      (field: "BPB_Media", offset: 21, bytes: [0xF8]),
      (field: "BPB_FATSz16", offset: 22, bytes: [0, 0]),
      (field: "BPB_SecPerTrk", offset: 24, bytes: [63, 0]),
      (field: "BPB_NumHeads", offset: 26, bytes: [255, 0]),
      (field: "BPB_HiddSec", offset: 28, bytes: [0x00, 0x20, 0x00, 0x00]),
      (field: "BPB_TotSec32", offset: 32, bytes: [0x00, 0x00, 0x10, 0x00]),
      (field: "BPB_FATSz32", offset: 36, bytes: [0xF9, 0x03, 0x00, 0x00]),
      (field: "BPB_ExtFlags", offset: 40, bytes: [0, 0]),
      (field: "BPB_FSVer", offset: 42, bytes: [0, 0]),
      (field: "BPB_RootClus", offset: 44, bytes: [2, 0, 0, 0]),
      (field: "BPB_FSInfo", offset: 48, bytes: [1, 0]),
      (field: "BPB_BkBootSec", offset: 50, bytes: [6, 0]),
      (field: "BPB_Reserved", offset: 52, bytes: [UInt8](repeating: 0, count: 12)),
      (field: "BS_DrvNum", offset: 64, bytes: [0x80]),
      (field: "BS_Reserved1", offset: 65, bytes: [0]),
      (field: "BS_BootSig", offset: 66, bytes: [0x29]),
      (field: "BS_VolID", offset: 67, bytes: [0xCD, 0xAB, 0x34, 0x12]),
      (field: "BS_VolLab", offset: 71, bytes: Array("ALPINE     ".utf8)),
      (field: "BS_FilSysType", offset: 82, bytes: Array("FAT32   ".utf8)),
      (field: "Signature_word", offset: 510, bytes: [0x55, 0xAA]),
    ] as [(field: String, offset: Int, bytes: [UInt8])])
  func `each field is at its offset`(field: String, offset: Int, bytes: [UInt8]) throws {
    let sector = encoded(512, try Self.bootSector().encode)
    #expect(Array(sector[offset..<offset + bytes.count]) == bytes, "\(field)")
  }

  @Test func `what was written is read`() throws {
    let bootSector = try Self.bootSector()
    #expect(try BootSector(decoding: encoded(512, bootSector.encode).span.bytes) == bootSector)
    #expect(bootSector.clusterCount == 130_048)
  }

  @Test(
    arguments: [
      ("Signature_word", 510, 0x54), ("BS_jmpBoot", 0, 0x00), ("BPB_BytsPerSec", 12, 0x08),
      ("BPB_SecPerClus", 13, 0),
      ("BPB_SecPerClus", 13, 12), ("BPB_NumFATs", 16, 0), ("BPB_NumFATs", 16, 3), ("BPB_RootEntCnt", 18, 2),
      ("BPB_TotSec16", 19, 1), ("BPB_Media", 21, 0xF1), ("BPB_FATSz16", 22, 9), ("BPB_TotSec32", 34, 0x01),
      ("BPB_FATSz32", 36, 0xF8), ("BPB_FSVer", 42, 1), ("BPB_RootClus", 44, 1), ("BPB_RootClus", 47, 1),
      ("BPB_FSInfo", 48, 0), ("BPB_FSInfo", 49, 0x20), ("BPB_BkBootSec", 51, 0x20), ("BS_BootSig", 66, 0x28),
    ] as [(String, Int, UInt8)])
  func `each damage is named`(field: String, offset: Int, byte: UInt8) throws {
    var sector = encoded(512, try Self.bootSector().encode)
    sector[offset] = byte
    do {
      _ = try BootSector(decoding: sector.span.bytes)
      Issue.record("the damage passes")
    } catch .damaged(let structure, let name, _) {
      #expect(structure == .bootSector)
      #expect(name == field)
    } catch {
      Issue.record(error)
    }
  }

  @Test func `a volume without reserved sectors is damaged`() throws {
    var sector = encoded(512, try Self.bootSector().encode)
    sector.replaceSubrange(14..<16, with: [0, 0])
    #expect(throws: FAT32Error.damaged(.bootSector, field: "BPB_RsvdSecCnt", found: 0)) {
      try BootSector(decoding: sector.span.bytes)
    }
  }

  @Test func `no random sector makes the decoder trap`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(state: seed)
    for _ in 0..<2000 {
      guard var sector = try? encoded(512, Self.bootSector().encode) else { return }
      for _ in 0..<3 { sector[Int(generator.next() % 90)] = UInt8(truncatingIfNeeded: generator.next()) }
      if let bootSector = try? BootSector(decoding: sector.span.bytes) {
        #expect((bootSector.clusterCount ?? 0) >= 65_525, "seed \(seed)")
      }
    }
  }

  @Test func `both boot records stand before the FATs`() throws {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    try writer.add("file", sampleBytes(1025))
    try writer.finish()
    let sectors = volume.bytes(0, 32 * 512)
    #expect(sectors[0..<1536] == sectors[3072..<4608])
    let bootSector = try BootSector(decoding: sectors.span.bytes.extracting(0..<512))
    #expect(bootSector.hiddenSectorCount == 2048)
    #expect(bootSector.clusterCount == 65_541)
    let info = try FSInfo(
      decoding: sectors.span.bytes.extracting(512..<1024), clusterCount: volume.geometry.clusterCount)
    #expect(info == FSInfo(freeClusterCount: 65_541 - 4, nextFreeCluster: 5))
    #expect(sectors[1024..<1534].allSatisfy { $0 == 0 } && Array(sectors[1534..<1536]) == [0x55, 0xAA])
    #expect(sectors[1536..<3072].allSatisfy { $0 == 0 })
    #expect(sectors[4608...].allSatisfy { $0 == 0 })
  }
}

/// Numbers that look random and that a seed decides.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
