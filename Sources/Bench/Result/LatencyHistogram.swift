// SPDX-License-Identifier: Apache-2.0

/// How long accesses took, to 1.6 %, in memory that doesn't grow with their number.
///
/// Each power of two of nanoseconds has 64 buckets of equal width.
public struct LatencyHistogram: Equatable, Sendable {
  private var counts = [UInt64](repeating: 0, count: bucketCount)
  public private(set) var operationCount: UInt64 = 0
  /// The longest, exactly, in nanoseconds; 0 where there is none.
  public private(set) var maximum: UInt64 = 0

  private static let bucketsPerPower = 64
  private static let bucketCount = (64 - 5) * bucketsPerPower

  public init() {}

  /// - Parameter nanoseconds: what an access took.
  @inline(__always)
  public mutating func record(_ nanoseconds: UInt64) {
    counts[Self.bucket(of: nanoseconds)] += 1
    operationCount += 1
    maximum = max(maximum, nanoseconds)
  }

  /// Adds what another one has recorded.
  public mutating func merge(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    operationCount += other.operationCount
    maximum = max(maximum, other.maximum)
  }

  /// What a share of the accesses took at most, in nanoseconds, rounded up to the end of a bucket; nil where there
  /// was none.
  ///
  /// - Parameter share: above 0, up to 1; 0.5 is the median.
  public func percentile(_ share: Double) -> UInt64? {
    guard operationCount > 0 else { return nil }
    let wanted = max(1, min(Double(operationCount), (share * Double(operationCount)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() {
      seen += count
      if Double(seen) >= wanted { return min(maximum, Self.upperBound(of: index)) }
    }
    return maximum
  }

  private static func bucket(of nanoseconds: UInt64) -> Int {
    guard nanoseconds >= UInt64(bucketsPerPower) else { return Int(nanoseconds) }
    let shift = 57 - nanoseconds.leadingZeroBitCount  // 0 for 64..<128
    return shift * bucketsPerPower + Int(nanoseconds >> UInt64(shift))
  }

  /// The longest time that falls into a bucket.
  private static func upperBound(of bucket: Int) -> UInt64 {
    guard bucket >= 2 * bucketsPerPower else { return UInt64(bucket) }
    let shift = UInt64(bucket / bucketsPerPower - 1)
    let mantissa = UInt64(bucket % bucketsPerPower + bucketsPerPower)
    return (mantissa << shift) + ((1 << shift) - 1)
  }
}
