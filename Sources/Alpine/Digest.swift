// SPDX-License-Identifier: Apache-2.0

/// SHA-1 and SHA-256 of bytes at hand or of a stream.
///
/// Source: FIPS 180-4. SHA-1 is what apk's index names packages by: an identity, not a protection.
public enum Digest: Sendable {
  case sha1
  case sha256

  /// 20 bytes.
  public static func sha1(_ bytes: RawSpan) -> [UInt8] { Digest.sha1.hash(bytes) }
  public static func sha1(_ bytes: [UInt8]) -> [UInt8] { sha1(bytes.rawBytes) }

  /// 32 bytes.
  public static func sha256(_ bytes: RawSpan) -> [UInt8] { Digest.sha256.hash(bytes) }
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes.rawBytes) }

  private func hash(_ bytes: RawSpan) -> [UInt8] {
    var stream = DigestStream(self)
    stream.update(bytes)
    return stream.finish()
  }
}

extension [UInt8] {
  /// As digests are written: two lower-case digits a byte.
  public var hexadecimal: String {
    let digits = Array<Character>("0123456789abcdef")
    return String(flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// As apk's index writes them. Source: RFC 4648, section 4.
  var base64: String {
    let digits = Array<Character>("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: count, by: 3) {
      let group = self[start..<Swift.min(start + 3, count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : "=")
      }
    }
    return text
  }
}
