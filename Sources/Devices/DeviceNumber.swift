// SPDX-License-Identifier: Apache-2.0

/// The number that the kernel knows a block device by: "8:16".
public struct DeviceNumber: Hashable, Sendable {
  public let major: UInt32
  public let minor: UInt32

  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// Reads "8:16", as sysfs and mountinfo write it. Nil for anything else.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
    self.init(major: major, minor: minor)
  }
}

extension DeviceNumber: CustomStringConvertible {
  public var description: String { "\(major):\(minor)" }
}
