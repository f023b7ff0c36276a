// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// What reaches the target, and what happens when it fails.
@Suite struct TargetTests {
  private static let size = 16 << 20

  /// Small enough to be made hundreds of times, with everything that is written in a way of its own.
  private static let samples: [Sample] =
    Sample.everything.filter { $0.bytes.count < 70_000 && !"\($0.entry.path)".hasPrefix("links/hard") }
    + Sample.names(200)

  private func prefilled() throws -> MemoryTarget {
    let target = MemoryTarget(byteCount: Self.size)
    var bytes = AlignedBuffer(byteCount: 1 << 20)
    bytes.store([UInt8](repeating: 0xFF, count: 1 << 20).span.bytes, at: 0)
    for offset in stride(from: 0, to: Self.size, by: 1 << 20) {
      try target.write(bytes.bytes, at: UInt64(offset))
    }
    return target
  }

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.debugfs.isInstalled))
  func `what stood on the target before doesn't matter`() throws {
    let format = SampleVolume.format(size: UInt64(Self.size))
    let clean = MemoryTarget(byteCount: Self.size)
    try SampleVolume.fill(clean, format, Self.samples)
    let dirty = try prefilled()
    let ledger = Ledger(dirty)
    try SampleVolume.fill(ledger, format, Self.samples)
    #expect(ledger.repeatedByteCount == 0)
    for range in ledger.written.ranges + ledger.zeroed.ranges {
      let bytes = Int(range.lowerBound)..<Int(range.upperBound)
      #expect(clean.contents(bytes) == dirty.contents(bytes), "\(range)")
    }
    for range in ledger.zeroed.ranges {
      let bytes = dirty.contents(Int(range.lowerBound)..<Int(range.upperBound))
      #expect(bytes == Array(repeating: 0, count: bytes.count))
    }
    #expect(ledger.untouched.byteCount > 1 << 20)
    let volume = try SampleVolume(contents: dirty.contents())
    #expect(try volume.complaints() == nil)
    for sample in Self.samples where "\(sample.entry.path)".hasPrefix("files/") {
      #expect(try volume.dump("\(sample.entry.path)") == sample.bytes)
    }
  }

  @Test func `the same plan gives the same bytes`() throws {
    let format = SampleVolume.format(size: UInt64(Self.size))
    let contents = try (0..<2).map { _ in
      let target = MemoryTarget(byteCount: Self.size)
      try SampleVolume.fill(target, format, Self.samples)
      return target.contents()
    }
    #expect(contents[0] == contents[1])
  }

  @Test func `the superblock is the last block to be written`() throws {
    let format = SampleVolume.format(size: UInt64(Self.size))
    let counting = FaultyTarget(NullTarget(size: UInt64(Self.size)), failing: .max, fault: .error)
    try SampleVolume.fill(counting, format, Self.samples)
    let target = MemoryTarget(byteCount: Self.size)
    let faulty = FaultyTarget(target, failing: counting.writeCount, fault: .error)
    #expect(throws: Ext4Error.self) { try SampleVolume.fill(faulty, format, Self.samples) }
    #expect(target.contents(0..<4096).allSatisfy { $0 == 0 })
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a target that fails at any write ends the volume with its own error`(fault: FaultyTarget.Fault) throws
  {
    let format = SampleVolume.format(size: UInt64(Self.size))
    let counting = FaultyTarget(NullTarget(size: UInt64(Self.size)), failing: .max, fault: fault)
    try SampleVolume.fill(counting, format, Self.samples)
    #expect(counting.writeCount > 10)
    for failing in 1...counting.writeCount {
      let faulty = FaultyTarget(NullTarget(size: UInt64(Self.size)), failing: failing, fault: fault)
      do throws(Ext4Error) {
        try SampleVolume.fill(faulty, format, Self.samples)
        Issue.record("nothing failed at write \(failing)")
      } catch {
        guard case .target(let error) = error else {
          Issue.record("\(error) at write \(failing)")
          continue
        }
        switch (fault, error) {
        case (.error, .system), (.shortWrite, .shortTransfer), (.stop, .cancelled): break
        default: Issue.record("\(error) at write \(failing)")
        }
      }
    }
  }

  /// The last write has the primary superblock in its first half: cut there, it ends a volume that lacks nothing.
  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled), arguments: FaultyTarget.Fault.allCases)
  func `a target that failed at any write looks like no volume, unless it is a whole one`(
    fault: FaultyTarget.Fault
  ) throws {
    let format = SampleVolume.format(size: UInt64(Self.size))
    let counting = FaultyTarget(NullTarget(size: UInt64(Self.size)), failing: .max, fault: fault)
    try SampleVolume.fill(counting, format, Self.samples)
    for failing in 1...counting.writeCount {
      let target = MemoryTarget(byteCount: Self.size)
      #expect(throws: Ext4Error.self) {
        try SampleVolume.fill(FaultyTarget(target, failing: failing, fault: fault), format, Self.samples)
      }
      guard target.contents(1080..<1082) == [0x53, 0xEF] else {
        #expect(throws: Ext4Error.self) { _ = try VolumeReader(target) }
        continue
      }
      #expect(fault == .shortWrite && failing == counting.writeCount, "write \(failing)")
      let volume = try SampleVolume(contents: target.contents())
      #expect(try volume.complaints() == nil)
      var reader = try VolumeReader(target)
      #expect(try reader.differences(from: Self.samples) == [])
    }
  }

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), "needs root and a kernel that mounts it"))
  func `a volume on a file system that gets full is an error, and nothing is left`() throws {
    let small = try SmallFileSystem(.tmpfs, byteCount: 4 << 20)
    let freeByteCount = try small.freeByteCount()
    do {
      let image = try ImageFile(path: small.path + "/volume", size: 64 << 20)
      let samples = [Sample.file("large", Sample.content(5 << 20))]
      let error = #expect(throws: Ext4Error.self) {
        try SampleVolume.fill(image, SampleVolume.format(size: 64 << 20), samples)
      }
      guard case .target(.system(.write, _, _, ENOSPC)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: small.path) == [])
    #expect(try small.freeByteCount() == freeByteCount)
  }

  @Test func `volumes are made side by side`() async throws {
    let format = SampleVolume.format(size: UInt64(Self.size))
    let contents = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let target = MemoryTarget(byteCount: Self.size)
          try SampleVolume.fill(target, format, Self.samples)
          return target.contents()
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(contents.count == 4 && contents.allSatisfy { $0 == contents[0] })
  }
}
