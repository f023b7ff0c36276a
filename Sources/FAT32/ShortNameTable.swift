// SPDX-License-Identifier: Apache-2.0

/// The short names of one directory, and new ones for long names as Windows makes them: `LONGNA~1.TXT` to `~4`, from
/// there on with two characters and a hash of the long name, `LOBC84~1.TXT`.
///
/// The names that are 8.3 names themselves must be reserved first: none of them is then taken as an alias.
struct ShortNameTable {
  private var taken: Set<ShortName> = []
  /// The number to try next behind each stem, so that no number is tried twice: a name takes the same time however
  /// many collide.
  private var nextNumbers: [Stem: Int] = [:]

  /// What stands before the "~" and behind the dot, as a short name that no file can have in the table.
  private typealias Stem = ShortName

  /// Behind this number, the hash comes in.
  private static let largestPlainNumber = 4

  mutating func reserve(_ name: ShortName) { taken.insert(name) }

  /// A short name that nothing else in the directory has, reserved.
  mutating func alias(for name: LongName) -> ShortName {
    let parts = AliasParts(name)
    if let plain = alias(base: parts.base.prefix(6), suffix: parts.suffix, upTo: Self.largestPlainNumber) {
      return plain
    }
    let hashed = parts.base.prefix(2) + parts.hash
    // There are no more than 65,536 entries to a directory, so a number below is free.
    return alias(base: hashed, suffix: parts.suffix, upTo: 999_999) ?? ShortName(padding: [])
  }

  private mutating func alias(base: ArraySlice<UInt8>, suffix: [UInt8], upTo limit: Int) -> ShortName? {
    let stem = Stem(base: base, suffix: suffix)
    var number = nextNumbers[stem] ?? 1
    defer { nextNumbers[stem] = number }
    while number <= limit {
      let tail = Array("~\(number)".utf8)
      number += 1
      let name = ShortName(base: base.prefix(8 - tail.count) + tail, suffix: suffix)
      if taken.insert(name).inserted { return name }
    }
    return nil
  }
}

/// What a long name leaves for an alias.
private struct AliasParts {
  /// Up to six legal bytes, spaces and dots dropped.
  private(set) var base: [UInt8] = []
  /// Up to three legal bytes of what stands behind the last dot.
  private(set) var suffix: [UInt8] = []
  private let name: LongName

  init(_ name: LongName) {
    self.name = name
    let dot = UInt16(UInt8(ascii: "."))
    let body = name.units.drop { $0 == dot }
    let lastDot = body.lastIndex(of: dot) ?? body.endIndex
    base = Self.legalBytes(body[..<lastDot], count: 6)
    suffix = Self.legalBytes(body[lastDot...], count: 3)
  }

  /// Four hexadecimal digits, as Windows XP to 7 make them of the UTF-16 units.
  var hash: [UInt8] {
    var sum: UInt16 = 0
    for unit in name.units { sum = sum &* 37 &+ unit }
    let scrambled = Int32(bitPattern: UInt32(sum) &* 314_159_269)
    var value = scrambled.magnitude % 1_000_000_007
    return (0..<4).map { _ in
      let digit = UInt8(value & 15)
      value >>= 4
      return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }
  }

  /// Upper case; "_" for what a short name can't have; nothing for spaces and dots.
  private static func legalBytes(_ units: ArraySlice<UInt16>, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for unit in units where bytes.count < count {
      // The second half of a surrogate pair belongs to the character that its first half has given.
      if unit == UInt16(UInt8(ascii: " ")) || unit == UInt16(UInt8(ascii: "."))
        || UTF16.isTrailSurrogate(unit)
      {
        continue
      }
      let byte = UInt8(exactly: unit).map(ShortName.upperCase)
      bytes.append(byte.flatMap { ShortName.isLegal($0) ? $0 : nil } ?? UInt8(ascii: "_"))
    }
    return bytes
  }
}
