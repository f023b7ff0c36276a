// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport

@testable import FAT32

/// A small volume that can be damaged and healed: what is overwritten is kept.
final class Patient: BlockTarget {
  let geometry: Geometry
  /// The volume; beyond its end, as far as `size` goes, all is zero.
  private let memory: MemoryTarget
  private let healthySize: UInt64
  private var damages: [(offset: UInt64, bytes: [UInt8])] = []
  var size: UInt64
  /// Bytes that were read through `BlockTarget`.
  var readByteCount: UInt64 = 0

  enum Kind: CaseIterable {
    /// Files and directories of every sort.
    case sample
    /// The root and nothing else, with reserved sectors to spare.
    case empty
    /// A file with a path of 4,095 bytes.
    case deep
    /// A directory of 2 MiB, followed by a file.
    case large
  }

  init(_ kind: Kind) throws {
    let volume = try SampleVolume(size: kind == .empty ? 40 << 20 : Geometry.smallestVolumeSize)
    var writer = try volume.writer()
    switch kind {
    case .sample: try Self.addSample(to: &writer)
    case .empty: break
    case .deep: try writer.add("directory" + Self.deepPath, [])
    case .large:
      try writer.add(.directory("HOLLOW"))
      try writer.add("FILE", sampleBytes(1500))
    }
    try writer.finish()
    geometry = volume.geometry
    memory = volume.memory
    size = volume.memory.size
    healthySize = size
    guard kind == .large else { return }
    lengthenHollow(to: 4096)
    damages = []
  }

  private static func addSample(to writer: inout VolumeWriter) throws {
    try writer.add("LICENCE", sampleBytes(700))
    try writer.add("EMPTY", [])
    try writer.add("config.txt", sampleBytes(600))
    try writer.add("second.txt", sampleBytes(30))
    try writer.add("empty, too.txt", [])
    try writer.add("SPARE", [])
    try writer.add("A long name that takes three.text", sampleBytes(512))
    try writer.add(.directory("HOLLOW"))
    try writer.add("BOOT/VMLINUZ", sampleBytes(1300))
    try writer.add("BOOT/overlays/A.DTB", sampleBytes(10))
  }

  /// 4,086 bytes: five names of 255 characters of three bytes, one of 255 letters.
  static let deepPath =
    Array(repeating: "/" + String(repeating: "日", count: 255), count: 5).joined() + "/"
    + String(repeating: "n", count: 255)

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    let end = offset + UInt64(bytes.byteCount)
    readByteCount += UInt64(bytes.byteCount)
    guard end <= size else {
      throw .outOfBounds(offset: offset, byteCount: UInt64(bytes.byteCount), size: size)
    }
    if end <= memory.size {
      try memory.read(into: &bytes, at: offset)
      return
    }
    bytes.zero(0..<bytes.byteCount)
    guard offset < memory.size else { return }
    var part = bytes._mutatingExtracting(0..<Int(memory.size - offset))
    try memory.read(into: &part, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    set(offset, bytes.copy(0..<bytes.byteCount))
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    set(range.lowerBound, [UInt8](repeating: 0, count: range.count))
  }
  func flush() {}

  /// What the checker says of it.
  func findings(hiddenSectorCount: UInt32? = 2048) throws -> (summary: Checker.Summary, findings: [Finding]) {
    var findings: [Finding] = []
    let summary = try Checker(self).check(hiddenSectorCount: hiddenSectorCount) { findings.append($0) }
    return (summary, findings)
  }

  /// Undoes all damage.
  func heal() {
    for damage in damages.reversed() { try? memory.write(damage.bytes.span.bytes, at: damage.offset) }
    damages.removeAll(keepingCapacity: true)
    size = healthySize
  }

  /// Writes it to a file, holes left out.
  func save(_ path: String) throws {
    let piece = 1 << 16
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: size)
    // Free clusters don't matter: what is in use lies within the first 3 MiB of the data.
    let end = min(Int(min(memory.size, size)), Int(geometry.dataOffset) + 3 << 20)
    for start in stride(from: 0, to: end, by: piece) {
      try file.seek(toOffset: UInt64(start))
      try file.write(contentsOf: Data(memory.contents(start..<min(start + piece, end))))
    }
    try file.close()
  }
}

// Damage, little-endian.
extension Patient {
  func set(_ offset: UInt64, _ bytes: [UInt8]) {
    damages.append((offset, self.bytes(offset, bytes.count)))
    try? memory.write(bytes.span.bytes, at: offset)
  }

  func set(_ offset: UInt64, _ number: some FixedWidthInteger) {
    set(offset, (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
  }

  func bytes(_ offset: UInt64, _ count: Int) -> [UInt8] { memory.contents(Int(offset)..<Int(offset) + count) }

  func number<T: FixedWidthInteger>(_ offset: UInt64, _: T.Type = T.self) -> T {
    bytes(offset, T.bitWidth / 8).reversed().reduce(0) { $0 << 8 | T($1) }
  }

  /// The second copy of the FAT has it, too, unless `copies` says otherwise.
  func setEntry(_ cluster: UInt32, _ entry: UInt32, copies: [UInt64] = [0, 1]) {
    for copy in copies { set(entryOffset(cluster) + copy * geometry.fatSize, entry) }
  }

  func entryOffset(_ cluster: UInt32) -> UInt64 { geometry.fatOffset + 4 * UInt64(cluster) }

  /// Changes FSI_Free_Count, in both copies.
  func addFree(_ count: Int) {
    for sector: UInt64 in [1, 7] {
      let offset = sector * 512 + 488
      set(offset, UInt32(Int(number(offset, UInt32.self)) + count))
    }
  }

  /// The short entry with these eleven bytes, wherever it stands.
  func slot(_ name: String) -> UInt64 {
    let bytes = Array(name.utf8)
    let area = self.bytes(geometry.dataOffset, 1 << 16)
    let start = stride(from: 0, to: area.count, by: 32).first {
      area[$0 + 11] & 0x3F != 0x0F && Array(area[$0..<$0 + 11]) == bytes
    }
    return geometry.dataOffset + UInt64(start ?? 0)
  }

  func firstCluster(_ slot: UInt64) -> UInt32 {
    UInt32(number(slot + 20, UInt16.self)) << 16 | UInt32(number(slot + 26, UInt16.self))
  }

  /// The first entry of the root that was never used; the root has two clusters.
  var rootEnd: UInt64 {
    let start = geometry.offset(ofCluster: number(entryOffset(2)))
    let area = bytes(start, 512)
    return start + UInt64(stride(from: 0, to: area.count, by: 32).first { area[$0] == 0 } ?? 0)
  }

  /// Makes the chain of the directory HOLLOW longer, with clusters from 10,000 on that are zero.
  func lengthenHollow(to clusterCount: UInt32) {
    let first = firstCluster(slot("HOLLOW     "))
    let added = 10_000..<10_000 + clusterCount - 1
    for copy in [0, geometry.fatSize] {
      set(entryOffset(first) + copy, added.lowerBound)
      var entries: [UInt8] = []
      for cluster in added {
        let next = cluster + 1 == added.upperBound ? 0x0FFF_FFFF : cluster + 1
        entries += (0..<4).map { UInt8(truncatingIfNeeded: next >> ($0 * 8)) }
      }
      set(entryOffset(added.lowerBound) + copy, entries)
    }
    set(geometry.offset(ofCluster: added.lowerBound), [UInt8](repeating: 0, count: added.count * 512))
    addFree(-added.count)
  }
}
