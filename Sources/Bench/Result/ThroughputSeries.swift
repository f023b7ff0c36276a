// SPDX-License-Identifier: Apache-2.0

/// Throughput over time, in bins of a tenth of a second. The bytes of an access are spread evenly over its time.
public struct ThroughputSeries: Equatable, Sendable {
  /// Bytes moved in each bin; the last one may not be over.
  private var bins: [Double] = []
  /// When the last access ended, in nanoseconds since the start.
  public private(set) var end: UInt64 = 0

  /// In nanoseconds.
  public static let binDuration: UInt64 = 100_000_000

  public init() {}

  /// - Parameters:
  ///   - interval: nanoseconds since the start; not empty.
  ///   - byteCount: what was moved in it.
  public mutating func add(_ interval: Range<UInt64>, byteCount: Int) {
    end = max(end, interval.upperBound)
    let width = Self.binDuration
    let last = Int(interval.upperBound / width)
    if last >= bins.count { bins += Array(repeating: 0, count: last + 1 - bins.count) }
    let bytesPerNanosecond = Double(byteCount) / Double(max(1, interval.upperBound - interval.lowerBound))
    for index in Int(interval.lowerBound / width)...last {
      let bin = UInt64(index) * width..<UInt64(index + 1) * width
      let part = interval.clamped(to: bin)
      bins[index] += bytesPerNanosecond * Double(part.upperBound - part.lowerBound)
    }
  }

  /// Bytes per second in each tenth of a second that is over.
  public var bytesPerSecond: [Double] {
    bins.prefix(Int(end / Self.binDuration)).map { $0 * 1e9 / Double(Self.binDuration) }
  }

  /// Means of `count` stretches of equal length; fewer where there are not so many bins.
  public func means(_ count: Int) -> [Double] {
    let rates = bytesPerSecond
    let count = min(count, rates.count)
    return (0..<count).map { Self.mean(rates[rates.count * $0 / count..<rates.count * ($0 + 1) / count]) }
  }

  /// Bytes per second in the slowest second; nil before a second is over.
  public var slowestSecond: Double? { seconds.min() }

  /// Bytes per second in the fastest second; nil before a second is over.
  public var fastestSecond: Double? { seconds.max() }

  /// The mean of the last quarter: what it comes to when it goes on. Nil before four seconds are over.
  public var lastLevel: Double? {
    let rates = bytesPerSecond
    guard rates.count >= 4 * Self.binsPerSecond else { return nil }
    return Self.mean(rates.suffix(rates.count / 4))
  }

  /// Whether the last three seconds were within 5 % of the three before.
  public var isSettled: Bool {
    let rates = bytesPerSecond
    let count = 3 * Self.binsPerSecond
    guard rates.count >= 2 * count else { return false }
    let last = Self.mean(rates.suffix(count))
    let before = Self.mean(rates.dropLast(count).suffix(count))
    return abs(last - before) <= 0.05 * before
  }

  /// Whether it has settled below three quarters of its best second: the card's cache is full.
  public var hasSettledAfterFall: Bool {
    guard isSettled, let fastestSecond else { return false }
    return Self.mean(bytesPerSecond.suffix(3 * Self.binsPerSecond)) < 0.75 * fastestSecond
  }

  private static let binsPerSecond = Int(1_000_000_000 / binDuration)

  /// The mean of each second, from every bin on.
  private var seconds: [Double] {
    let rates = bytesPerSecond
    guard rates.count >= Self.binsPerSecond else { return [] }
    return (0...rates.count - Self.binsPerSecond).map { Self.mean(rates[$0..<$0 + Self.binsPerSecond]) }
  }

  private static func mean(_ rates: ArraySlice<Double>) -> Double {
    rates.isEmpty ? 0 : rates.reduce(0, +) / Double(rates.count)
  }
}
