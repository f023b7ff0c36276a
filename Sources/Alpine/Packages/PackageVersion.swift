// SPDX-License-Identifier: Apache-2.0

/// A package's version, in apk's order: "1.2.3b_rc1-r4".
///
/// Numbers with dots, a letter, suffixes with or without a number, a commit's hash, a revision: each but the first may
/// be missing. Numbers have any length. A text that is no version has an order, too, up to where it stops being one.
///
/// Source: apk-package(5), "version"; apk-tools 3.0, version.c, for the order.
public struct PackageVersion: Hashable, Sendable {
  public let text: String
  private let tokens: [Token]

  public init(_ text: String) {
    self.text = text
    tokens = Scanner.tokens(in: Array(text.utf8))
  }

  /// Whether the text is a version from one end to the other.
  public var isValid: Bool { tokens.last?.kind == .end }

  /// A part of a version. The last is always `end` or `invalid`.
  fileprivate struct Token: Hashable, Sendable {
    let kind: Kind
    /// Digits, a letter or a hash, as they stand there.
    var text: ArraySlice<UInt8> = []
    var suffix: Suffix?
  }

  /// In the order in which the parts come: where two versions part, the one whose next part comes first is greater.
  fileprivate enum Kind: Int {
    case firstNumber, number, letter, suffix, suffixNumber, hash, revision, end, invalid
  }

  /// In ascending order; a version without one stands between rc and cvs.
  fileprivate enum Suffix: Int, CaseIterable {
    case alpha, beta, pre, rc, cvs, svn, git, hg, p

    var isBeforeRelease: Bool { rawValue <= Self.rc.rawValue }
  }
}

extension PackageVersion: CustomStringConvertible {
  public var description: String { text }
}

// MARK: Order

extension PackageVersion: Comparable {
  public enum Order: Sendable { case less, equal, greater }

  public static func < (left: PackageVersion, right: PackageVersion) -> Bool {
    left.order(to: right) == .less
  }

  /// Where this version stands, seen from `other`.
  ///
  /// - Parameter isPrefixEnough: whether it is equal, too, when `other` ends first: 3.6.1 to 3.6.
  public func order(to other: PackageVersion, isPrefixEnough: Bool = false) -> Order {
    for (mine, theirs) in zip(tokens, other.tokens) {
      if mine.kind != theirs.kind {
        return isPrefixEnough && theirs.kind == .end ? .equal : Self.order(mine, theirs)
      }
      let order = mine.order(to: theirs)
      if order != .equal { return order }
    }
    return .equal
  }

  /// Of two versions that were the same until these.
  private static func order(_ left: Token, _ right: Token) -> Order {
    if left.suffix?.isBeforeRelease == true { return .less }
    if right.suffix?.isBeforeRelease == true { return .greater }
    return left.kind.rawValue > right.kind.rawValue ? .less : .greater
  }
}

extension PackageVersion.Token {
  /// Of two tokens of one kind.
  fileprivate func order(to other: Self) -> PackageVersion.Order {
    switch kind {
    case .firstNumber, .suffixNumber, .revision: Self.numericOrder(text, other.text)
    case .number:
      // As in a fraction, where 001 is less than 01 and that is less than 1.
      text.first == UInt8(ascii: "0") || other.text.first == UInt8(ascii: "0")
        ? Self.textOrder(text, other.text) : Self.numericOrder(text, other.text)
    case .letter, .hash: Self.textOrder(text, other.text)
    case .suffix: Self.order(suffix?.rawValue ?? 0, other.suffix?.rawValue ?? 0)
    case .end, .invalid: .equal
    }
  }

  private static func numericOrder(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>)
    -> PackageVersion.Order
  {
    let left = left.drop { $0 == UInt8(ascii: "0") }
    let right = right.drop { $0 == UInt8(ascii: "0") }
    return left.count == right.count ? textOrder(left, right) : order(left.count, right.count)
  }

  private static func textOrder(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> PackageVersion.Order
  {
    if left.elementsEqual(right) { return .equal }
    return left.lexicographicallyPrecedes(right) ? .less : .greater
  }

  private static func order(_ left: Int, _ right: Int) -> PackageVersion.Order {
    left == right ? .equal : left < right ? .less : .greater
  }
}

// MARK: Syntax

extension PackageVersion {
  fileprivate struct Scanner {
    private var rest: ArraySlice<UInt8>
    private var kind = Kind.firstNumber

    static func tokens(in text: [UInt8]) -> [Token] {
      var scanner = Scanner(rest: text[...])
      var tokens = [scanner.number(.firstNumber)]
      while tokens[tokens.count - 1].kind.rawValue < Kind.end.rawValue { tokens.append(scanner.next()) }
      return tokens
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    private mutating func next() -> Token {
      guard let first = rest.first else { return Token(kind: .end) }
      switch first {
      case UInt8(ascii: "a")...UInt8(ascii: "z"):
        return isBehind(.number) ? Token(kind: .invalid) : letter()
      case UInt8(ascii: "."):
        rest = rest.dropFirst()
        return isBehind(.number) ? Token(kind: .invalid) : number(.number)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        return kind == .suffix ? number(.suffixNumber) : Token(kind: .invalid)
      case UInt8(ascii: "_"): return isBehind(.suffixNumber) ? Token(kind: .invalid) : suffix()
      case UInt8(ascii: "~"): return isBehind(.suffixNumber) ? Token(kind: .invalid) : hash()
      case UInt8(ascii: "-"):
        guard !isBehind(.hash), rest.dropFirst().first == UInt8(ascii: "r") else {
          return Token(kind: .invalid)
        }
        rest = rest.dropFirst(2)
        return number(.revision)
      default: return Token(kind: .invalid)
      }
    }

    private func isBehind(_ kind: Kind) -> Bool { self.kind.rawValue > kind.rawValue }

    private mutating func number(_ kind: Kind) -> Token {
      token(kind, take { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    }

    private mutating func letter() -> Token {
      defer { rest = rest.dropFirst() }
      return token(.letter, rest.prefix(1))
    }

    private mutating func hash() -> Token {
      rest = rest.dropFirst()
      return token(
        .hash,
        take {
          (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        })
    }

    private mutating func suffix() -> Token {
      rest = rest.dropFirst()
      let name = take { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
      guard let suffix = Suffix.allCases.first(where: { name.elementsEqual("\($0)".utf8) }) else {
        return Token(kind: .invalid)
      }
      kind = .suffix
      return Token(kind: .suffix, suffix: suffix)
    }

    /// A part that must not be empty.
    private mutating func token(_ kind: Kind, _ text: ArraySlice<UInt8>) -> Token {
      self.kind = kind
      return text.isEmpty ? Token(kind: .invalid) : Token(kind: kind, text: text)
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> ArraySlice<UInt8> {
      let part = rest.prefix(while: isPart)
      rest = rest[part.endIndex...]
      return part
    }
  }
}
