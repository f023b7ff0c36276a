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
  }

  /// Bytes written, and the way to stop.
  public let writes = WriteMonitor()
  private let currentPhase = Atomic<Int>(Phase.examining.rawValue)
  private let source = Mutex<ArchiveProgress?>(nil)

  private let temporaryPath = Mutex<String?>(nil)

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
