// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Transfers on their way to a device: a few threads take them in the order in which they came, and no more
/// than there are windows wait.
///
/// Transfers that touch the same bytes never are under way together. After the first write that fails, or
/// once the monitor says stop, nothing further is issued.
@safe
final class TransferQueue {
  let calls: any DeviceCalls
  private let monitor: WriteMonitor
  private let zeroing: DeviceTarget.Zeroing
  private let zeros: AlignedBuffer
  private let allWindows: [BlockWindow]
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  // All below is touched under the lock alone.
  private var waiting: [Transfer] = []
  private var running: [Transfer] = []
  /// Those that nobody has.
  private var windows: [BlockWindow]
  private var failure: BlockError?
  private var canZero = true
  private var isEnding = false

  /// - Parameters:
  ///   - windowCount: how many windows there are, those that are being filled among them.
  ///   - windowSize: in bytes; of a zeroing, too, no more is issued at a time.
  init(
    _ calls: any DeviceCalls, windowCount: Int, windowSize: Int, zeroing: DeviceTarget.Zeroing,
    monitor: WriteMonitor
  ) {
    self.calls = calls
    self.monitor = monitor
    self.zeroing = zeroing
    zeros = AlignedBuffer(byteCount: windowSize)
    allWindows = (0..<windowCount).map { _ in BlockWindow(byteCount: windowSize) }
    windows = allWindows
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }
}

// The side of the target.
extension TransferQueue {
  /// Throws what went wrong with an earlier write, once the device has answered all that was issued.
  func check() throws(BlockError) {
    if let failure = locked({ awaitedFailure() }) { throw failure }
  }

  /// Waits for an empty window.
  func takeWindow() throws(BlockError) -> BlockWindow {
    let window: BlockWindow? = locked {
      while windows.isEmpty, currentFailure == nil { wait() }
      return currentFailure == nil ? windows.removeLast() : nil
    }
    guard let window else { throw locked { awaitedFailure() } ?? .cancelled }
    return window
  }

  func giveBack(_ window: BlockWindow) { locked { windows.append(window) } }

  /// Hands over a transfer, when those that touch the same bytes are done.
  func submit(_ transfer: Transfer) throws(BlockError) {
    let failure: BlockError? = locked {
      while currentFailure == nil, isBusy(transfer.range) || waiting.count >= Self.waitingCount { wait() }
      if currentFailure == nil {
        waiting.append(transfer)
        unsafe pthread_cond_broadcast(changed)
      }
      return awaitedFailure()
    }
    if let failure { throw failure }
  }

  /// Returns when nothing that touches `range` is on its way.
  func wait(for range: Range<UInt64>) throws(BlockError) {
    let failure: BlockError? = locked {
      while currentFailure == nil, isBusy(range) { wait() }
      return awaitedFailure()
    }
    if let failure { throw failure }
  }

  /// Waits for a reading that has been handed over, and returns what went wrong with it.
  @discardableResult
  func finish(_ reading: Transfer) -> BlockError? {
    locked {
      while !reading.isDone { wait() }
      return reading.failure
    }
  }

  /// Keeps an error that makes everything after it pointless.
  func fail(_ error: BlockError) { locked { if failure == nil { failure = error } } }

  /// Forgets what went wrong, what waits, and who has which window.
  func reset() {
    locked {
      dropWaiting()
      while !running.isEmpty { wait() }
      failure = nil
      windows = allWindows
    }
  }

  /// Lets the threads end; what waits is not written.
  func end() {
    locked {
      isEnding = true
      dropWaiting()
      unsafe pthread_cond_broadcast(changed)
    }
  }

  /// Transfers that wait while every thread has one.
  private static let waitingCount = 1
}

// The side of the threads.
extension TransferQueue {
  /// Works until the queue ends.
  func run() {
    while let transfer = next() {
      let error = perform(transfer)
      locked { finish(transfer, error) }
    }
  }

  private func next() -> Transfer? {
    locked {
      while true {
        if isEnding { return nil }
        if currentFailure != nil { dropWaiting() }
        if !waiting.isEmpty { break }
        wait()
      }
      let transfer = waiting.removeFirst()
      running.append(transfer)
      return transfer
    }
  }

  private func perform(_ transfer: Transfer) -> BlockError? {
    switch transfer.work {
    case .write(let window, let runs):
      for run in runs {
        if let error = issue(run, { window.write(run, by: calls) }) { return error }
      }
      return nil
    case .read(let window): return window.read(transfer.range, by: calls)
    case .zero: return zeroAll(transfer.range)
    }
  }

  /// In pieces, so that a stop need not wait for all of it.
  private func zeroAll(_ range: Range<UInt64>) -> BlockError? {
    var start = range.lowerBound
    while start < range.upperBound {
      let piece = start..<min(range.upperBound, start + UInt64(zeros.byteCount))
      if let error = issue(piece, { zero(piece) }) { return error }
      start = piece.upperBound
    }
    return nil
  }

  /// Makes a call unless the job has been stopped, and counts its bytes.
  private func issue(_ range: Range<UInt64>, _ call: () -> BlockError?) -> BlockError? {
    if monitor.isStopped { return .cancelled }
    let byteCount = range.upperBound - range.lowerBound
    monitor.countIssued(byteCount)
    let error = call()
    monitor.countAnswered(byteCount, isStored: error == nil)
    return error
  }

  private func zero(_ range: Range<UInt64>) -> BlockError? {
    if zeroing == .offloaded, locked({ canZero }) {
      switch calls.zero(range) {
      case .moved: return nil
      case .failed(let number):
        return .system(.zero, path: calls.path, offset: range.lowerBound, number: number)
      case .unsupported: locked { canZero = false }
      }
    }
    return zeros.write(0..<range.count, to: range.lowerBound, by: calls)
  }

  private func finish(_ transfer: Transfer, _ error: BlockError?) {
    running.removeAll { $0 === transfer }
    transfer.isDone = true
    if case .read = transfer.work {
      transfer.failure = error
    } else {
      if failure == nil { failure = error }
      takeBackWindow(of: transfer)
    }
    unsafe pthread_cond_broadcast(changed)
  }
}

// Under the lock.
extension TransferQueue {
  /// A stop counts from the moment on that somebody looks.
  private var currentFailure: BlockError? {
    if failure == nil, monitor.isStopped { failure = .cancelled }
    return failure
  }

  /// The same, when the device has answered all that was issued.
  private func awaitedFailure() -> BlockError? {
    guard let failure = currentFailure else { return nil }
    dropWaiting()
    while !running.isEmpty { wait() }
    return failure
  }

  private func isBusy(_ range: Range<UInt64>) -> Bool {
    waiting.contains { $0.range.overlaps(range) } || running.contains { $0.range.overlaps(range) }
  }

  private func dropWaiting() {
    for transfer in waiting {
      transfer.isDone = true
      transfer.failure = failure ?? .cancelled
      takeBackWindow(of: transfer)
    }
    waiting = []
  }

  /// A reading's window is given back by who wanted to read.
  private func takeBackWindow(of transfer: Transfer) {
    if case .write(let window, _) = transfer.work { windows.append(window) }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  private func wait() { unsafe pthread_cond_wait(changed, lock) }
}

// All that changes is touched under the lock; a window belongs to whoever took it, and to the thread that
// performs its transfer.
extension TransferQueue: @unchecked Sendable {}
