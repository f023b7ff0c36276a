// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct RoundTripTests {
  @Test(.enabled(if: judges)) func `what the writer writes, the reader and the mtools read`() throws {
    var generator = SeededGenerator()
    for round in 0..<(isLong ? 40 : 4) {
      let isForMtools = round % 2 == 0
      let tree = RandomTree(forMtools: isForMtools, using: &generator)
      let volume = try SampleVolume()
      var writer = try volume.writer()
      try writer.add(tree)
      try writer.finish()
      try compare(VolumeReader(volume.memory), tree)
      try findAll(on: volume)
      try volume.check(isForMtools ? tree.files : [])
    }
  }

  /// Paths, bytes and times are those that were written. By the paths' bytes: strings of Swift are equal where Unicode
  /// takes them for the same.
  private func compare(_ reader: consuming VolumeReader, _ tree: RandomTree) throws {
    var expected: [[UInt8]: SampleFile] = [:]
    for item in tree.files + tree.directories { expected[Array(item.path.utf8)] = item }
    let read = try reader.readAll()
    #expect(read.count == expected.count)
    for file in read {
      let original = try #require(expected[Array(file.entry.path.bytes)], "\(file.path)")
      #expect((file.bytes == original.bytes) == true, "\(file.path)")
      #expect(file.entry.modificationTime == Timestamp(seconds: original.time.seconds & ~1), "\(file.path)")
      #expect(file.entry.mode == (file.entry.kind == .directory ? 0o755 : 0o644), "\(file.path)")
    }
  }

  /// Every item is found by its path, in whatever case, and by the short names along it.
  private func findAll(on volume: SampleVolume) throws {
    var reader = try VolumeReader(volume.memory)
    var pending = [(item: reader.root, shortPath: EntryPath.root)]
    while let (directory, shortPath) = pending.popLast() {
      let items = try reader.items(in: directory)
      #expect(Set(items.map(\.shortName)).count == items.count)
      for item in items {
        let short = try shortPath.appending(EntryPath(sample: item.shortName))
        #expect(try reader.item(at: item.path) == item)
        #expect(try reader.item(at: short).offset == item.offset)
        let upperCase = try EntryPath(LongName.folded(item.path.bytes))
        #expect(try reader.item(at: upperCase).offset == item.offset)
        if item.isDirectory { pending.append((item, short)) }
      }
    }
  }
}
