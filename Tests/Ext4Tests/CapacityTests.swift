// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// Volumes that are too small, and ones that are just large enough.
@Suite struct CapacityTests {
  /// What the volume says it needs; nil where it had room.
  private func neededSize(_ size: UInt64, _ samples: [Sample]) throws -> UInt64? {
    let target = FaultyTarget(NullTarget(size: size), failing: .max, fault: .error)
    do throws(Ext4Error) {
      try SampleVolume.fill(target, SampleVolume.format(size: size), samples)
      return nil
    } catch {
      guard case .contentTooLarge(let neededSize, let had) = error else { throw error }
      #expect(had == size)
      return neededSize
    }
  }

  private static let large = [Sample.file("large", Sample.content(20_000_000)), .file("after", [1, 2, 3])]
  private static let many = (0..<5000).map { Sample.file("some/\($0 % 7)/\($0)", []) }
  /// Each takes ten blocks of bytes and one of extents.
  private static let sparse = (0..<300).map { number in
    let ranges = (0..<10).map { UInt64($0) * 8192..<UInt64($0) * 8192 + 1 }
    var sample = Sample.file("sparse \(number)", Array(repeating: 1, count: 10))
    sample.entry.kind = .regular(.init(size: 100_000, dataRanges: ranges))
    return sample
  }
  private static let both = large + many + Sample.names(3000)

  /// What there is too much of.
  enum Excess: CaseIterable {
    case bytes, files, bytesAndFiles, extents

    var samples: [Sample] {
      switch self {
      case .bytes: large
      case .files: many
      case .bytesAndFiles: both
      case .extents: large + sparse
      }
    }
  }

  @Test(arguments: Excess.allCases, [8 << 20, 16 << 20] as [UInt64])
  func `the size that is named does`(excess: Excess, size: UInt64) throws {
    let samples = excess.samples
    let needed = try #require(try neededSize(size, samples))
    #expect(needed > size)
    #expect(try neededSize(needed, samples) == nil)
    // And it is exact: a block less doesn't do.
    #expect(try neededSize(needed - 4096, samples) == needed)
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled))
  func `a volume can be filled to its last block`() throws {
    let size: UInt64 = 16 << 20
    var writer = try VolumeWriter(formatting: NullTarget(size: size), format: SampleVolume.format(size: size))
    // The root and lost+found take five.
    let byteCount = Int(writer.freeBlockCount - 5) * 4096
    let bytes = Sample.content(byteCount)
    #expect(try neededSize(size, [.file("all", bytes + [1])]) != nil)
    let volume = try SampleVolume(size: size, [.file("all", bytes)])
    #expect(try volume.complaints() == nil)
    #expect(try volume.header()["Free blocks"] == "0")
    try SampleVolume.fill(&writer, [.file("all", bytes)])
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled))
  func `a volume can be filled to its last inode`() throws {
    let size: UInt64 = 16 << 20
    let samples = (0..<4096 - 12).map { Sample.file("d/\($0)", []) }
    let volume = try SampleVolume(size: size, samples)
    #expect(try volume.complaints() == nil)
    #expect(try volume.header()["Free inodes"] == "0")
    #expect(try neededSize(size, samples + [.file("one more", [])]) != nil)
  }

  @Test func `nothing more is written once something doesn't fit`() throws {
    let size: UInt64 = 8 << 20
    let ledger = Ledger(NullTarget(size: size))
    #expect(throws: Ext4Error.self) {
      try SampleVolume.fill(ledger, SampleVolume.format(size: size), Self.large + Self.many)
    }
    #expect(ledger.written.byteCount == 0)
    #expect(ledger.zeroed.byteCount == 0)
  }

  @Test func `facts are there before anything is written`() throws {
    let size: UInt64 = 100 << 20
    let writer = try VolumeWriter(formatting: NullTarget(size: size), format: SampleVolume.format(size: size))
    #expect(writer.blockCount == 25600)
    #expect(writer.inodeCount == 25600)
    #expect(writer.journalBlockCount == 1024)
    // All but the superblock, one block of descriptors, 12 for growth and one for their list, two bitmaps,
    // 1,600 blocks of inodes and the journal.
    #expect(writer.freeBlockCount == 25600 - 1 - 1 - 12 - 1 - 2 - 1600 - 1024)
  }
}
