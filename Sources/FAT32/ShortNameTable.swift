// SPDX-License-Identifier: Apache-2.0

/// The short names of one directory, and new ones for long names as Windows makes them: `LONGNA~1.TXT` to `~4`, from
/// there on with two characters and a hash of the long name, `LOBC84~1.TXT`.
///
/// The names that are 8.3 names themselves must be reserved first: none of them is then taken as an alias.
struct ShortNameTable {
  private var taken: Set<ShortName> = []
  /// The number to try next behind each stem, so that no number is tried twice: a name takes the same time however
  /// many collide.
  private var nextNumbers: [AliasStem: Int] = [:]

  /// Behind this number, the hash comes in.
  private static let largestPlainNumber = 4

  /// - Parameter capacity: how many names will come; more are no error.
  init(capacity: Int) { taken.reserveCapacity(capacity) }

  mutating func reserve(_ name: ShortName) { taken.insert(name) }

  /// A short name that nothing else in the directory has, reserved.
  mutating func alias(for name: LongName) -> ShortName {
    let stem = AliasStem(name)
    // There are no more than 65,536 entries in a directory, so a number is free before the digits run out.
    return alias(stem, upTo: Self.largestPlainNumber) ?? alias(stem.hashed(name), upTo: 999_999) ?? .blank
  }

  private mutating func alias(_ stem: AliasStem, upTo limit: Int) -> ShortName? {
    // Most stems come once, and need no counting.
    let first = stem.numbered(1)
    if taken.insert(first).inserted { return first }
    var number = nextNumbers[stem, default: 2]
    guard number <= limit else { return nil }
    defer { nextNumbers[stem] = number }
    while number <= limit {
      let name = stem.numbered(number)
      number += 1
      if taken.insert(name).inserted { return name }
    }
    return nil
  }
}

/// What a long name leaves for an alias: legal characters in upper case, without spaces and dots.
private struct AliasStem: Hashable {
  /// Up to six characters and up to three of what stands behind the last dot.
  private var name = ShortName.blank
  private var baseCount = 0

  init(_ longName: LongName) {
    let dot = UInt16(UInt8(ascii: "."))
    let body = longName.units.drop { $0 == dot }
    let lastDot = body.lastIndex(of: dot) ?? body.endIndex
    baseCount = append(body[..<lastDot], to: 0..<6)
    _ = append(body[lastDot...], to: 8..<11)
  }

  /// The first two characters and four hexadecimal digits that Windows XP to 7 make of the UTF-16 units.
  func hashed(_ longName: LongName) -> AliasStem {
    let sum = longName.units.reduce(0 as UInt16) { $0 &* 37 &+ $1 }
    let product = Int32(bitPattern: UInt32(sum) &* 314_159_269)
    let hash = product.magnitude % 1_000_000_007
    var stem = self
    stem.baseCount = min(2, baseCount)
    for shift in stride(from: 0 as UInt32, to: 16, by: 4) {
      let digit = UInt8(hash >> shift & 15)
      stem.name[stem.baseCount] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
      stem.baseCount += 1
    }
    return stem
  }

  /// "~" and the number behind as many characters as that leaves room for.
  ///
  /// - Parameter number: up to six digits.
  func numbered(_ number: Int) -> ShortName {
    var numbered = name
    var digitCount = 1
    var largest = 9
    while number > largest {
      digitCount += 1
      largest = largest * 10 + 9
    }
    let tilde = min(baseCount, 7 - digitCount)
    numbered[tilde] = UInt8(ascii: "~")
    var rest = number
    for index in stride(from: tilde + digitCount, to: tilde, by: -1) {
      numbered[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    return numbered
  }

  /// Puts what may stand in a short name to some of its places, "_" for every other character.
  ///
  /// - Returns: how many places were filled.
  private mutating func append(_ units: ArraySlice<UInt16>, to places: Range<Int>) -> Int {
    var place = places.lowerBound
    for unit in units where place < places.upperBound {
      // The second half of a surrogate pair belongs to the character that its first half has given.
      let isDropped =
        unit == UInt16(UInt8(ascii: " ")) || unit == UInt16(UInt8(ascii: ".")) || UTF16.isTrailSurrogate(unit)
      if isDropped { continue }
      let byte = UInt8(exactly: unit).map(ShortName.upperCase) ?? 0
      name[place] = ShortName.isLegal(byte) ? byte : UInt8(ascii: "_")
      place += 1
    }
    return place - places.lowerBound
  }
}
