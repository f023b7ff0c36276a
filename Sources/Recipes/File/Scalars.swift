// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries

/// A text that isn't what its key takes, and what that would be.
struct WrongText: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What texts mean behind keys of the plainer types.
///
/// Source: YAML 1.2, section 10.3, "Core Schema", for numbers and what is true; none but these two words.
enum Scalars {
  static func text(_ text: String) throws -> String {
    guard !text.isEmpty else { throw WrongText("is empty; leave the key out, or say something") }
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw WrongText("has a control character or an end of line in it; give one line")
    }
    return text
  }

  static func flag(_ text: String) throws -> Bool {
    switch text {
    case "true": true
    case "false": false
    default: throw WrongText("\(quoted(text)) is neither true nor false")
    }
  }

  /// Decimal, without a sign but a leading "-".
  static func number<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> (String) throws -> Number {
    { text in
      guard let number = Number(text), !text.hasPrefix("+"), range.contains(number) else {
        throw WrongText(
          "\(quoted(text)) is no whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  static let size = "a size such as 512MiB or 4GB"

  static func size(_ text: String) throws -> ByteSize {
    guard let size = ByteSize(text) else { throw WrongText("\(quoted(text)) is no size; give \(size)") }
    return size
  }

  static func choice<Value: RawRepresentable<String> & CaseIterable>(of _: Value.Type) -> String {
    alternatives(Value.allCases.map(\.rawValue))
  }

  static func word<Value: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Value {
    if let value = Value(rawValue: text) { return value }
    throw unknownWord(text, among: Value.allCases.map(\.rawValue))
  }

  static func unknownWord(_ text: String, among words: [String]) -> WrongText {
    let nearest = text.nearest(of: words).map { "; did you mean \($0)?" }
    return WrongText("\(quoted(text)) can't stand here" + (nearest ?? "; give \(alternatives(words))"))
  }

  /// "a, b or c".
  static func alternatives(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// Fit for a terminal, and not longer than a line.
  static func quoted(_ text: String) -> String {
    let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
    return "\"\(Array(shown.utf8).printable)\""
  }

  /// A path as people write it for a place in the root, with or without a "/" before it.
  static func entryPath(_ text: String) throws -> EntryPath {
    let path: EntryPath
    do { path = try EntryPath(text.utf8.drop { $0 == UInt8(ascii: "/") }) } catch {
      throw WrongText("\(quoted(text)) \(error)")
    }
    guard !path.isRoot else { throw WrongText("\(quoted(text)) is no directory below the root") }
    return path
  }

  static let password = "locked or a hash as in shadow(5)"

  /// Says nothing of what the text is: it may be the password itself.
  ///
  /// Source: crypt(5), "FORMAT": "$", the method, "$" and what follows, of printable characters but ":;*!\".
  static func password(_ text: String) throws -> SystemSettings.Password {
    if text == "locked" { return .locked }
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    let isHash =
      parts.count >= 4 && parts[0].isEmpty && !parts[1].isEmpty && parts.last?.isEmpty == false
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !":;*!\\".utf8.contains($0) }
    guard isHash else {
      throw WrongText("is no hash as \"openssl passwd -6\" makes it; give that, or locked")
    }
    return .hash(text)
  }
}
