// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Testing

@testable import FAT32

@Suite struct DirectoryEntryTests {
  /// 1995-08-24 09:30:13.99.
  private static let time = DateTime(Timestamp(seconds: 809_256_613, nanoseconds: 990_000_000))
  private static let name = ShortName(padding: Array("README  TXT".utf8))
  private static let file = DirectoryEntry.file(
    name, firstCluster: 0x0012_3456, size: 0x0A0B_0C0D, time: time)

  @Test func `a file's entry has the specification's bytes`() {
    #expect(
      encoded(32, Self.file.encode) == Array("README  TXT".utf8) + [
        0x20, 0x00, 199, 0xC6, 0x4B, 0x18, 0x1F, 0x18, 0x1F, 0x12, 0x00, 0xC6, 0x4B, 0x18, 0x1F, 0x56, 0x34,
        0x0D,
        0x0C, 0x0B, 0x0A,
      ])
  }

  @Test func `the label's entry has a time of the last write only`() throws {
    let label = DirectoryEntry.label(try VolumeLabel("ALPINE"), time: Self.time)
    #expect(
      encoded(32, label.encode) == Array("ALPINE     ".utf8) + [
        0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xC6, 0x4B, 0x18, 0x1F, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test func `what was written is read`() throws {
    let entries = [
      Self.file, .directory(.dotDot, firstCluster: 0, time: Self.time),
      .directory(Self.name, firstCluster: 9, time: .last),
      .label(try VolumeLabel("MY CARD"), time: .first),
    ]
    for entry in entries {
      #expect(try DirectoryEntry(decoding: encoded(32, entry.encode).span.bytes) == entry)
    }
  }

  @Test(
    arguments: [
      ("DIR_Name", 0, 0x20), ("DIR_Name", 0, 0xE5), ("DIR_Name", 0, 0x00), ("DIR_Name", 3, 0x05),
      ("DIR_Name", 1, UInt8(ascii: "e")), ("DIR_Name", 2, UInt8(ascii: ".")),
      ("DIR_Name", 10, UInt8(ascii: "*")),
      ("DIR_Attr", 11, 0x40), ("DIR_Attr", 11, 0x0F), ("DIR_FileSize", 11, 0x10), ("DIR_CrtDate", 13, 200),
      ("DIR_CrtDate", 16, 0x00), ("DIR_CrtDate", 15, 0xC0), ("DIR_WrtDate", 24, 0x00),
      ("DIR_WrtDate", 22, 0x1F),
      ("DIR_FstClus", 21, 0x10),
    ] as [(String, Int, UInt8)])
  func `each damage is named`(field: String, offset: Int, byte: UInt8) {
    var slot = encoded(32, Self.file.encode)
    slot[offset] = byte
    do {
      _ = try DirectoryEntry(decoding: slot.span.bytes)
      Issue.record("the damage passes")
    } catch .damaged(.directoryEntry, let name, _) {
      #expect(name == field)
    } catch {
      Issue.record(error)
    }
  }
}
