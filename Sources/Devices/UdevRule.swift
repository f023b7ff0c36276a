// SPDX-License-Identifier: Apache-2.0

/// The rule by which udev lets whoever sits at the machine write to cards in one reader.
///
/// Source: udev(7); the tag is turned into an access list by 73-seat-late.rules of systemd, so the file's number is
/// lower, and above that of 60-persistent-storage.rules, which sets the properties.
public struct UdevRule: Equatable, Sendable {
  /// What tells this reader from others.
  public enum Match: Equatable, Sendable {
    /// A USB device's vendor and product, four hexadecimal digits each.
    case usb(vendor: String, product: String)
    /// A slot, by the way that leads to it. `ID_PATH`.
    case path(String)
  }

  public let match: Match

  /// Where it is meant to go.
  public static let path = "/etc/udev/rules.d/70-card-reader.rules"

  /// The line.
  public var text: String {
    let condition =
      switch match {
      case .usb(let vendor, let product): "ATTRS{idVendor}==\"\(vendor)\", ATTRS{idProduct}==\"\(product)\""
      case .path(let path): "ENV{ID_PATH}==\"\(path)\""
      }
    return "SUBSYSTEM==\"block\", ENV{DEVTYPE}==\"disk\", \(condition), TAG+=\"uaccess\""
  }
}

extension UdevRule.Match {
  /// Nil where a value holds what a rule would read as a pattern or as its end.
  static func usb(_ vendor: String?, _ product: String?) -> Self? {
    guard let vendor, let product, isNumber(vendor), isNumber(product) else { return nil }
    return .usb(vendor: vendor, product: product)
  }

  static func path(checking path: String?) -> Self? {
    guard let path, !path.isEmpty, path.utf8.allSatisfy(isPlain) else { return nil }
    return .path(path)
  }

  private static func isNumber(_ text: String) -> Bool { text.count == 4 && text.allSatisfy(\.isHexDigit) }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "+"): true
    default: false
    }
  }
}
