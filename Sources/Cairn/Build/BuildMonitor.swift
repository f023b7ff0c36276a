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
  private let source = Mutex<ArchiveProgress?>(nil)

  private let temporaryPath = Mutex<String?>(nil)
  private let card = Mutex<CardState?>(nil)

  public init() {}

  public internal(set) var phase: Phase {
    get { Phase(rawValue: currentPhase.load(ordering: .relaxed)) ?? .examining }
    set { currentPhase.store(newValue.rawValue, ordering: .relaxed) }
  }

  /// How much of the source has been read; nil before it is open.
  public internal(set) var sourceProgress: ArchiveProgress? {
    get { source.withLock { $0 } }
    set { source.withLock { $0 = newValue } }
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
