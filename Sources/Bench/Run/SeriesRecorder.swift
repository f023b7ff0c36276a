// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Throughput over time, gathered from several threads, and the word that enough has been seen.
final class SeriesRecorder: Sendable {
  /// Once so much has been moved, a settled throughput is the end; where it fell before, it is in any case.
  private let enoughByteCount: UInt64
  private let state = Mutex(State())
  private let isDone = Atomic<Bool>(false)

  private struct State {
    /// In nanoseconds of the clock.
    var start: UInt64?
    var series = ThroughputSeries()
    var byteCount: UInt64 = 0
    /// The furthest byte moved, from the target's first one.
    var reached: UInt64 = 0
    var nextLook: UInt64 = 0
  }

  /// - Parameter byteCount: so many are enough, where throughput has settled.
  init(enough byteCount: UInt64) { enoughByteCount = byteCount }

  var isOver: Bool { isDone.load(ordering: .relaxed) }
  var series: ThroughputSeries { state.withLock { $0.series } }
  var reached: UInt64 { state.withLock { $0.reached } }

  /// - Parameter interval: in nanoseconds of the clock.
  func add(_ interval: Range<UInt64>, _ access: Access) {
    state.withLock { state in
      // Time counts from the first access that ends: one that began before is counted from there.
      let start = state.start ?? interval.lowerBound
      state.start = start
      let end = max(interval.upperBound, start)
      state.series.add(max(interval.lowerBound, start) - start..<end - start, byteCount: access.byteCount)
      state.byteCount += UInt64(access.byteCount)
      state.reached = max(state.reached, access.offset + UInt64(access.byteCount))
      guard state.series.end >= state.nextLook else { return }
      state.nextLook = state.series.end + 1_000_000_000
      let hasEnough = state.byteCount >= enoughByteCount && state.series.isSettled
      if hasEnough || state.series.hasSettledAfterFall { isDone.store(true, ordering: .relaxed) }
    }
  }
}
