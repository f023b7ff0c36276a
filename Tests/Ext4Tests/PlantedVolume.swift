// SPDX-License-Identifier: Apache-2.0
import Blocks
import Ext4
import Testing

/// A volume of 16 MiB to be damaged: where its structures lie, at the offsets that the kernel's documentation names.
final class PlantedVolume {
  let target: MemoryTarget
  private(set) var patches: [(offset: Int, bytes: [UInt8])] = []

  static let blockSize = 4096
  static let superblock = 1024
  /// Of the first group.
  static let descriptor = 4096
  private static let samples: [Sample] =
    [
      .file("file", Sample.content(10_000)), .file("other", Sample.content(5000)),
      Sample(
        entry: .init(
          Sample.path("many"),
          .regular(
            .init(
              size: 400 * 8192, dataRanges: (0..<400).map { UInt64($0) * 8192..<UInt64($0) * 8192 + 100 })),
          mode: 0o644, modificationTime: Sample.time),
        bytes: Sample.content(400 * 100)),
      .other("link", .symbolicLink(target: Array("file".utf8))),
      .other("long", .symbolicLink(target: Array(repeating: 0x61, count: 200))),
      .other("dir/sub", .directory), .file("dir/sub/loop", [1]),
      Sample(
        entry: .init(
          Sample.path("attributes"), .regular(.init(size: 0)), mode: 0o644, modificationTime: Sample.time,
          extendedAttributes: [
            .init(name: Array("user.long".utf8), value: Array(repeating: 0x62, count: 500))
          ])),
    ] + Sample.names(300)

  init(size: Int = 16 << 20) throws {
    target = MemoryTarget(byteCount: size)
    try SampleVolume.fill(target, SampleVolume.format(size: UInt64(size)), Self.samples)
  }

  func load(_ offset: Int, _ byteCount: Int = 4) -> Int {
    target.contents(offset..<offset + byteCount).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  func store(_ value: Int, at offset: Int, _ byteCount: Int = 4) {
    store((0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }, at: offset)
  }

  func store(_ bytes: [UInt8], at offset: Int) {
    patches.append((offset, target.contents(offset..<offset + bytes.count)))
    try? target.write(bytes.span.bytes, at: UInt64(offset))
  }

  func flip(_ offset: Int) { store(load(offset, 1) ^ 0x10, at: offset, 1) }
  func add(_ value: Int, at offset: Int, _ byteCount: Int = 4) {
    store(load(offset, byteCount) + value, at: offset, byteCount)
  }

  /// Clears or sets the bit of a bitmap.
  func setBit(_ number: Int, of bitmap: Int, to isSet: Bool) {
    let byte = load(bitmap + number / 8, 1)
    store(isSet ? byte | 1 << (number % 8) : byte & ~(1 << (number % 8)), at: bitmap + number / 8, 1)
  }

  /// Takes everything back that was stored.
  func mend() {
    for patch in patches.reversed() { try? target.write(patch.bytes.span.bytes, at: UInt64(patch.offset)) }
    patches = []
  }
}

// Places, in bytes.
extension PlantedVolume {
  var inodeCount: Int { load(Self.superblock) }
  var blockBitmap: Int { load(Self.descriptor) * Self.blockSize }
  var inodeBitmap: Int { load(Self.descriptor + 4) * Self.blockSize }
  var inodeTable: Int { load(Self.descriptor + 8) * Self.blockSize }
  func inode(_ number: Int) -> Int { inodeTable + (number - 1) * 256 }

  /// The first block of the inode's first extent, or its first leaf.
  func firstBlock(_ inode: Int) -> Int {
    load(inode + 0x2E, 2) == 0 ? load(inode + 0x3C) : load(inode + 0x38)
  }

  func firstBlockOffset(ofInode number: Int) -> Int { firstBlock(inode(number)) * Self.blockSize }

  /// The entry of a name in the first block of a directory.
  func entry(_ name: String, in directory: Int = 2) -> Int {
    let start = firstBlockOffset(ofInode: directory)
    var position = start
    while position < start + Self.blockSize {
      let length = load(position + 6, 1)
      if target.contents(position + 8..<position + 8 + length) == Array(name.utf8) { return position }
      position += load(position + 4, 2)
    }
    preconditionFailure("\(name): a name of the test's own")
  }

  func number(_ name: String, in directory: Int = 2) -> Int { load(entry(name, in: directory)) }
  func inode(_ name: String) -> Int { inode(number(name)) }
  /// The first block of a file or directory.
  func content(_ name: String) -> Int { firstBlockOffset(ofInode: number(name)) }
  var attributeBlock: Int { load(inode("attributes") + 0x68) * Self.blockSize }
}
