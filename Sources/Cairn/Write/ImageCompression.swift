// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// How a file that is taken for an image is compressed, by its first bytes: a card written from it would hold nothing
/// that boots.
///
/// Source: RFC 1952, section 2.3.1; the XZ file format, section 2.1.1.1; RFC 8878, section 3.1.1; bzip2's "BZh"; ZIP,
/// APPNOTE.TXT, section 4.3.7.
public enum ImageCompression: String, Sendable, CaseIterable {
  case gzip, xz, zstd, bzip2, zip

  private var magic: [UInt8] {
    switch self {
    case .gzip: [0x1F, 0x8B, 0x08]
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    case .bzip2: Array("BZh".utf8)
    case .zip: [0x50, 0x4B, 0x03, 0x04]
    }
  }

  /// The command that unpacks it.
  var unpacking: String {
    switch self {
    case .gzip: "gunzip"
    case .xz: "unxz"
    case .zstd: "unzstd"
    case .bzip2: "bunzip2"
    case .zip: "unzip"
    }
  }

  /// Nil for an image as it comes.
  init?(of image: ReadOnlyFile) throws(WriteError) {
    let start: [UInt8]
    do { start = try image.firstBytes(8) } catch { throw .image(error) }
    guard let match = Self.allCases.first(where: { start.starts(with: $0.magic) }) else { return nil }
    self = match
  }
}
