// SPDX-License-Identifier: Apache-2.0
@testable import Alpine
import Archive
import Entries
import Foundation
import Testing

/// A package file as abuild makes one: signature, control and data, each a gzip member.
func packageFile(
  _ information: String, name: String = "data", signature: String? = "signature", data: [UInt8] = [1, 2, 3],
  hasDigest: Bool = true
) throws -> [UInt8] {
  let signed = try signature.map {
    try member([SampleFile(".SIGN.RSA.someone.rsa.pub", .text($0))], withEnd: false)
  }
  let content = try member([SampleFile("usr/share/\(name)", .bytes(data))])
  let digest = hasDigest ? "datahash = \(Digest.sha256(content).hexadecimal)\n" : ""
  let control = try member([SampleFile(".PKGINFO", .text(information + digest))], withEnd: false)
  return (signed ?? []) + control + content
}

func member(_ files: [SampleFile], withEnd: Bool = true) throws -> [UInt8] {
  try SampleTree(files).compressedTar(withEnd: withEnd)
}

/// APKINDEX.tar.gz of a text.
func index(_ text: String, name: String = "APKINDEX") throws -> [UInt8] {
  try member([SampleFile("DESCRIPTION", .text("test\n")), SampleFile(name, .text(text))])
}

/// Entries with their bytes, in pieces.
struct Replay: EntryReader {
  private var files: ArraySlice<(entry: Entry, bytes: [UInt8])>
  private let pieceByteCount: Int
  private var piece: [UInt8] = []
  private var rest: ArraySlice<UInt8> = []

  struct Failure: Error, Equatable {}

  init(_ files: [(entry: Entry, bytes: [UInt8])], pieceByteCount: Int = 4096) {
    self.files = files[...]
    self.pieceByteCount = pieceByteCount
  }

  /// Regular files by their paths, and directories, which end in a slash.
  init(_ files: [(path: String, bytes: [UInt8])], pieceByteCount: Int = 4096) throws {
    self.init(
      try files.map { path, bytes in
        let kind: Entry.Kind =
          path.hasSuffix("/") ? .directory : .regular(Entry.Content(size: UInt64(bytes.count)))
        let time = Timestamp(seconds: 1_617_180_720)
        return (
          Entry(
            try EntryPath(path.utf8), kind, mode: 0o600, owner: Entry.Owner(user: 1000, group: 1000),
            modificationTime: time), bytes
        )
      }, pieceByteCount: pieceByteCount)
  }

  mutating func next() throws(Failure) -> Entry? {
    guard let file = files.popFirst() else { return nil }
    rest = file.bytes[...]
    return file.entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(Failure) -> RawSpan {
    piece = Array(rest.prefix(pieceByteCount))
    rest = rest.dropFirst(pieceByteCount)
    return piece.span.bytes
  }
}

extension Package {
  /// Of an index's paragraph.
  init(_ paragraph: String) throws {
    var parser = PackageIndexParser(path: "test")
    try parser.take(Array(paragraph.utf8).span.bytes)
    self = try parser.finish()[0]
  }
}

/// "name-1.0-r0: needs | provides", for tables.
func packages(_ lines: String...) throws -> [Package] {
  try lines.map { line in
    let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
    let dash = try #require(parts[0].firstRange(of: /-(?=[0-9])/)).lowerBound
    let lists = (parts.count > 1 ? parts[1] : "").split(separator: "|", omittingEmptySubsequences: false)
    return try Package(
      """
      P:\(parts[0][..<dash])
      V:\(parts[0][parts[0].index(after: dash)...])
      D:\(lists.first ?? "")
      p:\(lists.count > 1 ? lists[1] : "")
      """)
  }
}
