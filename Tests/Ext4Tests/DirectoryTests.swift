// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// Directories of every size.
@Suite(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
struct DirectoryTests {
  /// So many names of `length` bytes in one directory.
  private func names(_ count: Int, length: Int) -> [Sample] {
    (0..<count).map { number in
      let digits = String(number)
      return .file("d/" + digits + String(repeating: "x", count: length - digits.count), [])
    }
  }

  @Test(arguments: [
    // 4,084 bytes less "." and ".." hold 203 names of 12 bytes.
    (count: 203, size: 4096, isIndexed: false), (count: 204, size: 2 * 4096, isIndexed: true),
    // A leaf holds 204 names of 12 bytes.
    (count: 408, size: 3 * 4096, isIndexed: true), (count: 409, size: 4 * 4096, isIndexed: true),
  ])
  func `a directory beyond a block has an index`(count: Int, size: Int, isIndexed: Bool) throws {
    let volume = try SampleVolume(size: 16 << 20, names(count, length: 12))
    #expect(try volume.complaints() == nil)
    let text = try volume.debugfs("stat /d")
    #expect(text.contains("Flags: \(isIndexed ? "0x81000" : "0x80000")"))
    #expect(text.contains("Size: \(size)"))
    #expect(try volume.debugfs("ls /d").contains("\(count - 1)x"))
  }

  @Test func `5000 names are found through the index`() throws {
    let samples = Sample.names(5000)
    let volume = try SampleVolume(size: 64 << 20, samples)
    #expect(try volume.complaints() == nil)
    let dump = try volume.debugfs("htree_dump /names")
    #expect(dump.contains("Hash Version: 1") && dump.contains("Indirect levels: 0"))
    #expect(!dump.contains("does not match"))
    #expect(dump.contains("4999-------"))
  }

  @Test func `20000 small files`() throws {
    let samples = (0..<20_000).map { Sample.file("s/\($0 % 100)/\($0)", Array("\($0)".utf8)) }
    let volume = try SampleVolume(size: 256 << 20, samples)
    #expect(try volume.complaints() == nil)
    #expect(try volume.dump("s/99/19999") == Array("19999".utf8))
    #expect(try volume.dump("s/0/0") == Array("0".utf8))
  }

  @Test func `lost and found may be described, and filled beyond its blocks`() throws {
    let samples =
      [Sample.other("lost+found", .directory, mode: 0o750)]
      + (0..<400).map { Sample.file("lost+found/\($0)" + String(repeating: "-", count: 60), []) }
    let volume = try SampleVolume(size: 16 << 20, samples)
    #expect(try volume.complaints() == nil)
    #expect(try volume.debugfs("stat /lost+found").contains("Mode:  0750"))
  }

  @Test(.enabled(if: Sample.isLong, "CAIRN_LONG_TESTS is not set"))
  func `200000 names need an index of two levels`() throws {
    let volume = try SampleVolume(size: 4 << 30, Sample.names(200_000))
    #expect(try volume.complaints() == nil)
    #expect(try volume.debugfs("htree_dump /names").contains("Indirect levels: 1"))
  }

  @Test(.enabled(if: Sample.isLong, "CAIRN_LONG_TESTS is not set"))
  func `a directory of more than 64997 directories stops counting them`() throws {
    let samples = (0..<66_000).map { Sample.other("d/\($0)", .directory) }
    let volume = try SampleVolume(size: 2 << 30, samples)
    #expect(try volume.complaints() == nil)
    #expect(try volume.debugfs("stat /d").contains("Links: 1 "))
  }

  @Test(.enabled(if: Sample.isLong, "CAIRN_LONG_TESTS is not set"))
  func `a file of 3 GB spans the backups`() throws {
    let shape = Entry.Content(size: 3_000_000_001)
    let format = SampleVolume.format(size: 8 << 30)
    let volume = try SampleVolume(size: format.size)
    let image = try ImageFile(path: volume.path, size: format.size)
    var writer = try VolumeWriter(formatting: image, format: format)
    try writer.add(
      Entry(Sample.path("large"), .regular(shape), mode: 0o644, modificationTime: Sample.time))
    let piece = Sample.content(1_000_003)
    var rest = shape.size
    while rest > 0 {
      let count = min(rest, UInt64(piece.count))
      try writer.append(piece.span.bytes.extracting(first: Int(count)))
      rest -= count
    }
    try writer.finish()
    try image.commit(isDurable: false)
    #expect(try volume.complaints() == nil)
    #expect(try volume.debugfs("stat /large").contains("Size: 3000000001"))
  }
}
