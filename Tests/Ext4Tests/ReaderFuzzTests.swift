// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// No damage makes the reader trap or go on for ever.
@Suite struct ReaderFuzzTests {
  @Test func `no damage to a volume of our own makes the reader trap`() throws {
    var generator = SeededGenerator()
    let volume = try PlantedVolume()
    let places = CheckerFuzzTests.places(volume)
    var errors = ErrorCount()
    for _ in 0..<(Sample.isLong ? 50_000 : 500) {
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = places.randomElement(using: &generator) ?? 0..<1
        CheckerFuzzTests.damage(volume, place, using: &generator)
      }
      try readAll(volume.target, &errors)
      volume.mend()
    }
    print("refused: \(errors.refused), unreadable: \(errors.unreadable)")
    #expect(errors.refused > 0 && errors.unreadable > 0)
  }

  @Test(
    .enabled(if: ForeignTool("mke2fs").isInstalled, "needs e2fsprogs"),
    arguments: [
      ["-t", "ext4", "-O", "^metadata_csum,^has_journal"], ["-t", "ext2"],
      ["-t", "ext4", "-O", "^metadata_csum,^has_journal,inline_data,ea_inode"],
    ])
  func `no damage to a volume without checksums makes the reader trap`(arguments: [String]) throws {
    var generator = SeededGenerator()
    let target = try foreignVolume(arguments)
    // Whatever is not zero, in pieces of 16 bytes.
    let contents = target.contents()
    let places = stride(from: 1024, to: contents.count, by: 16).filter { start in
      contents[start..<start + 16].contains { $0 != 0 }
    }
    var errors = ErrorCount()
    for _ in 0..<(Sample.isLong ? 50_000 : 700) {
      var changed: [Int] = []
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = places.randomElement(using: &generator) ?? 0
        changed.append(place)
        try damage(target, place, contents, using: &generator)
      }
      try readAll(target, &errors)
      for place in changed {
        try target.write(contents[place..<place + 16].span.bytes, at: UInt64(place))
      }
    }
    print("refused: \(errors.refused), unreadable: \(errors.unreadable)")
    #expect(errors.unreadable > 20)
  }

  private struct ErrorCount {
    var refused = 0
    var unreadable = 0
  }

  /// Everything, as a stream and by its paths. The volume has some 300 names.
  private func readAll(_ target: MemoryTarget, _ errors: inout ErrorCount) throws {
    var items: [EntryPath] = []
    do throws(Ext4Error) {
      var reader = try VolumeReader(target)
      var isAtEnd = false
      for _ in 0..<20_000 where !isAtEnd {
        do throws(Ext4Error) {
          let entry = try reader.next()
          isAtEnd = entry == nil
          if let entry { items.append(entry.path) }
          while try reader.nextBytes().byteCount > 0 {}
        } catch {
          guard case .unreadable = error else { throw error }
          errors.unreadable += 1
        }
      }
      #expect(isAtEnd)
      for path in items.suffix(50) { readParts(path, &reader) }
    } catch {
      switch error {
      case .superblock, .library: errors.refused += 1
      default: throw error
      }
    }
  }

  private func readParts(_ path: EntryPath, _ reader: inout VolumeReader) {
    do throws(Ext4Error) {
      let item = try reader.item(at: path)
      if item.isDirectory { _ = try reader.paths(in: item) }
      guard case .regular(let content) = item.entry.kind else { return }
      _ = try reader.firstNonzeroByte(of: item, in: 0..<content.size)
      var buffer = AlignedBuffer(byteCount: 100_000)
      var bytes = buffer.mutableBytes
      _ = try reader.read(item, into: &bytes, at: content.size / 2)
    } catch {
      if case .unreadable = error { return }
      Issue.record("\(error)")
    }
  }

  private func damage(
    _ target: MemoryTarget, _ place: Int, _ contents: [UInt8], using generator: inout SeededGenerator
  ) throws {
    var bytes = Array(contents[place..<place + 16])
    let index = Int.random(in: 0..<4, using: &generator) * 4
    switch Int.random(in: 0..<6, using: &generator) {
    case 0, 1: bytes[Int.random(in: 0..<16, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
    case 2:
      let values: [UInt32] = [
        0, 1, 2, 11, 12, 13, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000, 0xFFFF, 0xFFFC, 1024, 77,
      ]
      let value = values.randomElement(using: &generator) ?? 0
      for byte in 0..<4 { bytes[index + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
    case 3:
      // Another number that stands somewhere: a block, an inode, a length.
      let other = Int.random(in: 0..<contents.count / 64, using: &generator) * 4
      for byte in 0..<4 { bytes[index + byte] = contents[other + byte] }
    case 4: bytes = generator.bytes(16)
    default:
      bytes[Int.random(in: 0..<16, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    }
    try target.write(bytes.span.bytes, at: UInt64(place))
  }

  private func foreignVolume(_ arguments: [String]) throws -> MemoryTarget {
    let directory = try TemporaryDirectory()
    let result = try ForeignTool("sh").run(
      "-ec",
      """
      mkdir -p "$1/tree/dir/sub/deep" "$1/tree/names"; cd "$1/tree"
      printf x > one; printf %0100d 7 > small; printf %020000d 7 > blocks; ln blocks dir/other
      truncate -s 2000000 sparse
      for i in 1 3 5 7 9 11 13 400 700; do
        printf data | dd of=sparse bs=1 seek=$((i * 2048)) conv=notrunc 2>/dev/null
      done
      ln -s one short; ln -s "$(printf %0100d 7)" long; mkfifo fifo
      for i in $(seq 60); do : > "names/$i with a name"; done
      setfattr -n user.long -v "$(printf %0300d 7)" one 2>/dev/null || :
      setfattr -n user.short -v x small 2>/dev/null || :
      """, "sh", directory.path)
    try #require(result.status == 0, "\(result.errors)")
    let path = directory.path("volume")
    let made = try ForeignTool("mke2fs").run(
      ["-q", "-F", "-b", "1024", "-N", "128", "-d", directory.path("tree")] + arguments + [path, "1M"])
    try #require(made.status == 0, "\(made.errors)")
    let contents = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let target = MemoryTarget(byteCount: contents.count)
    try target.write(contents.span.bytes, at: 0)
    return target
  }
}
