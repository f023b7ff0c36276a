// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

let mkfs = ForeignTool("mkfs.fat")
let mmd = ForeignTool("mmd")
let mattrib = ForeignTool("mattrib")

/// An entry and its bytes.
struct ReadFile: Equatable {
  let entry: Entry
  let bytes: [UInt8]

  var path: String { String(decoding: entry.path.bytes, as: UTF8.self) }
}

extension VolumeReader {
  /// All entries that are left, with their bytes.
  mutating func readAll() throws(FAT32Error) -> [ReadFile] {
    var files: [ReadFile] = []
    while let entry = try next() {
      files.append(ReadFile(entry: entry, bytes: try restOfContent()))
    }
    return files
  }

  /// What is left of the current content.
  mutating func restOfContent() throws(FAT32Error) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let piece = try nextBytes()
      if piece.isEmpty { return bytes }
      piece.withUnsafeBytes { bytes += $0 }
    }
  }

  mutating func item(at path: String) throws -> DirectoryItem { try item(at: EntryPath(sample: path)) }

  /// A part of a file, at most so many bytes.
  mutating func read(_ path: String, at offset: UInt64, _ byteCount: Int) throws -> [UInt8] {
    var buffer = AlignedBuffer(byteCount: byteCount)
    var bytes = buffer.mutableBytes
    let count = try read(item(at: path), into: &bytes, at: offset)
    return bytes.bytes.copy(0..<count)
  }
}

extension SampleVolume {
  func store(_ bytes: [UInt8], at offset: UInt64) throws {
    try memory.write(bytes.span.bytes, at: offset)
  }

  /// Writes a number to both FATs.
  func link(_ cluster: UInt32, to number: UInt32) throws {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    for copy in 0..<2 as Range<UInt64> {
      try store(bytes, at: geometry.fatOffset + copy * geometry.fatSize + UInt64(cluster) * 4)
    }
  }
}
