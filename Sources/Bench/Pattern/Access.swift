// SPDX-License-Identifier: Apache-2.0

/// One read or write of a pattern.
public struct Access: Equatable, Sendable {
  /// From the target's first byte.
  public let offset: UInt64
  public let byteCount: Int
  /// fdatasync(2) follows, and its time counts as the access's.
  public let isSynced: Bool

  public init(offset: UInt64, byteCount: Int, isSynced: Bool = false) {
    self.offset = offset
    self.byteCount = byteCount
    self.isSynced = isSynced
  }
}
