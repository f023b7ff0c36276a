// SPDX-License-Identifier: Apache-2.0
import Synchronization

@testable import Blocks

/// A device in memory that takes whole blocks alone, notes what it is asked to do, and fails when told to.
final class MemoryDevice: DeviceCalls {
  /// One call that would change the device.
  enum Call: Equatable, Sendable {
    case write(Range<UInt64>)
    case zero(Range<UInt64>)
    case flush

    var range: Range<UInt64>? {
      switch self {
      case .write(let range), .zero(let range): range
      case .flush: nil
      }
    }
  }

  struct State {
    var bytes: [UInt8]
    var calls: [Call] = []
    var reads: [Range<UInt64>] = []
    /// Answers to the n-th call, the first being 1; all others do what they should.
    var answers: [Int: CallResult] = [:]
    /// Answers to reads from an offset on.
    var readFailure: (range: Range<UInt64>, number: CInt)?
    var canZero = true
    /// Bytes that a call moves at most.
    var step = Int.max
  }

  let blockSize: Int
  let path = "/dev/sdx"
  let state: Mutex<State>
  /// Called at each change, outside of the lock.
  let hook: (@Sendable (Call) -> Void)?

  init(_ bytes: [UInt8], blockSize: Int = 512, hook: (@Sendable (Call) -> Void)? = nil) {
    state = Mutex(State(bytes: bytes))
    self.blockSize = blockSize
    self.hook = hook
  }

  var bytes: [UInt8] { state.withLock { $0.bytes } }
  var calls: [Call] { state.withLock { $0.calls } }
  var reads: [Range<UInt64>] { state.withLock { $0.reads } }
  func set(_ change: (inout sending State) -> Void) { state.withLock { change(&$0) } }

  func target(
    windowSize: Int = 4096, threadCount: Int = 3, zeroing: DeviceTarget.Zeroing = .offloaded,
    monitor: WriteMonitor = WriteMonitor()
  ) throws -> DeviceTarget {
    var options = DeviceTarget.Options()
    options.windowSize = windowSize
    options.threadCount = threadCount
    options.zeroing = zeroing
    return try DeviceTarget(
      self, size: UInt64(bytes.count), blockSize: blockSize, isDirect: blockSize > 1, options: options,
      monitor: monitor)
  }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) -> CallResult {
    guard isAligned(offset, bytes.byteCount) else { return .failed(22) }
    let count = bytes.byteCount
    let range = offset..<offset + UInt64(count)
    let answer: (part: [UInt8], number: CInt?) = state.withLock {
      $0.reads.append(range)
      if let failure = $0.readFailure, failure.range.overlaps(range) { return ([], failure.number) }
      let end = min($0.bytes.count, Int(offset) + min(count, $0.step))
      return (Array($0.bytes[min(Int(offset), end)..<end]), nil)
    }
    if let number = answer.number { return .failed(number) }
    bytes.store(answer.part.span.bytes, at: 0)
    return .moved(answer.part.count)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) -> CallResult {
    guard isAligned(offset, bytes.byteCount) else { return .failed(22) }
    let copy = bytes.copy(0..<bytes.byteCount)
    return change(.write(offset..<offset + UInt64(copy.count))) { state in
      let count = min(copy.count, state.step)
      guard Int(offset) + count <= state.bytes.count else { return .failed(28) }
      state.bytes.replaceSubrange(Int(offset)..<Int(offset) + count, with: copy[..<count])
      return .moved(count)
    }
  }

  func zero(_ range: Range<UInt64>) -> CallResult {
    guard isAligned(range.lowerBound, range.count) else { return .failed(22) }
    return change(.zero(range)) { state in
      guard state.canZero else { return .unsupported }
      state.bytes.replaceSubrange(
        Int(range.lowerBound)..<Int(range.upperBound), with: [UInt8](repeating: 0, count: range.count))
      return .moved(0)
    }
  }

  func flush() -> CallResult { change(.flush) { _ in .moved(0) } }

  private func change(_ call: Call, _ body: (inout sending State) -> CallResult) -> CallResult {
    let result: CallResult = state.withLock { state in
      state.calls.append(call)
      if let answer = state.answers[state.calls.count] { return answer }
      return body(&state)
    }
    hook?(call)
    return result
  }

  private func isAligned(_ offset: UInt64, _ count: Int) -> Bool {
    offset % UInt64(blockSize) == 0 && count % blockSize == 0
  }
}
