// SPDX-License-Identifier: Apache-2.0

extension String {
  /// "My\040Card" is "My Card". Source: proc(5).
  var decodingOctalEscapes: String {
    guard contains("\\") else { return self }
    return decoding { rest in
      guard rest.count >= 4, rest.dropFirst().prefix(3).allSatisfy({ (0x30...0x37).contains($0) }) else {
        return nil
      }
      let value = rest.dropFirst().prefix(3).reduce(0) { $0 * 8 + Int($1 - 0x30) }
      return UInt8(exactly: value).map { ($0, 4) }
    }
  }

  /// "Mass\x20Storage" is "Mass Storage". Source: libudev, udev_util_encode_string.
  var decodingHexEscapes: String {
    guard contains("\\x") else { return self }
    return decoding { rest in
      guard rest.count >= 4, rest.dropFirst().first == UInt8(ascii: "x") else { return nil }
      let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self)
      guard digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else { return nil }
      return (value, 4)
    }
  }

  /// - Parameter escape: what a backslash and what follows it stand for, and how many bytes they are; nil where they
  ///   stand for themselves.
  private func decoding(_ escape: (ArraySlice<UInt8>) -> (value: UInt8, byteCount: Int)?) -> String {
    let bytes = Array(utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\"), let (value, byteCount) = escape(bytes[index...]) {
        decoded.append(value)
        index += byteCount
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
