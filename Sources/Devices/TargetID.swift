// SPDX-License-Identifier: Apache-2.0

/// What a script says the target is, so that it never writes to another one: the serial number or the CID; where there
/// is neither, the exact size in bytes.
public struct TargetID: Hashable, Sendable {
  public let text: String

  /// Nil for an empty text.
  public init?(_ text: String) {
    let text = text.split(separator: " ").joined(separator: " ")
    guard !text.isEmpty else { return nil }
    self.text = text
  }

  /// Whether `identity` is meant. A size counts only where there is no serial number and no CID: many cards have it.
  public func matches(_ identity: DeviceIdentity) -> Bool {
    if identity.serial == nil, identity.cardID == nil { return UInt64(text) == identity.byteCount }
    return text == identity.serial || text.lowercased() == identity.cardID?.lowercased()
  }
}
