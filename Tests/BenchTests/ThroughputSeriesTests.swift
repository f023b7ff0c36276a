// SPDX-License-Identifier: Apache-2.0
import Bench
import Testing

@Suite struct ThroughputSeriesTests {
  private static let second: UInt64 = 1_000_000_000

  /// Seconds at so many MB/s each, in accesses of a fiftieth of a second.
  private func series(_ rates: [Double]) -> ThroughputSeries {
    var series = ThroughputSeries()
    for (index, rate) in rates.enumerated() {
      for part in 0..<50 as Range<UInt64> {
        let start = UInt64(index) * Self.second + part * (Self.second / 50)
        series.add(start..<start + Self.second / 50, byteCount: Int(rate * 1e6 / 50))
      }
    }
    return series
  }

  @Test func `bytes are spread over the time that an access took`() {
    var series = ThroughputSeries()
    // 100 bytes each 100 ms, though they came at once.
    series.add(50_000_000..<450_000_000, byteCount: 400)
    #expect(series.bytesPerSecond.map { $0.rounded() } == [500, 1000, 1000, 1000])
    #expect(series.end == 450_000_000)
  }

  @Test func `accesses in flight together add up`() {
    var series = ThroughputSeries()
    for _ in 0..<4 { series.add(0..<200_000_000, byteCount: 1000) }
    #expect(series.bytesPerSecond.map { $0.rounded() } == [20_000, 20_000])
  }

  @Test func `no time at all is time enough for an access`() {
    var series = ThroughputSeries()
    series.add(7..<7, byteCount: 4096)
    #expect(series.bytesPerSecond.isEmpty)
  }

  @Test func `the slowest and the fastest second may begin anywhere`() throws {
    var series = series([40, 40, 40])
    // Half a second in which nothing moved, across the end of the first second.
    series = ThroughputSeries()
    series.add(0..<750_000_000, byteCount: 30_000_000)
    series.add(1_250_000_000..<3_000_000_000, byteCount: 70_000_000)
    let slowest = try #require(series.slowestSecond)
    #expect((19e6...22e6).contains(slowest), "\(slowest)")
    let fastest = try #require(series.fastestSecond)
    #expect((39.9e6...40.1e6).contains(fastest), "\(fastest)")
  }

  @Test func `less than a second has no slowest one`() {
    var series = ThroughputSeries()
    series.add(0..<900_000_000, byteCount: 1_000_000)
    #expect(series.slowestSecond == nil)
    #expect(series.lastLevel == nil)
  }

  @Test(arguments: [
    (rates: [20, 20, 20, 20, 20, 20], isSettled: true, hasFallen: false),
    (rates: [80, 80, 80, 20, 20, 20, 20, 20, 20], isSettled: true, hasFallen: true),
    (rates: [80, 80, 80, 20, 20, 20], isSettled: false, hasFallen: false),
    (rates: [20, 20, 20, 20, 20], isSettled: false, hasFallen: false),
    (rates: [24, 24, 24, 20, 20, 20], isSettled: false, hasFallen: false),
    (rates: [24, 24, 24, 20, 20, 20, 20, 20, 20], isSettled: true, hasFallen: false),
  ])
  func `settled is what stays within a twentieth for six seconds`(
    rates: [Double], isSettled: Bool, hasFallen: Bool
  ) {
    let series = series(rates)
    #expect(series.isSettled == isSettled)
    #expect(series.hasSettledAfterFall == hasFallen)
  }

  @Test func `the last level is that of the last quarter`() throws {
    let level = try #require(series([80, 80, 80, 80, 80, 80, 20, 20]).lastLevel)
    #expect((19.9e6...20.1e6).contains(level))
  }

  @Test func `means are of stretches of equal length`() {
    let means = series([10, 20, 30, 40]).means(4).map { ($0 / 1e6).rounded() }
    #expect(means == [10, 20, 30, 40])
    #expect(series([10]).means(100).count == 10)
    #expect(ThroughputSeries().means(5).isEmpty)
  }
}
