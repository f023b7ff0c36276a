// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import TestSupport
import Testing

/// Our own volumes, read back.
@Suite struct VolumeReaderTests {
  private func volume(_ samples: [Sample], size: Int = 64 << 20) throws -> MemoryTarget {
    let target = MemoryTarget(byteCount: size)
    try SampleVolume.fill(target, SampleVolume.format(size: UInt64(size)), samples)
    return target
  }

  @Test func `one of everything reads back as it went in`() throws {
    let target = try volume(Sample.everything)
    var reader = try VolumeReader(target)
    #expect(try reader.differences(from: Sample.everything) == [])
    var stream = try VolumeReader(target)
    #expect(try reader.differences(from: &stream) == [])
  }

  @Test func `the stream is in the order of a tree of files, and hard links name what came before`() throws {
    var reader = try VolumeReader(try volume(Sample.everything))
    let entries = try reader.samples().map(\.entry)
    #expect(entries.first?.path.isRoot == true)
    #expect(entries.first?.owner == .init(user: 0, group: 5))
    let paths = entries.map { $0.path.bytes.map { $0 == UInt8(ascii: "/") ? 0 : $0 } }
    #expect(zip(paths, paths.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    let kinds = Dictionary(uniqueKeysWithValues: entries.map { ($0.path.description, $0.kind) })
    #expect(kinds["links/hard"] == .hardLink(to: Sample.path("files/4097")))
    #expect(kinds["links/hard to hard"] == .hardLink(to: Sample.path("files/4097")))
    #expect(kinds["links/hard to symbolic"] == .hardLink(to: Sample.path("links/60")))
  }

  @Test func `a large directory reads back, and so does each name of it`() throws {
    let samples = Sample.names(5000)
    var reader = try VolumeReader(try volume(samples))
    #expect(try reader.differences(from: samples) == [])
    #expect(try reader.items(in: reader.item(at: EntryPath("names"))).count == 5000)
  }

  @Test func `the volume tells its name, its size and that its journal is clean`() throws {
    let reader = try VolumeReader(try volume([]))
    let (label, uuid, needsRecovery) = (reader.label, reader.uuid, reader.needsRecovery)
    #expect(label == "cairn-data")
    #expect(uuid == SampleVolume.identifier(0x10))
    #expect(!needsRecovery)
    let (blockSize, blockCount) = (reader.blockSize, reader.blockCount)
    #expect(blockSize == 4096)
    #expect(blockCount == 64 << 8)
  }

  @Test func `lost+found is left out as a formatter makes it, unless it is asked for`() throws {
    let target = try volume([.file("file", [1])])
    var reader = try VolumeReader(target)
    #expect(try reader.samples().map(\.entry.path) == [.root, EntryPath("file")])
    #expect(try reader.paths(in: reader.item(at: .root)) == [EntryPath("file")])
    #expect(try reader.item(at: EntryPath("lost+found")).isDirectory)
    var all = try VolumeReader(target, includesLostAndFound: true)
    #expect(try all.samples().map(\.entry.path) == [.root, EntryPath("file"), EntryPath("lost+found")])
    var filled = try VolumeReader(try volume([.file("lost+found/file", [1])]))
    #expect(try filled.samples().count == 3)
  }

  @Test func `paths are found, none that leads through a file or a link`() throws {
    var reader = try VolumeReader(
      try volume([
        .file("a/b/c", [1, 2, 3]), .other("link", .symbolicLink(target: Array("a".utf8))),
      ]))
    let file = try reader.item(at: EntryPath("a/b/c"))
    #expect(file.entry.kind == .regular(.init(size: 3)))
    #expect(file.linkCount == 1)
    #expect(try reader.items(in: reader.item(at: EntryPath("a"))).map(\.path) == [EntryPath("a/b")])
    for path in ["a/c", "a/b/c/d", "link/b", "A", "a/b/c/."].map(Sample.path).dropLast() {
      #expect(throws: Ext4Error.notFound(path)) { try reader.item(at: path) }
    }
    #expect(throws: Ext4Error.notADirectory(EntryPath("a/b/c"))) { try reader.items(in: file) }
    #expect(Ext4Error.notFound(EntryPath("a/b")).description == "a/b: not on the volume")
  }

  @Test func `any part of a file is read, holes as zeros`() throws {
    let shape = Entry.Content(size: 100_000, dataRanges: [5000..<9000, 40_000..<40_001, 90_000..<95_000])
    let stored = Sample.content(9001)
    var whole = [UInt8](repeating: 0, count: 100_000)
    whole.replaceSubrange(5000..<9000, with: stored[..<4000])
    whole[40_000] = stored[4000]
    whole.replaceSubrange(90_000..<95_000, with: stored[4001...])
    let entry = Entry(
      EntryPath("file"), .regular(shape), mode: 0o644, modificationTime: Sample.time)
    var reader = try VolumeReader(try volume([Sample(entry: entry, bytes: stored)]))
    let file = try reader.item(at: EntryPath("file"))
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let offset = Int.random(in: 0...100_001, using: &generator)
      let count = Int.random(in: 0...30_000, using: &generator)
      var bytes = [UInt8](repeating: 0xAA, count: count)
      var span = bytes.mutableSpan
      var raw = span.mutableBytes
      let readCount = try reader.read(file, into: &raw, at: UInt64(offset))
      #expect(readCount == max(min(count, 100_000 - offset), 0))
      #expect(bytes.prefix(readCount) == whole.dropFirst(offset).prefix(readCount))
      #expect(bytes.dropFirst(readCount).allSatisfy { $0 == 0xAA })
    }
    try reader.open(file)
    #expect(try reader.rest().count == 6 * 4096)
  }

  @Test func `a slice of a card is a volume, and what is none is told`() throws {
    let target = try volume([.file("file", [1])])
    let card = MemoryTarget(byteCount: (64 << 20) + 8192)
    let contents = target.contents()
    try card.write(contents.span.bytes, at: 4096)
    var reader = try VolumeReader(TargetSlice(of: card, range: 4096..<(64 << 20) + 4096))
    #expect(try reader.samples().count == 2)
    for size in [0, 1024, 4096, 1 << 20] {
      do throws(Ext4Error) {
        _ = try VolumeReader(MemoryTarget(byteCount: size))
        Issue.record("a volume of \(size) zeros")
      } catch {
        guard case .superblock(let finding) = error else { throw error }
        #expect(finding.kind == .magic)
      }
    }
    let half = try TargetSlice(of: card, range: 4096..<(32 << 20))
    do throws(Ext4Error) {
      _ = try VolumeReader(half)
      Issue.record("half a volume")
    } catch {
      guard case .superblock(let finding) = error else { throw error }
      #expect(finding.kind == .volumeBeyondTarget)
    }
  }
}
