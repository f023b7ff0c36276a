// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@testable import FAT32

@Suite struct LongNameTests {
  @Test(
    arguments: [
      // The example of the specification's section on long names.
      (name: "THEQUI~1FOX", checksum: 0x07),
      (name: "README  TXT", checksum: 0x73),
      (name: "CONFIG  TXT", checksum: 0x39),
    ] as [(name: String, checksum: UInt8)])
  func `the checksum rotates and adds`(name: String, checksum: UInt8) {
    #expect(ShortName(padding: Array(name.utf8)).checksum == checksum)
  }

  @Test func `a name is cut into parts of thirteen, the last first`() {
    // The specification's example: "The quick brown.fox", 19 characters.
    let name = LongName(Array("The quick brown.fox".utf8))
    #expect(name.slotCount == 2)
    #expect(
      encoded(32) { name.encode(slot: 0, checksum: 0x07, into: &$0) } == [
        0x42, 0x77, 0, 0x6E, 0, 0x2E, 0, 0x66, 0, 0x6F, 0, 0x0F, 0, 0x07, 0x78, 0, 0, 0, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
      ])
    #expect(
      encoded(32) { name.encode(slot: 1, checksum: 0x07, into: &$0) } == [
        0x01, 0x54, 0, 0x68, 0, 0x65, 0, 0x20, 0, 0x71, 0, 0x0F, 0, 0x07, 0x75, 0, 0x69, 0, 0x63, 0, 0x6B, 0,
        0x20, 0,
        0x62, 0, 0, 0, 0x72, 0, 0x6F, 0,
      ])
  }

  @Test func `a name that fills its last part has no end mark`() {
    let slot = encoded(32) { LongName(Array("thirteenunits".utf8)).encode(slot: 0, checksum: 1, into: &$0) }
    #expect(slot[0] == 0x41)
    #expect(Array(slot[28..<32]) == [0x74, 0, 0x73, 0])
  }

  @Test(arguments: [
    "a", "twelve units", "thirteenunits", "fourteen units", "Ünï 🏔.txt", String(repeating: "x", count: 255),
  ])
  func `what was written is read`(text: String) throws {
    let name = LongName(Array(text.utf8))
    #expect(name.units == Array(text.utf16))
    let parts = try (0..<name.slotCount).map { index in
      let slot = encoded(32) { name.encode(slot: index, checksum: 77, into: &$0) }
      return try LongName.Part(decoding: slot.span.bytes)
    }
    #expect(try LongName(parts, checksum: 77) == name)
    #expect(throws: FAT32Error.damaged(.longName, field: "LDIR_Chksum", found: 77)) {
      try LongName(parts, checksum: 78)
    }
    if parts.count > 1 {
      #expect(throws: FAT32Error.self) { try LongName(parts.dropLast(), checksum: 77) }
      #expect(throws: FAT32Error.self) { try LongName(parts.reversed(), checksum: 77) }
    }
  }

  @Test(
    arguments: [
      ("LDIR_Ord", 0, 0x40), ("LDIR_Ord", 0, 0x55), ("LDIR_Attr", 11, 0x20), ("LDIR_Type", 12, 1),
      ("LDIR_FstClusLO", 26, 1), ("LDIR_Name", 1, 0x00), ("LDIR_Name", 18, 0x41), ("LDIR_Name", 0, 0x01),
    ] as [(String, Int, UInt8)])
  func `each damage is named`(field: String, offset: Int, byte: UInt8) {
    var slot = encoded(32) { LongName(Array("sixsix".utf8)).encode(slot: 0, checksum: 1, into: &$0) }
    slot[offset] = byte
    do {
      _ = try LongName.Part(decoding: slot.span.bytes)
      Issue.record("the damage passes")
    } catch .damaged(.longName, let name, _) {
      #expect(name == field)
    } catch {
      Issue.record(error)
    }
  }

  @Test(
    arguments: [
      (Array("a?b".utf8), .illegalCharacter("?")), (Array("a:b".utf8), .illegalCharacter(":")),
      (Array("\"".utf8), .illegalCharacter("\"")), (Array("a\\b".utf8), .illegalCharacter("\\")),
      (Array("a|<>*".utf8), .illegalCharacter("|")), (Array("a\u{FFFF}".utf8), .illegalCharacter("\u{FFFF}")),
      (Array("tab\t".utf8), .controlCharacter("\t")), (Array("dot.".utf8), .endsWith(".")),
      (Array("space ".utf8), .endsWith(" ")), ([0x66, 0xFC, 0x72], .notUTF8), ([0xED, 0xA0, 0x80], .notUTF8),
      ([UInt8](repeating: 0x61, count: 256), .tooLong(unitCount: 256)),
      (Array(String(repeating: "🪨", count: 128).utf8), .tooLong(unitCount: 256)),
    ] as [([UInt8], Problem.NameFault)])
  func `names that FAT can't hold are told with the reason`(name: [UInt8], fault: Problem.NameFault) {
    #expect(throws: fault) { try LongName.unitCount(checking: name[...]) }
  }

  @Test(arguments: [
    "a+b,c;d=[e]", ".hidden", " x", "é", "{braces}'s & 100% $#@!^`~-_()", "DEL\u{7F}",
  ])
  func `names that only programs refuse pass`(name: String) throws {
    #expect(try LongName.unitCount(checking: Array(name.utf8)[...]) == name.utf16.count)
  }

  @Test func `names are the same but for case`() {
    func folded(_ name: String) -> [UInt8] { LongName.folded(Array(name.utf8)) }
    #expect(folded("Grüße.TXT") == folded("GRÜßE.txt"))
    #expect(folded("ǅ") == folded("ǆ"))
    #expect(folded("straße") != folded("STRASSE"))
    #expect(folded("é") != folded("e\u{301}"))
    #expect(folded("𐐀") != folded("𐐨"))
  }
}
