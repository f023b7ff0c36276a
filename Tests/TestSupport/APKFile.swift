// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A package as apk 2 knows it, put together by hand: a control and a data segment, each a tar in a gzip member that is
/// stored, not deflated.
public struct APKFile {
  public let bytes: [UInt8]
  /// Bytes of the control segment, whose SHA-1 is the package's identity.
  public let control: [UInt8]

  /// - Parameters:
  ///   - fields: lines of .PKGINFO besides name and version, such as "depend = musl".
  ///   - files: path and content of each file; a path that ends in / is a directory's.
  public init(
    _ name: String, version: String = "1.0-r0", fields: [String] = [],
    files: [(path: String, text: String)] = []
  ) {
    let lines = ["pkgname = \(name)", "pkgver = \(version)"] + fields
    control = Self.gzip(Self.tar(".PKGINFO", Array(lines.map { "\($0)\n" }.joined().utf8)))
    let tar = files.flatMap { Self.tar($0.path, Array($0.text.utf8)) }
    bytes = control + Self.gzip(tar + [UInt8](repeating: 0, count: 1024))
  }

  /// The package with a segment before it that holds the signature of its control segment.
  ///
  /// - Parameter key: name of the public key's file.
  public func signed(_ signature: [UInt8], key: String) -> [UInt8] {
    Self.gzip(Self.tar(".SIGN.RSA.\(key)", signature)) + bytes
  }

  public func write(to path: String) throws {
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// An entry of ustar, without the blocks that end a tar.
  private static func tar(_ path: String, _ content: [UInt8]) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    func octal(_ number: Int, digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(path, at: 0)
    put("0000755", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(content.count, digits: 11), at: 124)
    put(octal(1_617_180_720, digits: 11), at: 136)
    put("        \(path.hasSuffix("/") ? 5 : 0)", at: 148)
    put("ustar\u{0}00", at: 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0} ", at: 148)
    return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// Source: RFC 1951, 3.2.4; RFC 1952, 2.3.
  private static func gzip(_ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    var position = 0
    repeat {
      let count = min(content.count - position, 0xFFFF)
      bytes.append(position + count == content.count ? 1 : 0)
      bytes += littleEndian(UInt16(count)) + littleEndian(~UInt16(count))
      bytes += content[position..<position + count]
      position += count
    } while position < content.count
    return bytes + littleEndian(crc32(content)) + littleEndian(UInt32(content.count))
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB8_8320 }
    }
    return ~crc
  }

  private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
