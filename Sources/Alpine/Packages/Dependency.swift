// SPDX-License-Identifier: Apache-2.0
import Entries

/// What a package needs, or what a line of the world asks for: a name, and which versions will do.
///
/// Names are those of packages ("musl"), of what packages say that they provide ("so:libc.musl-aarch64.so.1",
/// "cmd:sshd", "pc:zlib") and of files where a package provides them as names ("/bin/sh").
///
/// Source: apk-world(5), "Package specification".
public struct Dependency: Hashable, Sendable {
  public let name: String
  public let constraint: Constraint
  /// Whether it must not be there: "!vlan".
  public let isConflict: Bool
  /// Of the repositories that it may come from besides those without one: "docker@edge". In the world only.
  public let tag: String?

  public enum Constraint: Hashable, Sendable {
    case any
    case version(Comparison, PackageVersion)
    /// One package and no other, by its identity as the index writes it ("Q1…"): "docker><Q1…".
    case identity(String)
  }

  /// How a version may stand to the one that is named.
  public struct Comparison: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let equal = Comparison(rawValue: 1)
    public static let less = Comparison(rawValue: 2)
    public static let greater = Comparison(rawValue: 4)
    /// Equal is whatever begins with the version that is named.
    public static let prefix = Comparison(rawValue: 8)
  }

  /// - Throws: `AlpineError.dependency` with what is wrong with it.
  public init(_ text: String) throws(AlpineError) {
    do throws(DependencyProblem) { try self.init(parsing: text[...]) } catch {
      throw .dependency(text, error)
    }
  }

  /// Whether a text means this dependency.
  public func isSpelled(_ text: String) -> Bool {
    do throws(DependencyProblem) { return try Dependency(parsing: text[...]) == self } catch { return false }
  }

  /// Words apart by white space.
  static func list(_ text: some StringProtocol) throws(DependencyProblem) -> [Dependency] {
    var list: [Dependency] = []
    for word in text.split(whereSeparator: \.isWhitespace) { list.append(try Dependency(parsing: word[...])) }
    return list
  }
}

extension Dependency {
  private init(parsing text: some StringProtocol) throws(DependencyProblem) {
    guard text.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 && $0.value < 0x7F }) else {
      throw .forbiddenCharacter
    }
    isConflict = text.hasPrefix("!")
    let specification = isConflict ? text.dropFirst() : text[...]
    let nameAndTag = specification.prefix { !Self.isOperator($0) }
    let parts = nameAndTag.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty else { throw .noName }
    self.name = String(name)
    tag = parts.count > 1 ? String(parts[1]) : nil
    guard tag != "" else { throw .noTag }
    constraint = try Self.constraint(String(specification[nameAndTag.endIndex...]))
  }

  private static func constraint(_ text: String) throws(DependencyProblem) -> Constraint {
    let sign = text.prefix(while: isOperator)
    guard !sign.isEmpty else { return .any }
    let version = String(text[sign.endIndex...])
    guard !version.isEmpty else { throw .noVersion }
    let comparison = comparison(sign)
    if comparison == [.less, .greater] { return .identity(version) }
    guard !comparison.isSuperset(of: [.less, .greater]) else { throw .unknownOperator(String(sign)) }
    let parsed = PackageVersion(version)
    guard parsed.isValid else { throw .noVersionSyntax(version) }
    return .version(comparison, parsed)
  }

  private static func comparison(_ sign: Substring) -> Comparison {
    sign.reduce(into: []) { comparison, character in
      switch character {
      case "<": comparison.insert(.less)
      case ">": comparison.insert(.greater)
      case "~": comparison.formUnion([.prefix, .equal])
      default: comparison.insert(.equal)
      }
    }
  }

  private static func isOperator(_ character: Character) -> Bool { "<>=~".contains(character) }
}

extension Dependency.Comparison {
  /// Whether `version` stands to `other` as this asks for.
  func holds(_ version: PackageVersion, _ other: PackageVersion) -> Bool {
    switch version.order(to: other, isPrefixEnough: contains(.prefix)) {
    case .less: contains(.less)
    case .equal: contains(.equal)
    case .greater: contains(.greater)
    }
  }
}

extension Dependency: CustomStringConvertible {
  /// As it is written, "~=" as "~".
  public var description: String {
    let subject = (isConflict ? "!" : "") + name + (tag.map { "@\($0)" } ?? "")
    return switch constraint {
    case .any: subject
    case .identity(let identity): "\(subject)><\(identity)"
    case .version(let comparison, let version): "\(subject)\(comparison)\(version)"
    }
  }
}

extension Dependency.Comparison: CustomStringConvertible {
  public var description: String {
    (contains(.less) ? "<" : "") + (contains(.greater) ? ">" : "")
      + (contains(.prefix) ? "~" : contains(.equal) ? "=" : "")
  }
}

/// What makes a text no dependency.
public enum DependencyProblem: Error, Equatable, Sendable {
  case noName
  case noTag
  case noVersion
  case unknownOperator(String)
  case noVersionSyntax(String)
  case forbiddenCharacter
}

extension DependencyProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noName: "has no name; write a package's name first"
    case .noTag: "has nothing behind the \"@\"; name a repository's tag or leave the \"@\" out"
    case .noVersion: "has no version behind the comparison; name one or leave the comparison out"
    case .unknownOperator(let sign):
      "\"\(sign)\" is no comparison that apk knows; take =, <, <=, >, >=, ~, <~ or >~"
    case .noVersionSyntax(let version):
      "\"\(version)\" is no version as apk reads it; write it like 1.2.3, 1.2.3_rc1 or 1.2.3-r4"
    case .forbiddenCharacter: "may hold only letters, digits and signs of ASCII, and no spaces"
    }
  }
}

/// A name that a package stands in for, besides its own.
///
/// Source: apk-package(5), "provides".
public struct Provision: Hashable, Sendable {
  public let name: String
  /// Nil for a name that several packages may provide at once, and that apk takes none of them for unasked.
  public let version: PackageVersion?

  public init(name: String, version: PackageVersion?) {
    self.name = name
    self.version = version
  }

  /// Words like "cmd:sshd=8.4_p1-r3". A version that is none has an order all the same.
  static func list(_ text: some StringProtocol) -> [Provision] {
    text.split(whereSeparator: \.isWhitespace).map { word in
      let name = word.prefix { !"<>=~".contains($0) }
      let version = word[name.endIndex...].drop { "<>=~".contains($0) }
      return Provision(
        name: String(name), version: version.isEmpty ? nil : PackageVersion(String(version)))
    }
  }
}
