// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import FAT32

@Suite struct VolumeLabelTests {
  @Test(arguments: [
    ("ALPINE", "ALPINE     "), ("alpine rpi", "ALPINE RPI "), ("ELEVENCHARS", "ELEVENCHARS"),
    ("a-b_{c}~", "A-B_{C}~   "),
    ("BOOT  ", "BOOT       "),
  ])
  func `a label is in upper case and filled up with spaces`(text: String, bytes: String) throws {
    #expect(try VolumeLabel(text).name.bytes == Array(bytes.utf8))
  }

  @Test func `a label's text has no filling`() throws {
    #expect(try VolumeLabel("rpi boot ").text == "RPI BOOT")
    #expect(try VolumeLabel("rpi boot ") == VolumeLabel("RPI BOOT"))
  }

  @Test(
    arguments: [
      ("", .empty), ("   ", .empty), ("TWELVE CHARS", .tooLong), (" A", .beginsWithSpace),
      ("A.B", .illegalCharacter(".")),
      ("A/B", .illegalCharacter("/")), ("A+B", .illegalCharacter("+")), ("GRÜN", .illegalCharacter("Ü")),
      ("A\nB", .illegalCharacter("\n")), ("A\u{7F}", .illegalCharacter("\u{7F}")),
    ] as [(String, VolumeLabel.Fault)])
  func `what FAT does not allow is refused`(text: String, fault: VolumeLabel.Fault) {
    #expect(throws: FAT32Error.label(text, fault)) { try VolumeLabel(text) }
  }
}
