// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What other threads may see of a measurement, and say to it.
public final class BenchMonitor: Sendable {
  private let isStopping = Atomic<Bool>(false)
  private let current = Mutex<BenchPhase?>(nil)

  public init() {}

  /// Ends it after the accesses that are under way; what has been measured by then is the result.
  public func stop() { isStopping.store(true, ordering: .relaxed) }

  public var isStopped: Bool { isStopping.load(ordering: .relaxed) }

  /// What is being measured; nil before it begins.
  public internal(set) var phase: BenchPhase? {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }
}
