// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

@Suite(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
struct VolumeWriterTests {
  @Test(
    arguments: [
      8 << 20, 16 << 20, (16 << 20) + 12345, 100_000_000, 128 << 20, (128 << 20) + 4096, (129 << 20) - 512,
      512 << 20,
      2 << 30, (4 << 30) + (7 << 20), 8 << 30, 31_914_983_424, 64 << 30,
    ] as [UInt64])
  func `an empty volume of any size is clean`(size: UInt64) throws {
    let volume = try SampleVolume(size: size)
    #expect(try volume.complaints() == nil)
  }

  @Test func `files, directories and links come back as they went in`() throws {
    let large = Sample.content(3_000_001)
    let volume = try SampleVolume(
      size: 64 << 20,
      [
        .other("", .directory, mode: 0o750),
        .file("empty", []),
        .file("one", [42], mode: 0o4755, owner: .init(user: 70000, group: 4_000_000_000)),
        .file("a/b/c/block", Sample.content(4096, seed: 2)),
        .other("a/b", .directory, mode: 0o1777, owner: .init(user: 1, group: 2)),
        .file("large", large),
        .other("short", .symbolicLink(target: Array("a/b/c/block".utf8)), mode: 0o777),
        .other("long", .symbolicLink(target: Array(repeating: 0x78, count: 60)), mode: 0o777),
        .other("again", .hardLink(to: Sample.path("large"))),
      ])
    #expect(try volume.complaints() == nil)
    #expect(try volume.dump("large") == large)
    #expect(try volume.dump("a/b/c/block") == Sample.content(4096, seed: 2))
    #expect(try volume.dump("one") == [42])
    #expect(try volume.dump("empty") == [])
    let one = try volume.debugfs("stat /one")
    #expect(one.contains("Mode:  04755"))
    #expect(one.contains("User: 70000   Group: -294967296"))
    #expect(one.contains("mtime: 0x6553f100:1d6f3454"))
  }
}
