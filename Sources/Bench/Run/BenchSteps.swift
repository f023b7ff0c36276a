// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Synchronization

/// The phases one after the other, and what one leaves for the next: how far the region has been filled, which
/// number the next access has.
struct BenchSteps {
  private let storage: any MeasuredStorage
  private let content: BlockContent
  private let monitor: BenchMonitor
  private let clock: MeasuringClock
  private(set) var measurements: [PhaseResult] = []
  private(set) var series: ThroughputSeries?

  /// How far the sustained phase has written: what lies behind reads as zero without a look at storage.
  private var filledByteCount: UInt64
  /// The number of the next access: no two have the same, so no two blocks have the same content. It is 0 when the
  /// sustained phase begins, so that this one fills the region without a gap.
  private var nextNumber: UInt64 = 0

  init(
    _ storage: any MeasuredStorage, content: BlockContent, monitor: BenchMonitor, clock: MeasuringClock
  ) {
    self.storage = storage
    self.content = content
    self.monitor = monitor
    self.clock = clock
    filledByteCount = storage.isWritable ? 0 : storage.byteCount
  }

  /// Measures a phase and keeps what it came to; nothing where there is no time or no room.
  mutating func measure(_ phase: BenchPhase, until deadline: UInt64) throws(BenchError) {
    let pattern = phase.pattern
    let region = region(for: phase)
    guard region.upperBound >= pattern.smallestRegion, clock.now() < deadline else { return }
    _ = try storage.setDirect(phase.isDirect)
    if !phase.isDirect { storage.dropCache() }
    let total =
      try phase.isDirect || pattern == .synced
      ? round(phase, pattern, in: region, numberCount: .max, until: deadline)
      : rounds(phase, pattern, in: region, until: deadline)
    guard total.latency.operationCount > 0 else { return }
    measurements.append(
      PhaseResult(
        phase, byteCount: total.byteCount, seconds: Double(total.duration) / 1e9, latency: total.latency))
  }

  /// The part of the target that a phase may use: for reading, what has been filled.
  private func region(for phase: BenchPhase) -> Range<UInt64> {
    phase.isWriting ? 0..<storage.byteCount : 0..<filledByteCount
  }
}

// MARK: Rounds

extension BenchSteps {
  /// What some threads have done between them.
  private struct Total {
    var byteCount: UInt64 = 0
    /// In nanoseconds, and when it ended by the clock.
    var duration: UInt64 = 0
    var end: UInt64 = 0
    var latency = LatencyHistogram()
  }

  /// Through the page cache: rounds of so many accesses, each with the flush that ends it, or a cache emptied before it.
  /// So no more is left to be written when the time is up than what a round takes.
  private mutating func rounds(
    _ phase: BenchPhase, _ pattern: AccessPattern, in region: Range<UInt64>, until deadline: UInt64
  ) throws(BenchError) -> Total {
    var total = Total()
    let blockSize = UInt64(pattern.largestByteCount)
    let all = max(1, region.upperBound / blockSize)
    var count = phase.isWriting ? min(all, max(1, (1 << 20) / blockSize)) : all
    while clock.now() < deadline, !monitor.isStopped {
      if !phase.isWriting { storage.dropCache() }
      let one = try round(phase, pattern, in: region, numberCount: count, until: deadline)
      total.byteCount += one.byteCount
      total.duration += one.duration
      total.latency.merge(one.latency)
      guard one.latency.operationCount > 0, total.duration > 0 else { break }
      // Twice as many, but no more than the time that is left takes.
      let now = clock.now()
      guard phase.isWriting, now < deadline else { continue }
      let rate = Double(total.latency.operationCount) / Double(total.duration)
      count = max(1, min(all, count * 2, UInt64(min(1e15, rate * Double(deadline - now)))))
    }
    return total
  }

  private mutating func round(
    _ phase: BenchPhase, _ pattern: AccessPattern, in region: Range<UInt64>, numberCount: UInt64,
    until deadline: UInt64
  ) throws(BenchError) -> Total {
    let recorder = phase.isSustained ? SeriesRecorder(enough: 2 * storage.byteCount) : nil
    let first = nextNumber
    let job = LaneJob(
      storage, pattern, first..<first + min(numberCount, .max - first), in: region,
      isWriting: phase.isWriting,
      content: content, until: deadline, recorder: recorder, monitor: monitor,
      clock: clock)
    let results = LaneResults()
    try Threads.run(phase.inFlightCount) { results.append(job.run()) }
    if let recorder { keep(recorder, phase) }
    var total = try results.total()
    nextNumber += total.latency.operationCount
    if phase.isWriting, !phase.isDirect, pattern != .synced {
      try storage.flush()
      total.duration += clock.now() - total.end
    }
    return total
  }

  private mutating func keep(_ recorder: SeriesRecorder, _ phase: BenchPhase) {
    series = recorder.series
    if phase.isWriting { filledByteCount = max(filledByteCount, recorder.reached) }
  }

  /// Where threads leave what they have done.
  private final class LaneResults: Sendable {
    private let results = Mutex<[LaneJob.Result]>([])

    func append(_ result: LaneJob.Result) { results.withLock { $0.append(result) } }

    func total() throws(BenchError) -> Total {
      let results = results.withLock { $0 }
      if let failure = results.compactMap(\.failure).first { throw failure }
      var total = Total()
      for result in results {
        total.byteCount += result.byteCount
        total.latency.merge(result.latency)
        total.end = max(total.end, result.end)
      }
      total.duration = total.end - (results.map(\.start).min() ?? total.end)
      return total
    }
  }
}
