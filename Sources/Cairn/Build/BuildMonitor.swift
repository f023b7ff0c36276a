// SPDX-License-Identifier: Apache-2.0
public import Archive
public import Blocks
internal import CLinux
internal import Synchronization

/// What other threads may see of a build, and say to it.
public final class BuildMonitor: Sendable {
  /// What a build is at.
  public enum Phase: Int, Sendable {
    /// Opening the inputs, and finding out how much room the content takes.
    case examining
    case boot, data, flushing
    /// Of a card in a reader: finding out whether it holds what it claims to, wiping what it held, copying an image,
    /// reading back.
    case probing, wiping, image, verifying
  }

  /// Bytes written, and the way to stop.
  public let writes = WriteMonitor()
  private let currentPhase = Atomic<Int>(Phase.examining.rawValue)
  /// Of all archives so far; the last one is being read.
  private let sources = Mutex<[ArchiveProgress]>([])
  private let parts = Mutex(PartClock())

  private let temporaryPath = Mutex<String?>(nil)
  private let card = Mutex<CardState?>(nil)

  public init() { parts.withLock { $0.enter(.preparing, at: reading) } }

  public internal(set) var phase: Phase {
    get { Phase(rawValue: currentPhase.load(ordering: .relaxed)) ?? .examining }
    set {
      parts.withLock { $0.enter(newValue.part, at: reading) }
      currentPhase.store(newValue.rawValue, ordering: .relaxed)
    }
  }

  /// How much of the source has been read; nil before it is open.
  public internal(set) var sourceProgress: ArchiveProgress? {
    get { sources.withLock { $0.last } }
    set { sources.withLock { sources in if let newValue { sources.append(newValue) } } }
  }

  /// What the job has taken so far; it is at nothing from now on.
  public func takeStatistics() -> BuildStatistics {
    var statistics = BuildStatistics()
    statistics.parts = parts.withLock { clock in
      clock.enter(nil, at: reading)
      return clock.parts
    }
    for source in sources.withLock({ $0 }) {
      statistics.readSeconds += Double(source.readNanoseconds) / 1e9
      statistics.decodeSeconds += Double(source.decodeNanoseconds) / 1e9
      statistics.readByteCount += source.consumedByteCount
      statistics.decodedByteCount += source.deliveredByteCount
    }
    statistics.process = .current()
    return statistics
  }

  /// What has been done so far was a first look, in which nothing is written.
  func endFirstLook() {
    parts.withLock { $0.collapse(into: .firstLook, at: reading) }
    writes.resetCounts()
  }

  private var reading: PartClock.Reading {
    PartClock.Reading(
      time: linux_monotonic_nanoseconds(),
      sourceTime: sources.withLock { $0.reduce(0) { $0 + $1.waitNanoseconds } },
      targetTime: writes.targetNanoseconds)
  }

  /// What the card in a reader is that is being written; nil where there is none.
  public internal(set) var cardState: CardState? {
    get { card.withLock { $0 } }
    set { card.withLock { $0 = newValue } }
  }

  /// What the device that is being written has yet to answer; nil where it has answered everything.
  public var pendingWork: PendingWork? {
    guard cardState != nil else { return nil }
    switch phase {
    case .examining: return nil
    case .boot, .data, .image:
      let byteCount = writes.inFlightByteCount
      return byteCount > 0 ? .transfer(byteCount: byteCount) : nil
    case .flushing, .wiping: return .flush
    case .probing, .verifying: return .read
    }
  }

  /// What a device is at.
  public enum PendingWork: Equatable, Sendable {
    case transfer(byteCount: UInt64)
    /// Putting on storage what it has taken.
    case flush
    case read
  }

  /// Ends the build at its next write, with `BlockError.cancelled`.
  public func stop() { writes.stop() }

  /// Removes the temporary name of an output, where the file system has no unnamed files: for a process that ends
  /// without waiting for the build.
  public func abandon() {
    temporaryPath.withLock { path in if let path { _ = unsafe unlink(path) } }
  }

  /// Tells `abandon` what to remove.
  func watch(_ image: ImageFile) { temporaryPath.withLock { $0 = image.temporaryPath } }
}

extension BuildMonitor.Phase {
  fileprivate var part: BuildStatistics.PartName {
    switch self {
    case .examining: .preparing
    case .boot: .boot
    case .data: .data
    case .flushing: .ending
    case .probing: .probing
    case .wiping: .wiping
    case .image: .image
    case .verifying: .verifying
    }
  }
}
