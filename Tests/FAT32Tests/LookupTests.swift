// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import TestSupport
import Testing

@testable import FAT32

/// A volume held against the source that it was filled from.
@Suite struct LookupTests {
  private static let files = [
    SampleFile(path: "a/long name.txt", bytes: sampleBytes(300_001)),
    SampleFile(path: "a/b/c", bytes: sampleBytes(700, seed: 2)), SampleFile(path: "EMPTY", bytes: []),
  ]

  private func reader(_ files: [SampleFile]) throws -> VolumeReader {
    let volume = try SampleVolume()
    var writer = try volume.writer()
    for file in files { try writer.add(file.path, file.bytes, time: file.time) }
    try writer.finish()
    return try VolumeReader(volume.memory)
  }

  private func differences(_ source: [SampleFile], _ volume: [SampleFile]) throws -> [String] {
    var source = try reader(source)
    var lookup = try reader(volume)
    var comparison = Comparison(.fat)
    try comparison.add(contentsOf: &source, on: &lookup)
    try comparison.finish(on: &lookup)
    return comparison.differences.map(\.description)
  }

  @Test func `volumes of the same content differ in nothing`() throws {
    #expect(try differences(Self.files, Self.files.reversed()) == [])
  }

  @Test(arguments: [0, 262_143, 262_144, 300_000])
  func `the first byte that differs is told`(offset: Int) throws {
    var files = Self.files
    files[0].bytes[offset] ^= 1
    #expect(try differences(Self.files, files) == ["a/long name.txt: content differs from byte \(offset) on"])
  }

  @Test func `what one of them has alone is told, and what is a directory there`() throws {
    var files = Self.files
    files[1].path = "a/b"
    files[2].path = "other"
    #expect(
      try differences(Self.files, files) == [
        "a/b/c: missing on the volume", "EMPTY: missing on the volume",
        "a/b: a directory in the source, a file on the volume", "other: not in the source",
      ])
  }

  @Test func `holes are held against the bytes of the volume`() throws {
    var bytes = [UInt8](repeating: 0, count: 600_000)
    bytes[599_999] = 1
    var lookup = try reader([SampleFile(path: "file", bytes: bytes)])
    let file = try lookup.item(at: EntryPath("file"))
    #expect(try lookup.firstNonzeroByte(of: file, in: 0..<600_000) == 599_999)
    #expect(try lookup.firstNonzeroByte(of: file, in: 0..<599_999) == nil)
    #expect(try lookup.firstNonzeroByte(of: file, in: 599_999..<600_000) == 599_999)
  }
}
