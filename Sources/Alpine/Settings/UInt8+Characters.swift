// SPDX-License-Identifier: Apache-2.0
import Entries

/// Kinds of ASCII characters.
extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }

  var isLetter: Bool { isLowercaseLetter || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

  var isHexadecimalDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }

  /// Space, and what is no character to see.
  var isSpaceOrControl: Bool { self <= 0x20 || self == 0x7F }
}

extension String {
  /// Whether there is something in it, of letters, digits and `others` only.
  func isMadeOfLettersAndDigits(or others: String) -> Bool {
    let others = Set(others.utf8)
    return !isEmpty && utf8.allSatisfy { $0.isLetter || $0.isDigit || others.contains($0) }
  }

  /// As a part of a sentence: in quotes, fit for a terminal.
  var quoted: String { "\"\(Array(utf8).printable)\"" }
}
