// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

let fsck = ForeignTool("fsck.fat")
let mcopy = ForeignTool("mcopy")
let mdir = ForeignTool("mdir")
let judges = fsck.isInstalled && mcopy.isInstalled && mdir.isInstalled
/// Whether tests that take longer than a few seconds run, too.
let isLong = ProcessInfo.processInfo.environment["CAIRN_LONG_TESTS"] != nil

/// 2026-03-14 15:09:27.25 UTC.
let sampleTime = Timestamp(seconds: 1_773_500_967, nanoseconds: 250_000_000)

/// What a test puts on a volume.
struct SampleFile {
  var path: String
  var bytes: [UInt8]
  var time = sampleTime
}

extension EntryPath {
  init(sample path: String) throws { try self.init(Array(path.utf8)) }
}

extension Entry {
  static func file(_ path: String, size: Int, time: Timestamp = sampleTime) throws -> Entry {
    Entry(
      try EntryPath(sample: path), .regular(Content(size: UInt64(size))), mode: 0o644, modificationTime: time)
  }

  static func directory(_ path: String, time: Timestamp = sampleTime) throws -> Entry {
    Entry(try EntryPath(sample: path), .directory, mode: 0o755, modificationTime: time)
  }
}

extension VolumeWriter {
  mutating func add(_ path: String, _ bytes: [UInt8], time: Timestamp = sampleTime) throws {
    try add(.file(path, size: bytes.count, time: time))
    try append(bytes.span.bytes)
  }

  init(sample target: any BlockTarget, _ geometry: Geometry, time: Timestamp = sampleTime) throws {
    try self.init(
      formatting: target, geometry: geometry, label: VolumeLabel("ALPINE"), volumeID: 0x1234_ABCD, time: time)
  }
}

/// A volume in memory that held 0xFF everywhere before, so that what was neither written nor zeroed shows.
final class SampleVolume {
  let memory: MemoryTarget
  let ledger: Ledger
  let geometry: Geometry

  init(size: UInt64 = Geometry.smallestVolumeSize, hiddenSectorCount: UInt32 = 2048) throws {
    geometry = try Geometry(volumeSize: size, hiddenSectorCount: hiddenSectorCount)
    memory = MemoryTarget(byteCount: Int(size))
    let piece = [UInt8](repeating: 0xFF, count: 1 << 20)
    for start in stride(from: 0, to: Int(size), by: piece.count) {
      try memory.write(
        piece.span.bytes.extracting(first: min(piece.count, Int(size) - start)), at: UInt64(start))
    }
    ledger = Ledger(memory)
  }

  func writer() throws -> VolumeWriter { try VolumeWriter(sample: ledger, geometry) }

  func bytes(_ offset: UInt64, _ count: Int) -> [UInt8] { memory.contents(Int(offset)..<Int(offset) + count) }

  /// Writes the volume to a file in `directory`.
  func save(in directory: TemporaryDirectory) throws -> String {
    let path = directory.path("volume.img")
    try Data(memory.contents()).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Has fsck.fat look at the volume, and compares what mtools read from it with what should be there.
  func check(_ files: [SampleFile] = [], location: SourceLocation = #_sourceLocation) throws {
    #expect(ledger.repeatedByteCount == 0, sourceLocation: location)
    try expectNothingFound(
      on: memory, hiddenSectorCount: geometry.hiddenSectorCount, location: location)
    let scratch = try TemporaryDirectory()
    let image = try save(in: scratch)
    try expectClean(image, location: location)
    guard !files.isEmpty else { return }
    let copy = scratch.url.appendingPathComponent("copy")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: false)
    let result = try mcopy.run(
      ["-s", "-n", "-m", "-i", image, "::*", copy.path], environment: ["LC_ALL": "C.UTF-8"])
    #expect(result.status == 0, "\(result.errors)", sourceLocation: location)
    for file in files {
      let url = copy.appendingPathComponent(file.path)
      let read = try? Data(contentsOf: url)
      #expect(read == Data(file.bytes), "\(file.path)", sourceLocation: location)
      let date = try? FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate] as? Date
      #expect(
        date?.timeIntervalSince1970 == Double(file.time.seconds & ~1), "\(file.path)",
        sourceLocation: location)
    }
  }
}

/// Our own checker finds nothing at all.
func expectNothingFound(
  on target: any BlockTarget, hiddenSectorCount: UInt32, location: SourceLocation = #_sourceLocation
) throws {
  let summary = try Checker(target).check(hiddenSectorCount: hiddenSectorCount) {
    Issue.record("\($0)", sourceLocation: location)
  }
  #expect(summary.isComplete, sourceLocation: location)
}

/// fsck.fat finds nothing, and takes the volume for FAT32.
func expectClean(_ image: String, location: SourceLocation = #_sourceLocation) throws {
  let result = try fsck.run("-n", "-v", image)
  #expect(result.status == 0, "\(result.text)\(result.errors)", sourceLocation: location)
  #expect(result.text.contains("2 FATs, 32 bit entries"), sourceLocation: location)
  let remarks = [
    "differ", "ontain", "nvalid", "Dirty", "Wrong", "wrong", "rong", "Orphan", "Reclaim", "orrect",
  ]
  for remark in remarks where result.text.replacing("Boot sector contents", with: "").contains(remark) {
    Issue.record("\(result.text)", sourceLocation: location)
  }
}

/// What `encode` leaves in so many zero bytes.
func encoded(_ byteCount: Int, _ encode: (inout MutableRawSpan) -> Void) -> [UInt8] {
  var buffer = AlignedBuffer(byteCount: byteCount)
  var bytes = buffer.mutableBytes
  encode(&bytes)
  return bytes.bytes.copy(0..<byteCount)
}

/// Bytes that are not all the same and that a seed decides.
func sampleBytes(_ count: Int, seed: Int = 1) -> [UInt8] {
  var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
  var bytes = [UInt8](repeating: 0, count: count)
  for index in stride(from: 0, to: count, by: 61) {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    bytes[index] = UInt8(truncatingIfNeeded: state >> 33)
  }
  return bytes
}

/// A volume with nothing in it, in a sparse file.
func writeEmptyVolume(_ path: String, size: UInt64, hiddenSectorCount: UInt32) throws {
  let image = try ImageFile(path: path, size: size)
  let geometry = try Geometry(volumeSize: size, hiddenSectorCount: hiddenSectorCount)
  let ledger = Ledger(image)
  var writer = try VolumeWriter(sample: ledger, geometry)
  try writer.finish()
  #expect(ledger.repeatedByteCount == 0)
  try image.commit(isDurable: false)
}
