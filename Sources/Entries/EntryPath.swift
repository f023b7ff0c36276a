// SPDX-License-Identifier: Apache-2.0

/// Where an entry lies below the root of its stream: names of any bytes but NUL and "/", joined by "/".
///
/// There is no "." and no ".." in it, no "/" at its ends, and the root itself is empty: two paths are the
/// same place if they are equal.
public struct EntryPath: Hashable, Sendable {
  public let bytes: [UInt8]

  public static let root = EntryPath(normalized: [])

  /// Takes a path as an archive or a person writes it: "./boot//a" is "boot/a".
  ///
  /// - Throws: `EntryPathError` for an absolute path, for one with ".." in it and for one with a NUL.
  public init(_ text: some Collection<UInt8>) throws(EntryPathError) {
    try self.init(normalizing: Array(text))
  }

  /// Not generic: across modules that costs twenty times as much.
  private init(normalizing text: [UInt8]) throws(EntryPathError) {
    guard text.first != Self.slash else { throw .absolute }
    guard !text.contains(0) else { throw .containsNUL }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: Self.slash) ?? text.count
      let name = text[start..<end]
      start = end + 1
      if name.isEmpty || name == Self.dot { continue }
      guard name != Self.dotDot else { throw .leavesRoot }
      if !bytes.isEmpty { bytes.append(Self.slash) }
      bytes += name
    }
    self.bytes = bytes
  }

  /// A path written in the code: trusted to be relative and free of "..".
  public init(_ text: StaticString) {
    bytes = Array(text.description.utf8)
    precondition((try? EntryPath(bytes))?.bytes == bytes, "not a normalized path")
  }

  private init(normalized bytes: [UInt8]) { self.bytes = bytes }

  public var isRoot: Bool { bytes.isEmpty }

  /// The last name; empty for the root.
  public var name: ArraySlice<UInt8> {
    bytes.lastIndex(of: Self.slash).map { bytes[($0 + 1)...] } ?? bytes[...]
  }

  /// The directory that holds it; the root's is the root.
  public var parent: EntryPath {
    EntryPath(normalized: bytes.lastIndex(of: Self.slash).map { Array(bytes[..<$0]) } ?? [])
  }

  /// Every name from the root down.
  public var names: [ArraySlice<UInt8>] { bytes.split(separator: Self.slash) }

  /// The path below this one.
  public func appending(_ other: EntryPath) -> EntryPath {
    if isRoot { return other }
    if other.isRoot { return self }
    return EntryPath(normalized: bytes + [Self.slash] + other.bytes)
  }

  /// Whether it is `other` or lies somewhere in it.
  public func isEqualOrBelow(_ other: EntryPath) -> Bool {
    guard bytes.starts(with: other.bytes) else { return false }
    return other.isRoot || bytes.count == other.bytes.count || bytes[other.bytes.count] == Self.slash
  }

  private static let slash = UInt8(ascii: "/")
  private static let dot: ArraySlice = [UInt8(ascii: ".")]
  private static let dotDot: ArraySlice = [UInt8(ascii: "."), UInt8(ascii: ".")]
}

/// What makes a path unsafe to follow.
public enum EntryPathError: Error, Equatable, Sendable {
  case absolute
  case leavesRoot
  case containsNUL
}

extension EntryPathError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .absolute: "begins with \"/\", and entries lie below the root of the volume"
    case .leavesRoot: "has a \"..\" in it, which could lead out of the volume"
    case .containsNUL: "has a NUL in it, which no file system takes"
    }
  }
}

extension EntryPath: CustomStringConvertible {
  /// For people: `printable`, and the root is "./".
  public var description: String {
    isRoot ? "./" : bytes.printable
  }
}

extension Collection<UInt8> {
  /// Bytes from outside, fit for a terminal: as they are where all is printable UTF-8; else ASCII's letters,
  /// digits, signs and spaces as they are, and every other byte and "\" as \xNN.
  public var printable: String {
    guard let text = String(validating: self, as: UTF8.self), text.unicodeScalars.allSatisfy(\.isPrintable)
    else {
      return map { (0x20..<0x7F).contains($0) && $0 != 0x5C ? String(UnicodeScalar($0)) : escaped($0) }
        .joined()
    }
    return text
  }

  private func escaped(_ byte: UInt8) -> String {
    let digits = Array("0123456789abcdef")
    return "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
    default: true
    }
  }
}
