// SPDX-License-Identifier: Apache-2.0
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// The kernel's own ext4, through a loop device that can't be written to.
@Suite(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
struct KernelTests {
  @Test func `the kernel finds one of everything as it went in`() throws {
    let volume = try SampleVolume(size: 64 << 20, Sample.everything)
    #expect(try volume.complaints() == nil)
    let mount = try LoopMount(volume.path)
    try compareEverything(in: mount)
    mount.unmount()
    #expect(try volume.complaints() == nil)
  }

  @Test func `the kernel finds one of everything in a volume inside of a file`() throws {
    let volume = try SampleVolume(size: 256 << 20) { writer in
      try NestedVolumeTests.fill(&writer, levelCount: 1)
    }
    #expect(try volume.complaints() == nil)
    let outer = try LoopMount(volume.path)
    let inner = try LoopMount(outer.path(NestedVolumeTests.imagePath))
    try compareEverything(in: inner)
    for sample in NestedVolumeTests.neighbours {
      #expect(
        try Array(Data(contentsOf: URL(fileURLWithPath: outer.path(sample.entry.path)))) == sample.bytes)
    }
    inner.unmount()
    outer.unmount()
    #expect(try volume.complaints() == nil)
  }

  @Test func `a volume inside of a file can be written to`() throws {
    let volume = try SampleVolume(size: 256 << 20) { writer in
      try NestedVolumeTests.fill(&writer, levelCount: 1)
    }
    let outer = try LoopMount(volume.path, isWritable: true)
    let image = outer.path(NestedVolumeTests.imagePath)
    let inner = try LoopMount(image, isWritable: true)
    let bytes = Data(Sample.content(20_000_000, seed: 9))
    try bytes.write(to: URL(fileURLWithPath: inner.path(Sample.path("new"))))
    unlink(inner.path(Sample.path("files/2097152")))
    inner.unmount()
    #expect(try SampleVolume.e2fsck.run("-fn", image).status == 0)
    let again = try LoopMount(image)
    #expect(try Data(contentsOf: URL(fileURLWithPath: again.path(Sample.path("new")))) == bytes)
    again.unmount()
    outer.unmount()
    #expect(try volume.complaints() == nil)
  }

  private func compareEverything(in mount: LoopMount) throws {
    var linkCounts: [String: UInt64] = [:]
    for sample in Sample.everything {
      try compare(sample, at: mount.path(sample.entry.path), &linkCounts)
    }
    #expect(linkCounts["files/4097"] == 3)
    #expect(linkCounts["links/60"] == 2)
    #expect(try attributes(of: mount.path(Sample.path("implied"))).links == 3)
    #expect(linkCounts["sticky"] == 2)
    #expect(try attributes(of: mount.path(Sample.path("implied"))).mode == 0o040755)
  }

  private func compare(_ sample: Sample, at path: String, _ linkCounts: inout [String: UInt64]) throws {
    let entry = sample.entry
    let name = entry.path.description
    let found = try attributes(of: path)
    linkCounts[name] = found.links
    if case .hardLink(let target) = entry.kind {
      linkCounts[target.description] = found.links
      return
    }
    #expect(found.mode & 0o7777 == UInt32(entry.mode), "\(name)")
    #expect(found.owner == entry.owner, "\(name)")
    #expect(found.time == entry.modificationTime, "\(name)")
    switch entry.kind {
    case .regular(let shape):
      #expect(found.size == shape.size, "\(name)")
      for (range, bytes) in pieces(of: sample) { #expect(try read(path, range) == bytes, "\(name) \(range)") }
      let storedBlockCount = UInt64(found.sectors / 8)
      #expect(storedBlockCount <= shape.storedByteCount / 4096 + UInt64(pieces(of: sample).count) * 2 + 10)
    case .symbolicLink(let target):
      var found = [UInt8](repeating: 0, count: 5000)
      let count = found.withUnsafeMutableBytes { readlink(path, $0.baseAddress!, $0.count) }
      #expect(found.prefix(max(count, 0)) == target[...], "\(name)")
    case .characterDevice(let major, let minor):
      #expect(found.mode & 0o170000 == 0o020000 && found.device == makedev(major, minor), "\(name)")
    case .blockDevice(let major, let minor):
      #expect(found.mode & 0o170000 == 0o060000 && found.device == makedev(major, minor), "\(name)")
    case .fifo: #expect(found.mode & 0o170000 == 0o010000)
    case .socket: #expect(found.mode & 0o170000 == 0o140000)
    case .directory: #expect(found.mode & 0o170000 == 0o040000)
    case .hardLink: break
    }
    for attribute in entry.extendedAttributes {
      var value = [UInt8](repeating: 0, count: 4096)
      let count = readAttribute(path, String(decoding: attribute.name, as: UTF8.self), &value, value.count)
      #expect(
        count == attribute.value.count && value.prefix(max(count, 0)) == attribute.value[...], "\(name)")
    }
  }

  /// The file's ranges of bytes, and the zeros before each where they are few.
  private func pieces(of sample: Sample) -> [(Range<UInt64>, [UInt8])] {
    guard case .regular(let shape) = sample.entry.kind else { return [] }
    var pieces: [(Range<UInt64>, [UInt8])] = []
    var position = 0
    var end: UInt64 = 0
    for range in shape.dataRanges ?? [0..<shape.size] {
      let gap = end..<range.lowerBound
      if gap.count < 1 << 16 { pieces.append((gap, Array(repeating: 0, count: gap.count))) }
      pieces.append((range, Array(sample.bytes[position..<position + range.count])))
      position += range.count
      end = range.upperBound
    }
    return pieces
  }

  private func read(_ path: String, _ range: Range<UInt64>) throws -> [UInt8] {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    try file.seek(toOffset: range.lowerBound)
    return Array(try file.read(upToCount: range.count) ?? Data())
  }

  private func makedev(_ major: UInt32, _ minor: UInt32) -> UInt64 {
    UInt64(minor & 0xFF) | UInt64(major & 0xFFF) << 8 | UInt64(minor & ~0xFF) << 12
  }

  private struct Attributes {
    let mode: UInt32
    let owner: Entry.Owner
    let size: UInt64
    let links: UInt64
    let time: Timestamp
    let device: UInt64
    let sectors: Int64
  }

  private func attributes(of path: String) throws -> Attributes {
    var status = stat()
    try #require(lstat(path, &status) == 0, "\(path): \(String(cString: strerror(errno)))")
    return Attributes(
      mode: status.st_mode, owner: .init(user: status.st_uid, group: status.st_gid),
      size: UInt64(status.st_size),
      links: UInt64(status.st_nlink),
      time: Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(status.st_mtim.tv_nsec)),
      device: UInt64(status.st_rdev), sectors: Int64(status.st_blocks))
  }

  @Test(arguments: Sample.isLong ? [5000, 200_000] : [5000])
  func `every name of an indexed directory is found by lookup`(count: Int) throws {
    let volume = try SampleVolume(size: count > 5000 ? 4 << 30 : 64 << 20, Sample.names(count))
    #expect(try volume.complaints() == nil)
    let mount = try LoopMount(volume.path)
    let lost = Sample.names(count).filter { sample in
      var status = stat()
      return lstat(mount.path(sample.entry.path), &status) != 0
    }
    #expect(lost.map(\.entry.path.description).prefix(5) == [], "\(lost.count) of \(count)")
    var status = stat()
    #expect(lstat(mount.path(Sample.path("names/no such name")), &status) != 0)
  }

  @Test func `a volume that was filled can be written to`() throws {
    let volume = try SampleVolume(size: 64 << 20, Sample.everything + Sample.names(2000))
    let mount = try LoopMount(volume.path, isWritable: true)
    for number in 0..<300 {
      let path = mount.path(Sample.path("names/new \(number)"))
      try Data(repeating: 7, count: number * 9).write(to: URL(fileURLWithPath: path))
    }
    for sample in Sample.names(2000).dropFirst(500) { unlink(mount.path(sample.entry.path)) }
    mount.unmount()
    #expect(try volume.complaints() == nil)
  }
}

/// lgetxattr(2), which Swift's Glibc leaves out.
private let readAttribute:
  @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer, Int) -> Int =
    unsafeBitCast(
      dlsym(nil, "lgetxattr"),
      to: (@convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer, Int) -> Int)
        .self)

extension LoopMount {
  func path(_ path: EntryPath) -> String {
    self.path(String(decoding: path.bytes, as: UTF8.self))
  }
}
