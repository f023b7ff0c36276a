// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// An entry with its bytes.
struct Sample {
  var entry: Entry
  var bytes: [UInt8] = []
}

extension Sample {
  /// Whether tests may take long.
  static let isLong = ProcessInfo.processInfo.environment["CAIRN_LONG_TESTS"] != nil

  static let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789)

  static func path(_ text: String) -> EntryPath {
    guard let path = try? EntryPath(Array(text.utf8)) else { preconditionFailure("a path of the test's own") }
    return path
  }

  static func file(
    _ name: String, _ bytes: [UInt8], mode: UInt16 = 0o644, owner: Entry.Owner = .root, time: Timestamp = time
  ) -> Sample {
    Sample(
      entry: Entry(
        path(name), .regular(.init(size: UInt64(bytes.count))), mode: mode, owner: owner,
        modificationTime: time),
      bytes: bytes)
  }

  static func other(
    _ name: String, _ kind: Entry.Kind, mode: UInt16 = 0o755, owner: Entry.Owner = .root,
    time: Timestamp = time
  ) -> Sample {
    Sample(entry: Entry(path(name), kind, mode: mode, owner: owner, modificationTime: time))
  }

  /// Bytes that differ from block to block and from file to file.
  static func content(_ byteCount: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let words = (0..<byteCount / 8 + 1).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    return words.withUnsafeBytes { Array($0.prefix(byteCount)) }
  }
}

/// A volume in an image file, and the tools that judge it.
final class SampleVolume {
  static let e2fsck = ForeignTool("e2fsck")
  static let debugfs = ForeignTool("debugfs")
  static let dumpe2fs = ForeignTool("dumpe2fs")

  let directory: TemporaryDirectory
  var path: String { directory.path("volume") }

  static func format(size: UInt64) -> Format {
    Format(
      size: size, label: label, uuid: identifier(0x10), hashSeed: identifier(0x20),
      time: Timestamp(seconds: 1_600_000_000))
  }

  static var label: VolumeLabel { (try? VolumeLabel("cairn-data")) ?? .empty }

  static func identifier(_ first: UInt8) -> Identifier {
    Identifier((0..<16).map { first + $0 }) ?? preconditionFailureIdentifier()
  }

  private static func preconditionFailureIdentifier() -> Identifier {
    preconditionFailure("sixteen bytes")
  }

  convenience init(size: UInt64, _ samples: [Sample] = [], format: Format? = nil) throws {
    try self.init(size: size, format: format) { writer in try Self.fill(&writer, samples) }
  }

  /// Makes the volume through a ledger and checks that no byte came twice; `fill` finishes it.
  init(size: UInt64, format: Format? = nil, fill: (inout VolumeWriter) throws -> Void) throws {
    directory = try TemporaryDirectory()
    let image = try ImageFile(path: directory.path("volume"), size: size)
    let ledger = Ledger(image)
    var writer = try VolumeWriter(formatting: ledger, format: format ?? Self.format(size: size))
    try fill(&writer)
    #expect(ledger.repeatedByteCount == 0)
    try image.commit(isDurable: false)
  }

  /// A volume that was made elsewhere.
  init(contents: [UInt8]) throws {
    directory = try TemporaryDirectory()
    try Data(contents).write(to: directory.url.appendingPathComponent("volume"))
  }

  static func fill(_ target: any BlockTarget, _ format: Format, _ samples: [Sample]) throws(Ext4Error) {
    var writer = try VolumeWriter(formatting: target, format: format)
    try fill(&writer, samples)
  }

  static func fill<Writer: EntryWriter & ~Copyable>(
    _ writer: inout Writer, _ samples: [Sample]
  ) throws(Writer.Failure) {
    try add(samples, to: &writer)
    try writer.finish()
  }

  static func add<Writer: EntryWriter & ~Copyable>(
    _ samples: [Sample], to writer: inout Writer
  ) throws(Writer.Failure) {
    for sample in samples {
      try writer.add(sample.entry)
      try append(sample.bytes, to: &writer)
    }
  }

  /// In pieces of uneven size, as a stream brings them.
  static func append<Writer: EntryWriter & ~Copyable>(
    _ bytes: [UInt8], to writer: inout Writer
  ) throws(Writer.Failure) {
    var position = 0
    var count = 1000
    while position < bytes.count {
      let end = min(position + count, bytes.count)
      try writer.append(bytes.span.bytes.extracting(position..<end))
      position = end
      count = count * 3 % 200_003 + 1
    }
  }

  /// What e2fsck says of it; nil where it finds nothing.
  func complaints() throws -> String? {
    let result = try Self.e2fsck.run("-fn", path)
    return result.status == 0 ? nil : result.text + result.errors
  }

  /// Lines of `dumpe2fs -h`, by what stands before the colon.
  func header() throws -> [String: String] { try Self.header(of: path) }

  static func header(of path: String) throws -> [String: String] {
    var fields: [String: String] = [:]
    for line in try dumpe2fs.run("-h", path).text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[String(line[..<colon])] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return fields
  }

  func debugfs(_ request: String) throws -> String {
    try Self.debugfs.run("-R", request, path).text
  }

  /// The bytes of a file as debugfs reads them.
  func dump(_ name: String) throws -> [UInt8] {
    let output = directory.path("dump")
    _ = try debugfs("dump \"/\(name)\" \(output)")
    return Array(try Data(contentsOf: URL(fileURLWithPath: output)))
  }
}

extension Sample {
  /// So many empty files in one directory, whose names differ in length.
  static func names(_ count: Int) -> [Sample] {
    (0..<count).map { file("names/\($0)" + String(repeating: "-", count: $0 % 50), []) }
  }
}
