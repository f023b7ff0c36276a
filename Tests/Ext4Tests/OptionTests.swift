// SPDX-License-Identifier: Apache-2.0
import Blocks
import Ext4
import Foundation
import TestSupport
import Testing

/// Everything of a format but its features, as dumpe2fs tells it.
@Suite(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.dumpe2fs.isInstalled))
struct OptionTests {
  /// A change to the usual format of 64 MiB, and lines of `dumpe2fs -h` that it makes.
  struct Option: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout Format) throws -> Void
    /// Empty for a line that isn't there.
    let lines: [String: String]

    init(
      _ description: String, _ lines: [String: String],
      _ change: @escaping @Sendable (inout Format) throws -> Void
    ) {
      testDescription = description
      self.lines = lines
      self.change = change
    }
  }

  static let options: [Option] = [
    Option(
      "as usual", ["Inode count": "16384", "Reserved block count": "819", "Total journal blocks": "1024"]
    ) {
      _ in
    },
    Option("2,048 blocks of journal", ["Total journal blocks": "2048"]) { $0.journal = .blocks(2048) },
    Option("no journal", ["Journal inode": "", "Journal features": ""]) {
      $0.journal = .none
    },
    Option("an inode count", ["Inode count": "1008"]) { $0.inodeCount = 1000 },
    Option("an inode count and a ratio", ["Inode count": "32"]) {
      $0.inodeCount = 20
      $0.inodeRatio = 1024
    },
    Option("an inode ratio", ["Inode count": "65536"]) { $0.inodeRatio = 1024 },
    Option("nothing reserved", ["Reserved block count": "0"]) { $0.reservedBlockPercentage = 0 },
    Option("0.25 % reserved", ["Reserved block count": "40"]) {
      $0.reservedBlockPercentage = try Percentage("0.25")
    },
    Option("errors=remount-ro", ["Errors behavior": "Remount read-only"]) {
      $0.errorBehavior = .remountReadOnly
    },
    Option("errors=panic", ["Errors behavior": "Panic"]) { $0.errorBehavior = .panic },
    Option("no mount options", ["Default mount options": "(none)"]) { $0.mountOptions = MountOptions() },
    Option(
      "all mount options",
      [
        "Default mount options": """
        journal_data_writeback debug bsdgroups user_xattr acl uid16 nobarrier block_validity discard nodelalloc
        """
      ]
    ) {
      $0.mountOptions = try MountOptions(
        "debug,bsdgroups,uid16,journal_data_writeback,nobarrier block_validity,discard,nodelalloc")
    },
    Option("journal_data", ["Default mount options": "journal_data user_xattr acl"]) {
      $0.mountOptions = try MountOptions("journal_data")
    },
    Option("mount options in words", ["Mount options": "commit=30,noatime"]) {
      $0.extendedMountOptions = "commit=30,noatime"
    },
    Option("a UUID", ["Filesystem UUID": "12345678-9abc-def0-1234-56789abcdef0"]) {
      $0.uuid = try Identifier("12345678-9ABC-def0-1234-56789abcdef0")
    },
    Option("a label", ["Filesystem volume name": "sixteen letters!"]) {
      $0.label = try VolumeLabel("sixteen letters!")
    },
  ]

  @Test(arguments: options)
  func `options are on the volume`(option: Option) throws {
    var format = SampleVolume.format(size: 64 << 20)
    try option.change(&format)
    let volume = try SampleVolume(size: format.size, format: format)
    let header = try volume.header()
    for (field, value) in option.lines { #expect(header[field, default: ""] == value, "\(field)") }
    #expect(try volume.complaints() == nil)
    let (_, findings) = try CheckerTests.findings(ReadOnlyFile(path: volume.path))
    #expect(findings.map(\.description) == [])
  }

  @Test(
    arguments: [(256 << 10, 0), (1 << 20, 100), (3 << 20, 100), (7 << 20, 100)]
      as [(size: UInt64, names: Int)])
  func `a volume without a journal may be tiny`(size: UInt64, names: Int) throws {
    var format = SampleVolume.format(size: size)
    format.journal = .none
    let volume = try SampleVolume(size: size, Sample.names(names), format: format)
    #expect(try volume.complaints() == nil)
  }

  @Test func `a journal of a given size takes half of a small volume at most`() throws {
    var format = SampleVolume.format(size: 9 << 20)
    format.journal = .blocks(1024)
    #expect(try SampleVolume(size: format.size, format: format).complaints() == nil)
    for size in [1 << 20, 8 << 20] as [UInt64] {
      format.size = size
      #expect(throws: Ext4Error.invalidFormat(.journalTooLarge(blockCount: 1024, size: size))) {
        _ = try VolumeWriter(formatting: NullTarget(size: size), format: format)
      }
    }
  }

  /// A change that no volume can be made of, and what is said of it.
  static let refusals: [(change: @Sendable (inout Format) throws -> Void, sentence: String)] = [
    (
      {
        $0.size = 255 << 10; $0.journal = .none
      },
      "ext4 volume of 261120 bytes: too small for its own structures; give it at least 262144"
    ),
    (
      { $0.size = (8 << 20) - 1 },
      "ext4 volume of 8388607 bytes: too small for its own structures; give it at least 8388608"
    ),
    ({ $0.inodeCount = 15 }, "ext4 inodes 15: a volume of 67108864 bytes takes 16 to 16384"),
    ({ $0.inodeCount = 16385 }, "ext4 inodes 16385: a volume of 67108864 bytes takes 16 to 16384"),
    (
      { $0.reservedBlockPercentage = try Percentage("50.01") },
      "ext4 reserved blocks 50.01 %: reserve 0 to 50 %"
    ),
    ({ $0.journal = .blocks(0) }, "ext4 journal of 0 blocks: give it 1024 to 10240000"),
    (
      {
        $0.journal = .blocks(1024)
        $0.features = $0.features.removing(.journal)
      }, "ext4 journal: the features leave has_journal out; switch it on or ask for no journal"
    ),
    (
      {
        $0.journal = .none
        $0.mountOptions.journalMode = .data
      }, "ext4 mount option journal_data: there is no journal; leave it out"
    ),
    (
      { $0.extendedMountOptions = String(repeating: "a", count: 64) },
      "ext4 mount options \"\(String(repeating: "a", count: 64))\": at most 63 bytes and no NUL; shorten them"
    ),
    (
      { $0.features = $0.features.inserting(.groupChecksums) },
      "ext4 features metadata_csum and uninit_bg: one excludes the other; switch one off"
    ),
    (
      { $0.mountOptions = try MountOptions("^acl,noatime") },
      "ext4 mount option \"noatime\": no default of a volume; see tune2fs(8), -o"
    ),
  ]

  @Test(arguments: refusals.indices)
  func `what can't be is told in a sentence`(index: Int) throws {
    let error = #expect(throws: Ext4Error.self) {
      var format = SampleVolume.format(size: 64 << 20)
      try Self.refusals[index].change(&format)
      _ = try VolumeWriter(formatting: NullTarget(size: 64 << 20), format: format)
    }
    #expect(error?.description == Self.refusals[index].sentence)
  }

  @Test(arguments: ["", "5%", "5.", ".5", "1.234", "-1", "+1", "1000", "5,5", "1e1", "٣"])
  func `what is no percentage is refused`(text: String) {
    #expect(throws: Ext4Error.invalidFormat(.percentage(text))) { try Percentage(text) }
  }

  @Test(arguments: [("0", 0), ("5", 500), ("0.5", 50), ("0.05", 5), ("12.30", 1230), ("050.0", 5000)])
  func `percentages are exact to two decimals`(text: String, hundredths: UInt32) throws {
    #expect(try Percentage(text).hundredths == hundredths)
    #expect(try Percentage("\(Percentage(hundredths: hundredths))").hundredths == hundredths)
  }

  @Test(
    arguments: [
      "", "12345678-9abc-def0-1234-56789abcdef", "123456789abcdef0123456789abcdef0",
      "12345678-9abc-def0-1234-56789abcdeg0", "12345678-9abc-def0-123-456789abcdef0",
      "{2345678-9abc-def0-1234-56789abcdef0",
    ])
  func `what is no UUID is refused`(text: String) {
    #expect(throws: Ext4Error.invalidIdentifier(text)) { try Identifier(text) }
  }

  @Test func `mount options are read as tune2fs reads them`() throws {
    #expect(try MountOptions("") == .standard)
    #expect(try MountOptions("^acl ^user_xattr") == MountOptions())
    #expect(try MountOptions("journal_data,journal_data_ordered").journalMode == .ordered)
    #expect(try MountOptions("^journal_data", changing: MountOptions(journalMode: .data)).journalMode == nil)
    #expect("\(try MountOptions("discard,journal_data"))" == "user_xattr,acl,discard,journal_data")
  }
}
