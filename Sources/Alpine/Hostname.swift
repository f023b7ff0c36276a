// SPDX-License-Identifier: Apache-2.0
import Entries

/// The name of a machine, one label or several joined by dots.
///
/// It names the apkovl, too: lbu looks for a file with the running host name in it, so a name that the kernel would
/// not take is refused here.
///
/// Source: RFC 952, as RFC 1123, section 2.1, relaxes it; RFC 1035, section 2.3.4, for a label's length.
public struct Hostname: Hashable, Sendable {
  public let name: String

  /// Bytes that the kernel keeps of a host name. Source: sethostname(2), `__NEW_UTS_LEN`.
  public static let longestByteCount = 64
  /// Bytes of one label.
  public static let longestLabelByteCount = 63

  /// - Throws: `AlpineError.hostname` with what is wrong with it.
  public init(_ name: String) throws(AlpineError) {
    if let problem = Self.problem(Array(name.utf8)) { throw .hostname(name, problem) }
    self.name = name
  }

  private init(checked name: String) { self.name = name }

  /// Of a machine that nobody named.
  public static let `default` = Hostname(checked: "alpine")

  /// The first label: what stands for the machine within its domain.
  public var firstLabel: String { String(name.prefix { $0 != "." }) }

  /// The name of the overlay that lbu keeps for this host.
  var overlayPath: EntryPath { EntryPath(composed: "\(name).apkovl.tar.gz") }

  private static func problem(_ name: [UInt8]) -> HostnameProblem? {
    if name.isEmpty { return .empty }
    if name.count > longestByteCount { return .tooLong(byteCount: name.count) }
    for label in name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      if let problem = problem(ofLabel: label) { return problem }
    }
    return nil
  }

  private static func problem(ofLabel label: ArraySlice<UInt8>) -> HostnameProblem? {
    let hyphen = UInt8(ascii: "-")
    guard let first = label.first, let last = label.last else { return .emptyLabel }
    guard label.allSatisfy({ $0 == hyphen || $0.isLetterOrDigit }) else { return .forbiddenCharacter }
    if first == hyphen || last == hyphen { return .hyphenAtEnd(label: label.printable) }
    if label.count > longestLabelByteCount { return .labelTooLong(byteCount: label.count) }
    return nil
  }
}

extension Hostname: CustomStringConvertible {
  public var description: String { name }
}

/// What makes a name unfit for a host.
public enum HostnameProblem: Equatable, Sendable {
  case empty
  case tooLong(byteCount: Int)
  /// A dot at an end, or two in a row.
  case emptyLabel
  case labelTooLong(byteCount: Int)
  case forbiddenCharacter
  case hyphenAtEnd(label: String)
}

extension HostnameProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "is empty; give the Pi a name"
    case .tooLong(let byteCount):
      "has \(byteCount) characters, and Linux keeps \(Hostname.longestByteCount); shorten it"
    case .emptyLabel: "has a dot at an end or two in a row; put a name on each side of every dot"
    case .labelTooLong(let byteCount):
      "has \(byteCount) characters between two dots, and DNS takes \(Hostname.longestLabelByteCount); shorten it"
    case .forbiddenCharacter: "may hold only the letters a to z, digits, hyphens and dots"
    case .hyphenAtEnd(let label): "\"\(label)\" begins or ends with a hyphen, which DNS refuses"
    }
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
