// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@testable import Bench

/// Runs by a clock that goes on by a twentieth of a millisecond with each look: what is made in the time is always
/// the same.
@Suite struct BenchRunTests {
  private func run(
    _ storage: RecordingStorage, time: Duration = .seconds(1), monitor: BenchMonitor = BenchMonitor(),
    step: UInt64 = 50_000
  ) throws(BenchError) -> BenchResult {
    let clock = SteppingClock(step: step)
    return try BenchRun(
      storage, time: time, monitor: monitor, clock: MeasuringClock { clock.now() }
    ).run()
  }

  @Test func `a writable target is measured in every way, within its bounds`() throws {
    let storage = RecordingStorage(byteCount: 64 << 20)
    let result = try run(storage)
    let plan = BenchPlan(isWritable: true, isDirectPossible: true, byteCount: 64 << 20)
    #expect(result.measurements.map(\.phase) == plan.steps.map(\.phase))
    #expect(result.isComplete && result.isWritable && result.isDirectPossible)
    #expect(result.byteCount == 64 << 20)
    #expect((storage.writes + storage.reads).allSatisfy { $0.upperBound <= 64 << 20 })
    #expect(storage.events.contains(.direct(true)) && storage.events.contains(.direct(false)))
  }

  @Test func `what was counted is what was moved`() throws {
    let storage = RecordingStorage(byteCount: 64 << 20)
    let result = try run(storage)
    let measured = result.measurements.reduce(0) { $0 + $1.byteCount }
    #expect(measured == (storage.writes + storage.reads).reduce(0) { $0 + $1.upperBound - $1.lowerBound })
    let operations = result.measurements.reduce(0) { $0 + $1.latency.operationCount }
    #expect(operations == UInt64(storage.writes.count + storage.reads.count))
  }

  @Test func `one access after the other is one look at the clock each`() throws {
    let result = try run(RecordingStorage(byteCount: 64 << 20))
    let reads = try #require(result[BenchPhase(.randomRead, blockSize: 4096, isDirect: true)])
    // 4096 bytes in 50 microseconds.
    #expect(reads.operationsPerSecond.rounded() == 20_000)
    #expect(reads.bytesPerSecond.rounded() == 81_920_000)
    #expect(reads.latency.percentile(0.5) == 50_000)
    #expect(reads.latency.maximum == 50_000)
  }

  @Test func `only what was written is read`() throws {
    // A third of the region is all that the sustained phase comes to.
    let storage = RecordingStorage(byteCount: 1 << 30)
    _ = try run(storage, step: 1_000_000)
    let events = storage.events
    let firstRead = try #require(events.firstIndex { if case .read = $0 { true } else { false } })
    let sustained = try #require(events.firstIndex(of: .direct(false)))
    let filled = events[..<sustained].compactMap {
      if case .write(let range) = $0 { range.upperBound } else { nil }
    }
    .max()
    let end = try #require(filled)
    #expect(end < 1 << 30)
    #expect(firstRead > sustained)
    #expect(storage.reads.allSatisfy { $0.upperBound <= end })
  }

  @Test func `no sector is written twice with the same content`() throws {
    let storage = RecordingStorage(byteCount: 64 << 20, keepsStamps: true)
    _ = try run(storage, time: .milliseconds(40))
    #expect(storage.stamps.count > 10_000)
    #expect(Set(storage.stamps).count == storage.stamps.count)
  }

  @Test func `what may not be written is only read, from one end to the other`() throws {
    let storage = RecordingStorage(byteCount: 8 << 20, isWritable: false)
    let result = try run(storage)
    #expect(storage.writes.isEmpty)
    #expect(!storage.events.contains(.flush))
    #expect(!result.isWritable)
    #expect(result.measurements.first?.phase.kind == .sustainedRead)
    #expect(storage.reads.contains { $0.upperBound == 8 << 20 })
    #expect(result.verdicts.allSatisfy { $0.answer == .unknown })
  }

  @Test
  func `writing through the page cache ends with a flush, and reading through it begins with an empty one`()
    throws
  {
    let storage = RecordingStorage(byteCount: 16 << 20, isDirectPossible: false)
    let result = try run(storage)
    #expect(!result.isDirectPossible)
    #expect(!result.measurements.contains { $0.phase.isDirect })
    let accesses = storage.events.filter { if case .direct = $0 { false } else { true } }
    let flush = try #require(accesses.firstIndex(of: .flush))
    #expect(accesses.prefix(flush).contains { if case .write = $0 { true } else { false } })
    let read = try #require(accesses.firstIndex { if case .read = $0 { true } else { false } })
    #expect(accesses[read - 1] == .dropCache)
    // What is written is on storage before what follows begins.
    let lastWrite = try #require(accesses.lastIndex { if case .write = $0 { true } else { false } })
    #expect(accesses[lastWrite...].contains(.flush))
  }

  @Test func `a failed access is the run's`() throws {
    for number in [1, 2, 100, 3000] {
      let storage = RecordingStorage(byteCount: 16 << 20, failing: number)
      #expect {
        _ = try run(storage)
      } throws: { error in
        guard case BenchError.storage(.system(.write, "storage", _, 5)) = error else { return false }
        return true
      }
    }
  }

  @Test func `stopped before it begins it moves nothing`() throws {
    let monitor = BenchMonitor()
    monitor.stop()
    let storage = RecordingStorage(byteCount: 16 << 20)
    let result = try run(storage, monitor: monitor)
    #expect(result.measurements.isEmpty)
    #expect(!result.isComplete)
    #expect(storage.writes.isEmpty && storage.reads.isEmpty)
  }

  @Test func `stopped in between it has what was measured until then`() throws {
    let monitor = BenchMonitor()
    let clock = SteppingClock(step: 50_000)
    let looks = SteppingClock(step: 1)
    let storage = RecordingStorage(byteCount: 16 << 20)
    let result = try BenchRun(
      storage, time: .seconds(1), monitor: monitor,
      clock: MeasuringClock {
        if looks.now() == 500 { monitor.stop() }
        return clock.now()
      }
    ).run()
    #expect(!result.isComplete)
    #expect(result.measurements.map(\.phase.kind) == [.sustainedWrite])
    // Two accesses may be under way.
    #expect((490...502).contains(storage.writes.count))
  }

  @Test func `storage that is too slow for the time is not waited for in each way`() throws {
    // An access takes half of the time.
    let storage = RecordingStorage(byteCount: 64 << 20)
    let result = try run(storage, time: .seconds(1), step: 500_000_000)
    #expect(result.isComplete)
    #expect(storage.writes.count + storage.reads.count < 6)
    #expect(result.measurements.count < 4)
  }

  @Test func `sustained writing ends early once it has settled after a fall`() {
    let recorder = SeriesRecorder(enough: .max)
    let access = Access(offset: 0, byteCount: 1 << 20)
    var now: UInt64 = 1_000_000_000
    var seconds = 0
    while !recorder.isOver, seconds < 100 {
      for _ in 0..<10 {
        let duration: UInt64 = 100_000_000
        for _ in 0..<(seconds < 5 ? 8 : 2) { recorder.add(now..<now + duration, access) }
        now += duration
      }
      seconds += 1
    }
    // Five fast seconds, and six slow ones to see that it stays so.
    #expect((10...13).contains(seconds), "\(seconds)")
  }

  @Test func `sustained writing that stays as it is ends when enough has been moved`() {
    let recorder = SeriesRecorder(enough: 100 << 20)
    var now: UInt64 = 0
    var count = 0
    while !recorder.isOver, count < 1000 {
      recorder.add(now..<now + 100_000_000, Access(offset: UInt64(count) << 20, byteCount: 1 << 20))
      now += 100_000_000
      count += 1
    }
    #expect((100...112).contains(count), "\(count)")
    #expect(recorder.reached == UInt64(count) << 20)
  }
}
