// SPDX-License-Identifier: Apache-2.0
import Bench
import TestSupport
import Testing

@Suite struct LatencyHistogramTests {
  @Test func `nothing recorded has no percentiles`() {
    #expect(LatencyHistogram().percentile(0.5) == nil)
    #expect(LatencyHistogram().maximum == 0)
  }

  @Test func `small numbers are exact`() {
    var histogram = LatencyHistogram()
    for value in 1...100 as ClosedRange<UInt64> { histogram.record(value) }
    #expect(histogram.operationCount == 100)
    #expect(histogram.percentile(0.01) == 1)
    #expect(histogram.percentile(0.5) == 50)
    #expect(histogram.percentile(0.9) == 90)
    #expect(histogram.percentile(0.99) == 99)
    #expect(histogram.percentile(1) == 100)
  }

  @Test func `one slow access in a thousand shows where it should`() {
    var histogram = LatencyHistogram()
    for _ in 0..<999 { histogram.record(1_000_000) }
    histogram.record(250_000_000)
    for share in [0.5, 0.9, 0.99, 0.999] {
      let value = histogram.percentile(share) ?? 0
      #expect((1_000_000...1_016_000).contains(value), "\(share): \(value)")
    }
    #expect(histogram.percentile(0.9991) == 250_000_000)
    #expect(histogram.maximum == 250_000_000)
  }

  @Test func `percentiles are those of the sorted numbers, to one part in 64`() {
    var generator = SeededGenerator()
    var histogram = LatencyHistogram()
    // From nanoseconds to minutes.
    let values = (0..<10_000).map { _ in generator.next() >> UInt64.random(in: 24...60, using: &generator) }
      .sorted()
    for value in values { histogram.record(value) }
    for share in [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = values[Int((share * 10_000).rounded(.up)) - 1]
      let found = histogram.percentile(share) ?? 0
      #expect(found >= exact && found <= exact + exact / 64 + 1, "\(share): \(found), \(exact)")
    }
  }

  @Test func `the longest time there is fits`() {
    var histogram = LatencyHistogram()
    histogram.record(.max)
    histogram.record(0)
    #expect(histogram.percentile(1) == .max)
    #expect(histogram.percentile(0.5) == 0)
  }

  @Test func `merged is as recorded together`() {
    var (first, second, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for value in 0..<1000 as Range<UInt64> {
      value % 3 == 0 ? first.record(value * value) : second.record(value * value)
      both.record(value * value)
    }
    first.merge(second)
    #expect(first == both)
  }
}
