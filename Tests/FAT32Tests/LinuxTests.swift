// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

/// What Linux's own vfat makes of our volumes, on request: few test machines can mount one.
///
/// With `utf8=1` it shows every name that the writer takes, those of more than 255 bytes and those with surrogate pairs
/// among them, and every time up to the end of 2107.
/// What it takes stands at `VirtualLinux`.
@Suite(
  .enabled(
    if: VirtualLinux.isPossible, "needs CAIRN_TEST_KERNEL, qemu-system-x86_64, a static busybox and cpio"))
struct LinuxTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  @Test func `Linux finds in random trees every name, kind, size, byte and time`() throws {
    var generator = SeededGenerator()
    let trees = (0..<(isLong ? 12 : 6)).map { RandomTree(forMtools: $0 == 0, using: &generator) }
    let volumes = try trees.enumerated().map { number, tree in
      let path = scratch.path("\(number).img")
      let volume = try SampleVolume()
      var writer = try volume.writer()
      try writer.add(tree)
      try writer.finish()
      try Data(volume.memory.contents()).write(to: URL(fileURLWithPath: path))
      return path
    }
    let (tars, console) = try VirtualVFAT(in: scratch).pack(volumes)
    #expect(!console.contains("FAT-fs"), "\(console)")
    for (number, tree) in trees.enumerated() {
      try #require(console.contains("packed volume \(number)"), "\(console)")
      try compare(tar: tars[number], tree)
    }
    let names = trees.flatMap { $0.files + $0.directories }.map {
      LongName($0.path.utf8.split(separator: 0x2F).last!)
    }
    let longCount = names.count { ($0.bytes?.count ?? 0) > 255 }
    let surrogateCount = names.count { $0.units.contains(where: UTF16.isSurrogate) }
    #expect(longCount > 0 && surrogateCount > 0)
    print(
      "Linux's vfat: \(trees.count) volumes, \(names.count) names, \(longCount) of more than 255 bytes,",
      "\(surrogateCount) with characters beyond 16 bits")
  }

  /// By the names' bytes: strings of Swift are equal where Unicode takes them for the same.
  private func compare(tar: String, _ tree: RandomTree) throws {
    var expected: [[UInt8]: (item: SampleFile, isDirectory: Bool)] = [:]
    for item in tree.files { expected[Array(item.path.utf8)] = (item, false) }
    for item in tree.directories { expected[Array(item.path.utf8)] = (item, true) }
    var reader = try ArchiveReader(path: tar)
    while let entry = try reader.next() {
      var bytes: [UInt8] = []
      while case let piece = try reader.nextBytes(), !piece.isEmpty { piece.withUnsafeBytes { bytes += $0 } }
      if entry.path.isRoot { continue }
      let original = expected.removeValue(forKey: Array(entry.path.bytes))
      let (item, isDirectory) = try #require(original, "\(entry.path) is not in the tree")
      #expect((entry.kind == .directory) == isDirectory, "\(entry.path)")
      #expect((bytes == item.bytes) == true, "\(entry.path)")
      #expect(entry.modificationTime.seconds == item.time.seconds & ~1, "\(entry.path)")
    }
    #expect(expected.isEmpty, "Linux does not show \(expected.values.map(\.item.path.debugDescription))")
  }
}
