// SPDX-License-Identifier: Apache-2.0

/// Looks at a password's hash as etc/shadow holds it.
///
/// Alpine's login, sshd and doas ask musl's crypt, which knows MD5, bcrypt, SHA-256 and SHA-512 (and DES, which is not
/// taken here: any word of 13 letters would pass for one).
///
/// Source: musl, src/crypt; crypt(5).
enum PasswordHash {
  /// What is wrong with it, and what would be right; nil where nothing is.
  static func problem(_ hash: String) -> String? {
    let parts = hash.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 4, parts[0].isEmpty, let format = formats[parts[1]] else {
      return refusal(of: hash, parts)
    }
    return format(Array(parts.dropFirst(2))) ? nil : "is cut off or damaged; \(advice)"
  }

  private static let advice = "make one by: openssl passwd -6"
}

extension PasswordHash {
  private static var formats: [String: ([String]) -> Bool] {
    [
      "1": { isSalted($0, mostSalt: 8, digestCount: 22) },
      "2a": isBcrypt, "2b": isBcrypt, "2y": isBcrypt,
      "5": { isSalted(withoutRounds($0), mostSalt: 16, digestCount: 43) },
      "6": { isSalted(withoutRounds($0), mostSalt: 16, digestCount: 86) },
    ]
  }

  private static func refusal(of hash: String, _ parts: [String]) -> String {
    guard parts.count >= 3, parts[0].isEmpty else {
      return "is no hash of a password (\"$6$…\"); \(advice)"
    }
    let names = ["y": "yescrypt", "gy": "yescrypt", "7": "scrypt"]
    guard let name = names[parts[1]] else {
      return "is of a kind that Alpine's crypt doesn't know; \(advice)"
    }
    return "is of \(name), which Alpine's crypt doesn't know; \(advice)"
  }

  /// Salt and digest.
  private static func isSalted(_ parts: [String], mostSalt: Int, digestCount: Int) -> Bool {
    parts.count == 2 && (0...mostSalt).contains(parts[0].utf8.count)
      && parts[0].utf8.allSatisfy { !$0.isSpaceOrControl && $0 < 0x7F && $0 != UInt8(ascii: ":") }
      && parts[1].utf8.count == digestCount && parts[1].isMadeOfLettersAndDigits(or: "./")
  }

  /// musl takes rounds from 1,000 to 9,999,999.
  private static func withoutRounds(_ parts: [String]) -> [String] {
    guard let first = parts.first, first.hasPrefix("rounds=") else { return parts }
    let rounds = first.dropFirst("rounds=".count)
    guard rounds.utf8.allSatisfy(\.isDigit), let count = Int(rounds), (1000...9_999_999).contains(count)
    else {
      return []
    }
    return Array(parts.dropFirst())
  }

  /// Cost, then 22 characters of salt and 31 of digest.
  private static func isBcrypt(_ parts: [String]) -> Bool {
    parts.count == 2 && parts[0].utf8.count == 2 && parts[0].utf8.allSatisfy(\.isDigit)
      && (4...31).contains(Int(parts[0]) ?? 0) && parts[1].utf8.count == 53
      && parts[1].isMadeOfLettersAndDigits(or: "./")
  }
}
