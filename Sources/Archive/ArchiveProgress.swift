// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How much of the archive's file has been read; may be asked from any thread.
public final class ArchiveProgress: Sendable {
  /// Size of the file in bytes; nil where it has none, as a pipe.
  public let totalByteCount: UInt64?
  private let consumed = Atomic<UInt64>(0)

  /// Bytes read from the file, compressed as they are.
  public var consumedByteCount: UInt64 { consumed.load(ordering: .relaxed) }

  init(totalByteCount: UInt64?) { self.totalByteCount = totalByteCount }

  func add(_ byteCount: Int) { consumed.add(UInt64(byteCount), ordering: .relaxed) }
}
