// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address of one machine.
///
/// Source: RFC 1123, section 2.1, for IPv4's four decimal numbers; RFC 4291, section 2.2, for IPv6.
struct InternetAddress: Equatable {
  enum Family: Equatable {
    case v4, v6

    var bitCount: Int { self == .v4 ? 32 : 128 }
  }

  let family: Family
  /// 4 or 16, the most significant first.
  let bytes: [UInt8]

  /// Nil for any other text, also for numbers with leading zeros, which some programs take for octal.
  init?(_ text: some StringProtocol) {
    if let bytes = Self.v4(text) {
      (family, self.bytes) = (.v4, bytes)
    } else if let bytes = Self.v6(text) {
      (family, self.bytes) = (.v6, bytes)
    } else {
      return nil
    }
  }

  /// Whether a machine may have it as its own: no network's name, no group, not "any".
  var isOfOneMachine: Bool {
    guard bytes.contains(where: { $0 != 0 }) else { return false }
    return family == .v4 ? (1..<224).contains(bytes[0]) && bytes[0] != 127 : bytes[0] != 0xFF && !isLoopback
  }

  private var isLoopback: Bool { bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 }

  /// fe80::/10, which is there on every interface.
  var isLinkLocal: Bool { family == .v6 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

  /// Whether the first `count` bits are the other's.
  func sharesPrefix(of count: Int, with other: InternetAddress) -> Bool {
    family == other.family && bits.prefix(count) == other.bits.prefix(count)
  }

  /// Whether all bits behind the first `count` are zero, or all are one: an IPv4 network's name, or all of its machines.
  func isNetworkOrBroadcast(prefixLength count: Int) -> Bool {
    guard family == .v4, count < 31 else { return false }
    let rest = bits.dropFirst(count)
    return rest.allSatisfy { $0 } || rest.allSatisfy { !$0 }
  }

  private var bits: [Bool] { bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 == 1 } } }
}

extension InternetAddress {
  private static func v4(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part -> UInt8? in
      guard part.utf8.allSatisfy(\.isDigit), part.count == 1 || !part.hasPrefix("0") else { return nil }
      return UInt8(part)
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func v6(_ text: some StringProtocol) -> [UInt8]? {
    guard let gap = doubleColon(in: text) else {
      return groups(text).flatMap { $0.count == 16 ? $0 : nil }
    }
    guard let left = groups(text[..<gap]), let right = groups(text[text.index(gap, offsetBy: 2)...]),
      left.count + right.count <= 14, !text[..<gap].contains(".")
    else { return nil }
    return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
  }

  private static func doubleColon(in text: some StringProtocol) -> String.Index? {
    text.indices.first { text[$0...].hasPrefix("::") }
  }

  /// Two bytes a group, four for an IPv4 address at the end; none for an empty text.
  private static func groups(_ text: some StringProtocol) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1, let address = v4(part) {
        bytes += address
        continue
      }
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexadecimalDigit),
        let group = UInt16(part, radix: 16)
      else { return nil }
      bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
    }
    return bytes
  }
}

/// An address with the length of its network's prefix: "192.168.1.5/24".
struct NetworkAddress: Equatable {
  let address: InternetAddress
  /// In bits, at least 1.
  let prefixLength: Int

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = InternetAddress(parts[0]), parts[1].utf8.allSatisfy(\.isDigit),
      !parts[1].hasPrefix("0"), let length = Int(parts[1]), (1...address.family.bitCount).contains(length)
    else { return nil }
    self.address = address
    prefixLength = length
  }
}
