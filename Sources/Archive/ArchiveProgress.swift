// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Synchronization

/// How much of the archive's file has been read; may be asked from any thread.
public final class ArchiveProgress: Sendable {
  /// Size of the file in bytes; nil where it has none, as a pipe.
  public let totalByteCount: UInt64?
  private let consumed = Atomic<UInt64>(0)
  private let delivered = Atomic<UInt64>(0)
  private let reading = Atomic<UInt64>(0)
  private let filling = Atomic<UInt64>(0)
  private let waiting = Atomic<UInt64>(0)

  /// Bytes read from the file, compressed as they are.
  public var consumedByteCount: UInt64 { consumed.load(ordering: .relaxed) }

  /// Bytes that they are uncompressed, headers among them; 0 for a directory.
  public var deliveredByteCount: UInt64 { delivered.load(ordering: .relaxed) }
  /// How long read(2) took, in nanoseconds; 0 for a directory.
  public var readNanoseconds: UInt64 { reading.load(ordering: .relaxed) }
  /// How long the thread that reads ahead was busy otherwise: decompressing, and parsing headers.
  public var decodeNanoseconds: UInt64 {
    let (busy, read) = (filling.load(ordering: .relaxed), readNanoseconds)
    return busy > read ? busy - read : 0
  }
  /// How long the archive's reader had to wait for that thread.
  public var waitNanoseconds: UInt64 { waiting.load(ordering: .relaxed) }

  init(totalByteCount: UInt64?) { self.totalByteCount = totalByteCount }

  func add(_ byteCount: Int) { consumed.add(UInt64(byteCount), ordering: .relaxed) }

  func countRead(since start: UInt64) {
    reading.add(linux_monotonic_nanoseconds() - start, ordering: .relaxed)
  }

  func countFilling(of byteCount: Int, since start: UInt64) {
    filling.add(linux_monotonic_nanoseconds() - start, ordering: .relaxed)
    delivered.add(UInt64(byteCount), ordering: .relaxed)
  }

  func countWaiting(since start: UInt64) {
    waiting.add(linux_monotonic_nanoseconds() - start, ordering: .relaxed)
  }
}
