// SPDX-License-Identifier: Apache-2.0

// A short name as people read it.
extension ShortName {
  /// Which parts of a name Windows NT, Linux and the mtools show in lower case. `DIR_NTRes`, which the specification
  /// reserves.
  struct CaseBits: OptionSet, Sendable {
    let rawValue: UInt8

    static let lowerBase = CaseBits(rawValue: 0x08)
    static let lowerSuffix = CaseBits(rawValue: 0x10)
  }

  /// The name without its filling, with a dot before the suffix where there is one.
  func text(_ caseBits: CaseBits = []) -> String {
    let base = text(of: 0..<8, lower: caseBits.contains(.lowerBase))
    let suffix = text(of: 8..<11, lower: caseBits.contains(.lowerSuffix))
    return suffix.isEmpty ? base : base + "." + suffix
  }

  /// All eleven characters in one, without the spaces that fill them up: the name of a volume.
  var labelText: String { text(of: 0..<11, lower: false) }

  private func text(of places: Range<Int>, lower: Bool) -> String {
    var bytes = places.map { self[$0] }
    // 0x05 stands for 0xE5, which would mean a deleted entry.
    if places.lowerBound == 0, bytes[0] == 0x05 { bytes[0] = 0xE5 }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    let text = CodePage437.text(bytes)
    return lower ? text.lowercased() : text
  }
}

/// What bytes above 0x7F in short names mean to those that wrote them depends on their country; this is the one of
/// the first PC, which Linux takes where it isn't told another.
private enum CodePage437 {
  private static let upperHalf = Array(
    ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ" + "áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
      + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars)

  static func text(_ bytes: [UInt8]) -> String {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return String(decoding: bytes, as: UTF8.self) }
    let scalars = bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : upperHalf[Int($0) - 0x80] }
    return String(String.UnicodeScalarView(scalars))
  }
}
