// SPDX-License-Identifier: Apache-2.0

/// The name of a device that Windows has in every directory: a file that is called so can be on the volume, but
/// Windows opens, copies and deletes the device in its place.
///
/// Source: Microsoft, "Naming Files, Paths, and Namespaces", "Naming Conventions".
public struct DeviceName: Equatable, Sendable {
  /// Upper case, as in COM1; the digits ¹, ² and ³ mean 1, 2 and 3 to Windows, and count as these.
  private let name: String

  /// Nil for all other names. Case, what follows the first dot and spaces before that don't matter: `nul.tar.gz` is
  /// one.
  ///
  /// - Parameter bytes: UTF-8.
  init?(of bytes: ArraySlice<UInt8>) {
    // No byte of any other name is asked twice: volumes have many.
    guard bytes.count >= 3, let first = bytes.first, Self.isFirst(ShortName.upperCase(first)) else {
      return nil
    }
    var base = bytes.prefix { $0 != UInt8(ascii: ".") }
    while base.last == UInt8(ascii: " ") { base.removeLast() }
    guard base.count <= Self.largestByteCount else { return nil }
    let name = String(decoding: base.map(ShortName.upperCase), as: UTF8.self)
    self.init(exactly: name)
  }

  private init?(exactly name: String) {
    switch name {
    case "CON", "PRN", "AUX", "NUL": self.name = name
    default:
      guard name.hasPrefix("COM") || name.hasPrefix("LPT"), name.count == 4, let digit = name.last,
        ("1"..."9").contains(digit) || "¹²³".contains(digit), let number = digit.wholeNumberValue
      else { return nil }
      self.name = "\(name.prefix(3))\(number)"
    }
  }

  /// COM and a digit of two bytes.
  private static let largestByteCount = 5

  private static func isFirst(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A"), UInt8(ascii: "C"), UInt8(ascii: "L"), UInt8(ascii: "N"), UInt8(ascii: "P"): true
    default: false
    }
  }
}

extension DeviceName: CustomStringConvertible {
  public var description: String { name }
}
