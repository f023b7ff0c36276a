// SPDX-License-Identifier: Apache-2.0
import Archive
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// The root tree of a real Debian, this machine's own: what people have, as it is.
@Suite(
  .enabled(if: LoopMount.isPossible, "needs root and loop devices"),
  .enabled(if: DebianTree.shared.entryCount >= DebianTree.smallestEntryCount, "needs 30,000 files of Debian"))
struct DebianTreeTests {
  @Test func `a root tree of 30,000 files is the same to the kernel and to the reader`() throws {
    let tree = DebianTree.shared
    print("\(tree.entryCount) entries, \(tree.byteCount >> 20) MiB of content: \(tree.directories)")
    let volume = try SampleVolume(size: tree.volumeSize, fill: tree.write)
    #expect(try volume.complaints() == nil)
    let mount = try LoopMount(volume.path)
    var entryCount = 0
    for directory in tree.directories {
      var pair = TreePair(
        try DirectoryReader(path: directory.path), try DirectoryReader(path: mount.path(directory.target)))
      #expect(try pair.firstDifference() == nil, "\(directory)")
      entryCount += pair.entryCount
    }
    #expect(entryCount == tree.entryCount)
    mount.unmount()
    #expect(try tree.differences(on: volume) == [])
  }
}

/// Directories that hold still, enough of them for 30,000 entries; all that come to less than a GiB, for long tests.
private struct DebianTree {
  static let shared = DebianTree()
  static let smallestEntryCount = 30_000
  private static let largestByteCount = 1 << 30

  private(set) var directories: [Directory] = []
  private(set) var entryCount = 0
  private(set) var byteCount = 0

  struct Directory: CustomStringConvertible {
    let description: String
    var path: String { "/\(description)" }
    var target: EntryPath { Sample.path(description) }
  }

  private init() {
    for name in Self.candidates where Sample.isLong || entryCount < Self.smallestEntryCount {
      let sizes = Self.sizes(in: "/\(name)")
      let sum = sizes.reduce(0, +)
      guard !sizes.isEmpty, byteCount + sum <= Self.largestByteCount else { continue }
      directories.append(Directory(description: name))
      entryCount += sizes.count
      byteCount += sum
    }
  }

  /// None lies in another. Small files before large ones.
  private static let candidates = [
    "etc", "usr/share/man", "usr/share/zoneinfo", "usr/sbin", "var/lib/dpkg/info", "usr/include",
    "usr/share/doc",
    "usr/share/locale", "usr/share/perl", "usr/lib/python3", "usr/share/icons", "usr/lib/modules", "usr/bin",
    "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib/gcc", "usr/lib/firmware",
  ]

  /// An element for each entry: the bytes of a regular file, else 0.
  private static func sizes(in path: String) -> [Int] {
    let format = ["-type", "f", "-printf", "%s\n", "-o", "-printf", "0\n"]
    guard let result = try? ForeignTool("find").run([path] + format), result.status == 0 else { return [] }
    return result.text.split(separator: "\n").compactMap { Int($0) }
  }
}

extension DebianTree {
  /// Room for an inode to each entry, and for the blocks that files don't fill.
  var volumeSize: UInt64 { UInt64(byteCount + entryCount << 14 + 128 << 20) & ~0xFFF }

  func write(to writer: inout VolumeWriter) throws {
    for directory in directories {
      var reader = try MovedReader(directory)
      try writer.add(contentsOf: &reader)
    }
    try writer.finish()
  }

  /// What our own reader finds otherwise than the directories have it.
  func differences(on volume: SampleVolume) throws -> [String] {
    var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
    var comparison = Comparison()
    for directory in directories {
      var source = try MovedReader(directory)
      try comparison.add(contentsOf: &source, on: &reader)
    }
    try comparison.finish(on: &reader)
    return comparison.differences.map(\.description)
  }
}

/// A directory's entries below its target.
private struct MovedReader: ~Copyable, EntryReader {
  private var reader: DirectoryReader
  private let target: EntryPath

  init(_ directory: DebianTree.Directory) throws(ArchiveError) {
    reader = try DirectoryReader(path: directory.path)
    target = directory.target
  }

  mutating func next() throws(ArchiveError) -> Entry? {
    guard var entry = try reader.next() else { return nil }
    entry.path = target.appending(entry.path)
    if case .hardLink(let other) = entry.kind { entry.kind = .hardLink(to: target.appending(other)) }
    return entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan { try reader.nextBytes() }
}

/// Two trees side by side, to the first thing that they don't have in common. Holes are zeros: two file systems need
/// not have the same ones.
private struct TreePair: ~Copyable {
  private var first: DirectoryReader
  private var second: DirectoryReader
  private var firstBytes: [UInt8] = []
  private var secondBytes: [UInt8] = []
  private(set) var entryCount = 0

  init(_ first: consuming DirectoryReader, _ second: consuming DirectoryReader) {
    self.first = first
    self.second = second
  }

  mutating func firstDifference() throws -> String? {
    while let entry = try first.next() {
      guard let other = try second.next() else { return "\(entry.path) is missing" }
      guard entry.withoutHoles == other.withoutHoles else { return "\(entry) is \(other)" }
      entryCount += 1
      guard case .regular(let content) = entry.kind, case .regular(let otherContent) = other.kind else {
        continue
      }
      try first.read(content, into: &firstBytes)
      try second.read(otherContent, into: &secondBytes)
      let offset = firstBytes.span.bytes.firstDifference(from: secondBytes.span.bytes)
      if let offset { return "\(entry.path) differs at byte \(offset)" }
    }
    return try second.next().map { "\($0.path) is extra" }
  }
}

extension Entry {
  fileprivate var withoutHoles: Entry {
    guard case .regular(let content) = kind else { return self }
    var entry = self
    entry.kind = .regular(.init(size: content.size))
    return entry
  }
}

extension DirectoryReader {
  /// The whole current file, its holes as zeros.
  fileprivate mutating func read(_ content: Entry.Content, into bytes: inout [UInt8]) throws(ArchiveError) {
    bytes.removeAll(keepingCapacity: true)
    for range in content.dataRanges ?? [0..<content.size] {
      bytes.append(contentsOf: repeatElement(0, count: Int(range.lowerBound) - bytes.count))
      while bytes.count < Int(range.upperBound) {
        let piece = try nextBytes()
        // Of a tree's file, no piece reaches into the next range.
        piece.withUnsafeBytes { bytes.append(contentsOf: $0) }
      }
    }
    bytes.append(contentsOf: repeatElement(0, count: Int(content.size) - bytes.count))
  }
}
