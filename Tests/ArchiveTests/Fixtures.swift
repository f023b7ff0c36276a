// SPDX-License-Identifier: Apache-2.0
@testable import Archive
public import Entries
import Foundation
import TestSupport

/// Paths as literals: trusted, as `EntryPath(StaticString)` is.
extension EntryPath: ExpressibleByStringLiteral {
  public init(stringLiteral text: StaticString) { self.init(text) }
}

/// The tar that `fill` writes.
func written(
  _ fill: (inout TarWriter) throws -> Void
) throws -> [UInt8] {
  let sink = MemorySink()
  var writer = TarWriter(to: sink)
  try fill(&writer)
  try writer.finish()
  return sink.bytes
}

func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

extension TarWriter {
  mutating func append(_ text: String) throws(ArchiveError) {
    let bytes = Array(text.utf8)
    try append(bytes.span.bytes)
  }
}

extension ByteSink {
  func write(_ text: String) throws(ArchiveError) {
    let bytes = Array(text.utf8)
    try write(bytes.span.bytes)
  }
}

/// An entry and all its bytes.
struct Read: Equatable {
  var entry: Entry
  var bytes: [UInt8] = []

  /// Content as a file system shows it: with zeros in the holes.
  var content: [UInt8] {
    guard case .regular(let shape) = entry.kind, let ranges = shape.dataRanges else { return bytes }
    var content = [UInt8](repeating: 0, count: Int(shape.size))
    var position = 0
    for range in ranges {
      content.replaceSubrange(
        Int(range.lowerBound)..<Int(range.upperBound), with: bytes[position..<position + range.count])
      position += range.count
    }
    return content
  }
}

/// All that an archive holds.
func readAll(_ path: String) throws -> [Read] {
  var reader = try ArchiveReader(path: path)
  return try readAll(from: &reader)
}

/// All that a reader has left.
func readAll<Reader: EntryReader & ~Copyable>(from reader: inout Reader) throws -> [Read] {
  var all: [Read] = []
  while let entry = try reader.next() {
    all.append(Read(entry: entry, bytes: try readContent(from: &reader)))
  }
  return all
}

/// What is left of the content of the reader's current entry.
func readContent<Reader: EntryReader & ~Copyable>(from reader: inout Reader) throws -> [UInt8] {
  var content: [UInt8] = []
  while true {
    let bytes = try reader.nextBytes()
    if bytes.isEmpty { return content }
    content += bytes.copy(0..<bytes.byteCount)
  }
}

func readAll(_ archive: some Sequence<UInt8>) throws -> [Read] {
  let directory = try TemporaryDirectory()
  try Data(archive).write(to: URL(fileURLWithPath: directory.path("a")))
  return try readAll(directory.path("a"))
}

/// The same without a file and a thread, in pieces of `pieceSize` bytes.
func parse(_ tar: [UInt8], pieceSize: Int = 1 << 18) throws(TarFailure) -> [Read] {
  var parser = TarParser()
  var all: [Read] = []
  for start in stride(from: 0, to: tar.count, by: pieceSize) {
    let piece = Array(tar[start..<min(tar.count, start + pieceSize)])
    var items: [TarParser.Item] = []
    try parser.parse(piece.span.bytes, into: &items)
    for item in items {
      switch item {
      case .entry(let entry): all.append(Read(entry: entry))
      case .content(let range): all[all.count - 1].bytes += piece[range]
      }
    }
  }
  try parser.finish()
  return all
}

/// A header block made by hand, with the right checksum: fields as texts at their offsets in the POSIX table.
func header(
  _ name: String, type: Character = "0", size: Int = 0, link: String = "", fields: [Int: [UInt8]] = [:]
) -> [UInt8] {
  var block = [UInt8](repeating: 0, count: 512)
  func put(_ bytes: [UInt8], _ offset: Int) {
    block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }
  let octalSize = String(size, radix: 8)
  put(Array(name.utf8), 0)
  put(Array("0000644\0".utf8), 100)
  put(Array("0000000\0".utf8), 108)
  put(Array("0000000\0".utf8), 116)
  put(Array((String(repeating: "0", count: 11 - octalSize.count) + octalSize).utf8), 124)
  put(Array("00000000000\0".utf8), 136)
  put(Array(String(type).utf8), 156)
  put(Array(link.utf8), 157)
  put(Array("ustar\u{0}00".utf8), 257)
  for (offset, bytes) in fields { put(bytes, offset) }
  return summed(block)
}

/// The block with its checksum.
func summed(_ block: [UInt8]) -> [UInt8] {
  var block = block
  var sum = 8 * 0x20
  for offset in 0..<512 where offset < 148 || offset >= 156 { sum += Int(block[offset]) }
  for (index, digit) in String(sum + 0o1000000, radix: 8).utf8.dropFirst().enumerated() {
    block[148 + index] = digit
  }
  block[154] = 0
  block[155] = 0x20
  return block
}

/// Bytes and the zeros up to the next block.
func padded(_ bytes: [UInt8]) -> [UInt8] {
  bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
}

func padded(_ text: String) -> [UInt8] { padded(Array(text.utf8)) }

/// An extended header and its records.
func records(_ text: String, type: Character = "x") -> [UInt8] {
  header("PaxHeaders/f", type: type, size: text.utf8.count) + padded(text)
}

/// The two blocks of zeros.
let end = [UInt8](repeating: 0, count: 1024)
