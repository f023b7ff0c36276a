// SPDX-License-Identifier: Apache-2.0

/// An architecture that Alpine builds Raspberry Pi releases for, by the name that apk has for it.
public enum Architecture: String, CaseIterable, Sendable {
  /// 64-bit: Pi 3 and later, Zero 2 W.
  case aarch64
  /// 32-bit with a hardware floating point unit of the second generation: Pi 2 and later.
  case armv7
  /// 32-bit for every Pi, the first and the Zero among them.
  case armhf
}

extension Architecture: CustomStringConvertible {
  public var description: String { rawValue }
}
