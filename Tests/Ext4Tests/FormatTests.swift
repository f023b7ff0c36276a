// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: SampleVolume.dumpe2fs.isInstalled))
struct FormatTests {
  static let mke2fs = ForeignTool("mke2fs")

  /// Debian's, for e2fsprogs 1.47.0.
  static let configuration = """
    [defaults]
      base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr,has_journal,extent,huge_file,\
    flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
      default_mntopts = acl,user_xattr
      enable_periodic_fsck = 0
      inode_ratio = 16384
    [fs_types]
      ext4 = {
      }
      small = {
        inode_ratio = 4096
      }

    """

  @Test(.enabled(if: mke2fs.isInstalled), arguments: [16 << 20, 300 << 20, 1 << 30, 20 << 30] as [UInt64])
  func `the superblock says what mke2fs's says`(size: UInt64) throws {
    var format = SampleVolume.format(size: size)
    // What mke2fs takes from 16 GiB on, where the default here ends before.
    if size > 16 << 30 { format.journal = .blocks(32768) }
    let ours = try SampleVolume(size: size, format: format)
    let directory = try TemporaryDirectory()
    let theirs = directory.path("theirs")
    #expect(FileManager.default.createFile(atPath: theirs, contents: nil))
    #expect(truncate(theirs, off_t(size)) == 0)
    let configuration = directory.path("mke2fs.conf")
    try Self.configuration.write(toFile: configuration, atomically: false, encoding: .utf8)
    let result = try Self.mke2fs.run(
      [
        "-F", "-q", "-t", "ext4", "-b", "4096", "-I", "256", "-L", "cairn-data", "-U",
        "10111213-1415-1617-1819-1a1b1c1d1e1f", "-E", "hash_seed=20212223-2425-2627-2829-2a2b2c2d2e2f",
        theirs,
      ], environment: ["MKE2FS_CONFIG": configuration])
    #expect(result.status == 0, "\(result.text) \(result.errors)")
    var expected = try SampleVolume.header(of: theirs)
    var actual = try ours.header()
    for field in Self.different {
      expected[field] = nil
      actual[field] = nil
    }
    #expect(actual == expected)
  }

  /// What can't be the same: the time, and what it changes.
  private static let different = [
    "Filesystem created", "Last checked", "Last write time", "Checksum", "Lifetime writes",
  ]

  @Test func `features are exactly those wanted`() throws {
    let features = try SampleVolume(size: 64 << 20).header()["Filesystem features"]
    #expect(
      features == """
        has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file \
        dir_nlink extra_isize metadata_csum
        """)
  }

  @Test(
    arguments: [
      (size: 100 << 20, blocks: 1024), (size: 1 << 30, blocks: 8192), (size: 15 << 30, blocks: 16384),
      (size: 200 << 30, blocks: 16384),
    ] as [(size: UInt64, blocks: UInt64)])
  func `the journal grows with the volume, to 64 MiB`(size: UInt64, blocks: UInt64) throws {
    let writer = try VolumeWriter(
      formatting: NullTarget(size: size), format: SampleVolume.format(size: size))
    #expect(writer.journalBlockCount == blocks)
  }

  @Test(arguments: [0, 4_000_000_000] as [Int64])
  func `times of 1970 and 2096 are kept`(seconds: Int64) throws {
    var format = SampleVolume.format(size: 16 << 20)
    format.time = Timestamp(seconds: seconds)
    let volume = try SampleVolume(size: format.size, format: format)
    let fields = try volume.header()
    let day = seconds == 0 ? "Thu Jan  1 00:00:00 1970" : "Tue Oct  2 07:06:40 2096"
    for field in ["Filesystem created", "Last checked"] {
      // dumpe2fs may leave a time of 0 out.
      #expect(fields[field, default: day] == day)
    }
    #expect(fields["Last write time"] == (seconds == 0 ? "Thu Jan  1 00:00:01 1970" : day))
    let word = seconds == 0 ? "0x00000000:00000000" : "0xee6b2800:00000001"
    for inode in ["2", "7", "8", "11"] {
      #expect(try volume.debugfs("stat <\(inode)>").contains("mtime: \(word)"))
    }
  }

  @Test func `what no volume can be made of is refused by name`() throws {
    let target = NullTarget(size: 1 << 30)
    func error(_ change: (inout Format) -> Void) -> Ext4Error? {
      var format = SampleVolume.format(size: 64 << 20)
      change(&format)
      do throws(Ext4Error) {
        _ = try VolumeWriter(formatting: target, format: format)
        return nil
      } catch { return error }
    }
    #expect(error { $0.size = (8 << 20) - 1 } == .tooSmall(size: (8 << 20) - 1, smallestSize: 8 << 20))
    #expect(
      error { $0.size = 2 << 30 }
        == .target(.outOfBounds(offset: 0, byteCount: 2 << 30, size: 1 << 30)))
    #expect(
      error { $0.time = Timestamp(seconds: -1) } == .invalidFormat(.time(Timestamp(seconds: -1))))
    #expect(error { $0.size = .max } == .target(.outOfBounds(offset: 0, byteCount: .max, size: 1 << 30)))
    #expect(error { $0.inodeRatio = 1023 } == .invalidFormat(.inodeRatio(1023)))
    #expect(error { $0.reservedBlockPercentage = 51 } == .invalidFormat(.reservedBlockPercentage(51)))
    #expect(error { $0.journal = .blocks(1023) } == .invalidFormat(.journalBlockCount(1023)))
    #expect(
      error { $0.journal = .blocks(1 << 20) }
        == .invalidFormat(.journalTooLarge(blockCount: 1 << 20, size: 64 << 20)))
    #expect(throws: Ext4Error.invalidLabel("seventeen letters")) { try VolumeLabel("seventeen letters") }
    #expect(throws: Ext4Error.invalidLabel("a\0b")) { try VolumeLabel("a\0b") }
  }
}
