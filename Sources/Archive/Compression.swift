// SPDX-License-Identifier: Apache-2.0

/// How an archive is compressed.
public enum Compression: String, Equatable, Sendable, CaseIterable {
  case none, gzip, bzip2, xz, zstd, lz4, lzip
}

extension Compression: CustomStringConvertible {
  public var description: String { rawValue }

  /// Bytes that `recognized(by:)` looks at.
  static let magicByteCount = 10

  /// Goes by the first bytes, not by the file's name. What no compression begins with is taken as none.
  ///
  /// Sources: RFC 1952, 2.3.1; the .xz file format, 2.1.1.1; RFC 8878, 3.1.1; LZ4 frame format; lzip manual, "File
  /// format". bzip2 has only letters at its beginning, so the mark of its first block is asked for, too.
  static func recognized(by bytes: RawSpan) -> Compression {
    func begins(_ magic: [UInt8], at offset: Int = 0) -> Bool {
      bytes.byteCount >= offset + magic.count
        && magic.indices.allSatisfy { bytes.byte(at: offset + $0) == magic[$0] }
    }
    if begins([0x1F, 0x8B]) { return .gzip }
    if begins([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { return .xz }
    if begins([0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
    if begins([0x04, 0x22, 0x4D, 0x18]) { return .lz4 }
    if begins(Array("LZIP".utf8)) && (begins([0], at: 4) || begins([1], at: 4)) { return .lzip }
    let firstBlock: [UInt8] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]
    let noBlock: [UInt8] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
    if begins(Array("BZh".utf8)), begins(firstBlock, at: 4) || begins(noBlock, at: 4) { return .bzip2 }
    return .none
  }
}

/// What can be wrong in a compressed stream.
public enum CompressionProblem: Error, Equatable, Sendable {
  /// The file ends before the stream does.
  case truncated
  /// The bytes are not those that were compressed.
  case checksum
  /// Something that is no such stream follows it.
  case trailingBytes
  /// The bytes are none that a compressor writes; in the library's words where it has any.
  case damaged(String)
  /// It inflates to more than the reader has memory for.
  case tooLarge(byteCount: Int)
}

extension CompressionProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated: "the file ends too early; fetch it again"
    case .checksum: "the checksum doesn't fit the content; fetch it again"
    case .trailingBytes: "something follows the end of the compressed data"
    case .damaged(let reason): "damaged: \(reason); fetch it again"
    case .tooLarge(let byteCount): "inflates to more than \(byteCount) bytes, more than belongs there"
    }
  }
}
