// SPDX-License-Identifier: Apache-2.0

/// A size as people write it: "256MiB", "2G", "3.6 GB", "1048576".
///
/// As in util-linux: K, M, G, T and KiB, MiB, GiB, TiB are powers of 1,024, KB, MB, GB, TB are powers of 1,000, a
/// number alone is bytes. Case does not matter. A fraction is cut to whole bytes.
public struct ByteSize: Hashable, Sendable {
  public var byteCount: UInt64

  public init(byteCount: UInt64) { self.byteCount = byteCount }

  /// Nil where the text is no such size, is negative, or is beyond 2^63 bytes.
  public init?(_ text: String) {
    let digits = text.prefix { "0123456789.".contains($0) }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    guard let scale = Self.scales[unit] else { return nil }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = UInt64(parts[0]) else { return nil }
    let (byteCount, overflow) = whole.multipliedReportingOverflow(by: scale)
    guard !overflow else { return nil }
    var fraction: UInt64 = 0
    if parts.count == 2 {
      guard scale > 1, let part = Self.fraction(parts[1], of: scale) else { return nil }
      fraction = part
    }
    guard byteCount <= UInt64(Int64.max) - fraction else { return nil }
    self.byteCount = byteCount + fraction
  }

  /// "6" of 1,000 is 600. Nil where there are no digits, or more than make a difference.
  private static func fraction(_ digits: Substring, of scale: UInt64) -> UInt64? {
    guard (1...6).contains(digits.count), let numerator = UInt64(digits) else { return nil }
    let denominator = digits.reduce(into: UInt64(1)) { value, _ in value *= 10 }
    return scale / denominator * numerator + scale % denominator * numerator / denominator
  }

  private static let scales: [String: UInt64] = [
    "": 1, "b": 1,
    "k": 1 << 10, "kib": 1 << 10, "kb": 1000,
    "m": 1 << 20, "mib": 1 << 20, "mb": 1_000_000,
    "g": 1 << 30, "gib": 1 << 30, "gb": 1_000_000_000,
    "t": 1 << 40, "tib": 1 << 40, "tb": 1_000_000_000_000,
  ]
}

extension ByteSize: CustomStringConvertible {
  /// Exact where a binary unit gives a whole number of up to four digits ("256 MiB", "1788 MiB"), else `rounded`.
  public var description: String {
    for (unit, shift) in Self.units where byteCount & ((1 << shift) - 1) == 0 {
      if (1..<10_000).contains(byteCount >> shift) { return "\(byteCount >> shift) \(unit)" }
    }
    return rounded
  }

  /// With one decimal, cut, in the largest binary unit that gives at least 1: "104.2 MiB", "2.0 GiB".
  public var rounded: String {
    guard let (unit, shift) = Self.units.first(where: { byteCount >= 1 << $1 }), shift > 0 else {
      return "\(byteCount) bytes"
    }
    let tenths = ((byteCount >> (shift - 10)) * 10) >> 10
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }

  private static let units: [(name: String, shift: UInt64)] = [
    ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("bytes", 0),
  ]
}
