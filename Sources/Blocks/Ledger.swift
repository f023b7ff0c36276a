// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Synchronization

/// What other threads may see of a job, and say to it: how far it is, and that it must stop.
public final class WriteMonitor: Sendable {
  private let written = Atomic<UInt64>(0)
  private let zeroed = Atomic<UInt64>(0)
  private let stored = Atomic<UInt64>(0)
  private let inFlight = Atomic<UInt64>(0)
  private let verified = Atomic<UInt64>(0)
  private let targetTime = Atomic<UInt64>(0)
  private let isStopping = Atomic<Bool>(false)

  public init() {}

  /// Bytes handed to the target so far, zeroed ones not among them.
  public var writtenByteCount: UInt64 { written.load(ordering: .relaxed) }
  /// Bytes that the target was told to zero so far.
  public var zeroedByteCount: UInt64 { zeroed.load(ordering: .relaxed) }
  /// Bytes that a device has taken so far, written or zeroed, whole blocks where only parts were asked for.
  public var storedByteCount: UInt64 { stored.load(ordering: .relaxed) }
  /// Bytes that a device was given and has not answered.
  public var inFlightByteCount: UInt64 { inFlight.load(ordering: .relaxed) }
  /// Bytes read back and compared so far.
  public var verifiedByteCount: UInt64 { verified.load(ordering: .relaxed) }
  /// How long the target has had control, in nanoseconds.
  public var targetNanoseconds: UInt64 { targetTime.load(ordering: .relaxed) }
  public var isStopped: Bool { isStopping.load(ordering: .relaxed) }

  /// Begins counting anew: for a second job under the same eyes.
  public func resetCounts() {
    written.store(0, ordering: .relaxed)
    zeroed.store(0, ordering: .relaxed)
    stored.store(0, ordering: .relaxed)
    verified.store(0, ordering: .relaxed)
  }

  /// The next write throws `BlockError.cancelled`. Safe to call from anywhere, at any time.
  public func stop() { isStopping.store(true, ordering: .relaxed) }

  func countIssued(_ byteCount: UInt64) { inFlight.add(byteCount, ordering: .relaxed) }

  func countAnswered(_ byteCount: UInt64, isStored: Bool) {
    inFlight.subtract(byteCount, ordering: .relaxed)
    if isStored { stored.add(byteCount, ordering: .relaxed) }
  }

  func count(verified byteCount: UInt64) { verified.add(byteCount, ordering: .relaxed) }

  /// Of a call of the target's that began at `start`.
  fileprivate func countTarget(since start: UInt64) {
    targetTime.add(linux_monotonic_nanoseconds() - start, ordering: .relaxed)
  }

  fileprivate func count(written byteCount: UInt64) { written.add(byteCount, ordering: .relaxed) }
  fileprivate func count(zeroed byteCount: UInt64) { zeroed.add(byteCount, ordering: .relaxed) }
}

/// The target that writers get: passes everything on and knows of every byte whether it was written, zeroed
/// or left untouched.
///
/// No byte is written twice: `repeatedByteCount` stays 0 on every build, and tests hold it to that.
public final class Ledger: BlockTarget {
  private let target: any BlockTarget
  public let monitor: WriteMonitor
  /// Bytes with content.
  public private(set) var written = ExtentSet()
  /// Bytes that must read as zero.
  public private(set) var zeroed = ExtentSet()
  /// Bytes that came a second time: what came last holds.
  public private(set) var repeatedByteCount: UInt64 = 0
  /// Of the bytes with content, if checksums are kept.
  public private(set) var checksums: ChecksumMap?
  /// Calls of `write`.
  public private(set) var writeCount = 0

  /// - Parameter keepsChecksums: for a target that will be read back by a `Verification`.
  public init(
    _ target: any BlockTarget, keepsChecksums: Bool = false, monitor: WriteMonitor = WriteMonitor()
  ) {
    self.target = target
    self.monitor = monitor
    checksums = keepsChecksums ? ChecksumMap() : nil
  }

  public var size: UInt64 { target.size }

  /// Free space, and blocks that a file system takes for zero without reading them: anything may stand there.
  public var untouched: ExtentSet {
    var touched = written
    for range in zeroed.ranges { touched.insert(range) }
    return touched.complement(in: 0..<size)
  }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try target.read(into: &bytes, at: offset)
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkNotStopped()
    let start = linux_monotonic_nanoseconds()
    try target.write(bytes, at: offset)
    monitor.countTarget(since: start)
    let range = offset..<offset + UInt64(bytes.byteCount)
    repeatedByteCount += written.insert(range) + zeroed.remove(range)
    checksums?.record(bytes, at: offset)
    writeCount += 1
    monitor.count(written: UInt64(bytes.byteCount))
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkNotStopped()
    let start = linux_monotonic_nanoseconds()
    try target.zero(range)
    monitor.countTarget(since: start)
    repeatedByteCount += zeroed.insert(range) + written.remove(range)
    checksums?.remove(range)
    monitor.count(zeroed: range.upperBound - range.lowerBound)
  }

  public func flush() throws(BlockError) {
    try checkNotStopped()
    let start = linux_monotonic_nanoseconds()
    try target.flush()
    monitor.countTarget(since: start)
  }

  private func checkNotStopped() throws(BlockError) {
    if monitor.isStopped { throw .cancelled }
  }
}
