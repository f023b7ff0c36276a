// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Synchronization

/// What the threads of a phase have in common: each takes the next access and makes it, until the time is up.
final class LaneJob: Sendable {
  private let storage: any MeasuredStorage
  private let pattern: AccessPattern
  private let region: Range<UInt64>
  private let isWriting: Bool
  private let content: BlockContent
  /// When no access begins any more, in nanoseconds of the clock.
  private let deadline: UInt64
  private let numbers: Range<UInt64>
  private let next: Atomic<UInt64>
  private let recorder: SeriesRecorder?
  private let monitor: BenchMonitor
  private let clock: MeasuringClock

  /// - Parameters:
  ///   - numbers: of the accesses; their stamps, too.
  ///   - recorder: of throughput over time, which may end the job early.
  init(
    _ storage: any MeasuredStorage, _ pattern: AccessPattern, _ numbers: Range<UInt64>,
    in region: Range<UInt64>,
    isWriting: Bool, content: BlockContent, until deadline: UInt64, recorder: SeriesRecorder?,
    monitor: BenchMonitor, clock: MeasuringClock
  ) {
    self.storage = storage
    self.pattern = pattern
    self.numbers = numbers
    self.region = region
    self.isWriting = isWriting
    self.content = content
    self.deadline = deadline
    next = Atomic(numbers.lowerBound)
    self.recorder = recorder
    self.monitor = monitor
    self.clock = clock
  }

  /// What one thread has done.
  struct Result: Sendable {
    var latency = LatencyHistogram()
    var byteCount: UInt64 = 0
    /// When its first access began, its buffer filled; and when its last one ended.
    var start: UInt64 = 0
    var end: UInt64 = 0
    var failure: BenchError?
  }

  /// Makes accesses until there are no more or no time is left.
  func run() -> Result {
    var result = Result()
    var buffer = content.makeBuffer(for: pattern.largestByteCount)
    var now = clock.now()
    result.start = now
    while now < deadline, !monitor.isStopped, recorder?.isOver != true, let number = takeNumber() {
      let access = pattern.access(number, in: region)
      if let failure = make(access, number, &buffer) {
        result.failure = failure
        break
      }
      let end = clock.now()
      result.latency.record(end - now)
      result.byteCount += UInt64(access.byteCount)
      recorder?.add(now..<end, access)
      now = end
    }
    result.end = now
    return result
  }

  private func takeNumber() -> UInt64? {
    let number = next.add(1, ordering: .relaxed).oldValue
    return number < numbers.upperBound ? number : nil
  }

  private func make(_ access: Access, _ number: UInt64, _ buffer: inout AlignedBuffer) -> BenchError? {
    do throws(BenchError) {
      if isWriting {
        let range = BlockContent.stamp(&buffer, for: access, number)
        try storage.write(buffer.bytes.extracting(range), at: access.offset)
        if access.isSynced { try storage.flush() }
      } else {
        var all = buffer.mutableBytes
        var bytes = all._mutatingExtracting(first: access.byteCount)
        try storage.read(into: &bytes, at: access.offset)
      }
      return nil
    } catch { return error }
  }
}
