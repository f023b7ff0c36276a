// SPDX-License-Identifier: Apache-2.0

/// What is known of a card's capacity.
public enum CapacityReport: Equatable, Sendable {
  /// Samples over all that it claims have held.
  case sampled(byteCount: UInt64)
  /// All of it was filled and read back.
  case filled(CapacityResult)

  public var isHonest: Bool {
    switch self {
    case .sampled: true
    case .filled(let result): result.check.isHonest
    }
  }
}

/// Its part of the JSON. Bytes and bytes a second.
struct CapacityJSON: Encodable {
  let method: String
  let claimed, good: UInt64
  let firstBad, wrapsAt: UInt64?
  let writeRate, readRate: Double?

  init(_ report: CapacityReport) {
    switch report {
    case .sampled(let byteCount):
      (method, claimed, good) = ("sampled", byteCount, byteCount)
      (firstBad, wrapsAt, writeRate, readRate) = (nil, nil, nil, nil)
    case .filled(let result):
      method = "filled"
      (claimed, good) = (result.check.byteCount, result.check.goodByteCount)
      (firstBad, wrapsAt) = (result.check.firstBadOffset, result.check.wrapSize)
      (writeRate, readRate) = (result.writeRate?.rounded(), result.readRate?.rounded())
    }
  }
}
