// SPDX-License-Identifier: Apache-2.0
import Bench

/// Results made up.
enum SampleResult {
  /// A card that falls from 40 to 12 MB/s after five seconds.
  static let card: BenchResult = {
    var series = ThroughputSeries()
    for tenth in 0..<200 as Range<UInt64> {
      let start = tenth * 100_000_000
      series.add(start..<start + 100_000_000, byteCount: tenth < 50 ? 4_000_000 : 1_200_000)
    }
    let sustained = BenchPhase(.sustainedWrite, blockSize: 1 << 20, inFlightCount: 2, isDirect: true)
    return BenchResult(
      measurements: [
        PhaseResult(sustained, byteCount: 380_000_000, seconds: 20, latency: latency(of: 362, 50_000_000)),
        small(.randomRead, 1, perSecond: 1800), small(.randomRead, 4, perSecond: 2500),
        small(.randomWrite, 1, perSecond: 600), small(.randomWrite, 4, perSecond: 700),
      ], series: series, byteCount: 1 << 30, isWritable: true, isDirectPossible: true, seconds: 30,
      isComplete: true)
  }()

  /// A file that was only read.
  static let read = BenchResult(
    measurements: [
      PhaseResult(
        BenchPhase(.sustainedRead, blockSize: 1 << 20, inFlightCount: 2, isDirect: true),
        byteCount: 80_000_000,
        seconds: 1, latency: latency(of: 76, 10_000_000))
    ], series: nil, byteCount: 1 << 30, isWritable: false, isDirectPossible: true, seconds: 1,
    isComplete: false)

  private static func small(_ kind: BenchPhase.Kind, _ inFlightCount: Int, perSecond count: Int)
    -> PhaseResult
  {
    PhaseResult(
      BenchPhase(kind, blockSize: 4096, inFlightCount: inFlightCount, isDirect: true),
      byteCount: UInt64(count) * 4096, seconds: 1, latency: latency(of: count, 1_000_000_000 / UInt64(count)))
  }

  private static func latency(of count: Int, _ nanoseconds: UInt64) -> LatencyHistogram {
    var histogram = LatencyHistogram()
    for _ in 0..<count { histogram.record(nanoseconds) }
    return histogram
  }
}
