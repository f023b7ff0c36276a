// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Synchronization

/// A measurement from its plan to its result.
public struct BenchRun: Sendable {
  private let storage: any MeasuredStorage
  private let time: Duration
  private let monitor: BenchMonitor
  private let clock: MeasuringClock

  /// - Parameters:
  ///   - storage: is overwritten where it is writable.
  ///   - time: for all together; an access that has begun is waited for.
  public init(_ storage: any MeasuredStorage, time: Duration, monitor: BenchMonitor) {
    self.init(storage, time: time, monitor: monitor, clock: .monotonic)
  }

  init(_ storage: any MeasuredStorage, time: Duration, monitor: BenchMonitor, clock: MeasuringClock) {
    self.storage = storage
    self.time = time
    self.monitor = monitor
    self.clock = clock
  }

  /// Measures, until all is done, the time is up, or the monitor stops it.
  ///
  /// - Throws: `storage` where an access fails.
  public func run() throws(BenchError) -> BenchResult {
    let isDirectPossible = try storage.setDirect(true)
    let plan = BenchPlan(
      isWritable: storage.isWritable, isDirectPossible: isDirectPossible, byteCount: storage.byteCount)
    return try run(plan, isDirectPossible: isDirectPossible)
  }

  func run(_ plan: BenchPlan, isDirectPossible: Bool) throws(BenchError) -> BenchResult {
    let start = clock.now()
    var steps = BenchSteps(
      storage, content: BlockContent(largestByteCount: BenchPlan.blockSizes.last ?? 0), monitor: monitor,
      clock: clock)
    let end = start + time.nanoseconds
    for (index, step) in plan.steps.enumerated() where !monitor.isStopped {
      let deadline = plan.deadline(ofStep: index, now: clock.now(), end: end)
      monitor.phase = step.phase
      try steps.measure(step.phase, until: deadline)
    }
    return BenchResult(
      measurements: steps.measurements, series: steps.series, byteCount: storage.byteCount,
      isWritable: storage.isWritable, isDirectPossible: isDirectPossible,
      seconds: Double(clock.now() - start) / 1e9, isComplete: !monitor.isStopped)
  }
}

extension Duration {
  /// Cut to what a counter holds: some hundred years.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(clamping: min(max(0, seconds), 1 << 32)) * 1_000_000_000
      + UInt64(clamping: attoseconds / 1_000_000_000)
  }
}
