// SPDX-License-Identifier: Apache-2.0

/// The name of a file as people write it, in UTF-16, and the directory entries that hold it.
///
/// Every name that is no upper-case 8.3 name gets one, `config.txt` too. Windows and Linux keep the case of such a
/// name in two bits of `DIR_NTRes`, which the specification wants to be zero; a long name before an alias that is the
/// name in upper case is what it asks for, what every reader knows, and what the Raspberry Pi's boot ROM, which looks
/// for the alias, and its later stages, which look for the long name, both find.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Long Directory Entries".
struct LongName: Equatable, Sendable {
  /// Up to 255, without an end mark.
  let units: [UInt16]

  static let largestUnitCount = 255
  /// UTF-16 units in one directory entry.
  static let unitsPerSlot = 13

  /// - Parameter bytes: UTF-8.
  init(_ bytes: some Collection<UInt8>) {
    if bytes.allSatisfy({ $0 < 0x80 }) {
      units = bytes.map(UInt16.init)
    } else {
      units = Array(String(decoding: bytes, as: UTF8.self).utf16)
    }
  }

  /// UTF-8, or nil for a name with half a surrogate pair, which that has no bytes for.
  var bytes: [UInt8]? {
    if units.allSatisfy({ $0 < 0x80 }) { return units.map(UInt8.init(truncatingIfNeeded:)) }
    return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
  }

  /// Directory entries that a name of so many UTF-16 units takes, without the short one.
  static func slotCount(unitCount: Int) -> Int { (unitCount + unitsPerSlot - 1) / unitsPerSlot }

  var slotCount: Int { Self.slotCount(unitCount: units.count) }
}

// Which names FAT can hold.
extension LongName {
  /// Checks a name and returns its length in UTF-16 units.
  ///
  /// Whether it is a `DeviceName` is not asked here: short names can be, too.
  static func unitCount(checking bytes: ArraySlice<UInt8>) throws(Problem.NameFault) -> Int {
    let isASCII = bytes.allSatisfy { $0 < 0x80 }
    for byte in bytes where byte < 0x80 {
      if byte < 0x20 { throw .controlCharacter(Unicode.Scalar(byte)) }
      if isIllegal(byte) { throw .illegalCharacter(Unicode.Scalar(byte)) }
    }
    let count = isASCII ? bytes.count : try unitCount(checkingUnicode: bytes)
    guard count <= largestUnitCount else { throw .tooLong(unitCount: count) }
    if let last = bytes.last, last == UInt8(ascii: ".") || last == UInt8(ascii: " ") {
      throw .endsWith(Unicode.Scalar(last))
    }
    return count
  }

  private static func unitCount(
    checkingUnicode bytes: ArraySlice<UInt8>
  ) throws(Problem.NameFault) -> Int {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    // 0xFFFF fills up the last entry of a long name: one in the name would end it.
    if text.utf16.contains(0xFFFF) { throw .illegalCharacter("\u{FFFF}") }
    return text.utf16.count
  }

  static func isIllegal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "<"),
      UInt8(ascii: ">"), UInt8(ascii: "?"), UInt8(ascii: "\\"), UInt8(ascii: "|"):
      true
    default: false
    }
  }

  /// The same bytes for all names that a reader of FAT takes for the same: in upper case, each character for itself.
  static func folded(_ bytes: some Collection<UInt8>) -> [UInt8] {
    if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.map(ShortName.upperCase) }
    var folded: [UInt8] = []
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      folded.append(contentsOf: UTF8.encode(upperCase(scalar)) ?? UTF8.encodedReplacementCharacter)
    }
    return folded
  }

  /// The same number for all names that `folded` makes the same, and no memory for those in ASCII.
  static func foldedHash(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.allSatisfy { $0 < 0x80 } ? hash(bytes.lazy.map(ShortName.upperCase)) : hash(folded(bytes))
  }

  /// Eight bytes at a time, which takes an eighth of the time.
  private static func hash(_ bytes: some Sequence<UInt8>) -> Int {
    var hasher = Hasher()
    var word: UInt64 = 0
    var count = 0
    for byte in bytes {
      word = word << 8 | UInt64(byte)
      count += 1
      if count % 8 == 0 { hasher.combine(word) }
    }
    hasher.combine(word)
    hasher.combine(count)
    return hasher.finalize()
  }

  /// Windows' table has single characters only, none beyond the first 65,536.
  private static func upperCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard scalar.value <= 0xFFFF else { return scalar }
    let mapping = scalar.properties.uppercaseMapping.unicodeScalars
    guard let first = mapping.first, mapping.count == 1 else { return scalar }
    return first
  }
}
