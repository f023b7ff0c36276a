// SPDX-License-Identifier: Apache-2.0
import Bench
import Blocks
import Synchronization

/// Storage that keeps what was asked of it, and nothing else.
final class RecordingStorage: MeasuredStorage {
  enum Event: Equatable {
    case read(Range<UInt64>)
    case write(Range<UInt64>)
    case flush, dropCache
    case direct(Bool)
  }

  let byteCount: UInt64
  let isWritable: Bool
  private let isDirectPossible: Bool
  private let keepsStamps: Bool
  /// The access that fails, counted from 1.
  private let failing: Int?
  private let state = Mutex(State())

  private struct State {
    var events: [Event] = []
    var accessCount = 0
    /// The first bytes of each sector that was written.
    var stamps: [UInt64] = []
  }

  init(
    byteCount: UInt64, isWritable: Bool = true, isDirectPossible: Bool = true, keepsStamps: Bool = false,
    failing: Int? = nil
  ) {
    self.keepsStamps = keepsStamps
    self.byteCount = byteCount
    self.isWritable = isWritable
    self.isDirectPossible = isDirectPossible
    self.failing = failing
  }

  var events: [Event] { state.withLock { $0.events } }
  var stamps: [UInt64] { state.withLock { $0.stamps } }

  var writes: [Range<UInt64>] {
    events.compactMap { if case .write(let range) = $0 { range } else { nil } }
  }

  var reads: [Range<UInt64>] {
    events.compactMap { if case .read(let range) = $0 { range } else { nil } }
  }

  func setDirect(_ isDirect: Bool) throws(BenchError) -> Bool {
    state.withLock { $0.events.append(.direct(isDirect)) }
    return !isDirect || isDirectPossible
  }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BenchError) {
    try record(.read(offset..<offset + UInt64(bytes.byteCount)), at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BenchError) {
    try record(.write(offset..<offset + UInt64(bytes.byteCount)), at: offset)
    guard keepsStamps else { return }
    var stamps: [UInt64] = []
    for sector in 0..<bytes.byteCount / 512 { stamps.append(bytes.load(UInt64.self, at: sector * 512)) }
    state.withLock { $0.stamps += stamps }
  }

  func flush() throws(BenchError) { state.withLock { $0.events.append(.flush) } }

  func dropCache() { state.withLock { $0.events.append(.dropCache) } }

  private func record(_ event: Event, at offset: UInt64) throws(BenchError) {
    let fails = state.withLock { state in
      state.accessCount += 1
      state.events.append(event)
      return state.accessCount == failing
    }
    if fails {
      throw .storage(.system(.write, path: "storage", offset: offset, number: 5))
    }
  }
}

/// A clock that goes on by so much with each look at it.
final class SteppingClock: Sendable {
  private let time = Atomic<UInt64>(0)
  let step: UInt64

  init(step: UInt64) { self.step = step }

  func now() -> UInt64 { time.add(step, ordering: .relaxed).newValue }
}
