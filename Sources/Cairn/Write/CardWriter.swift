// SPDX-License-Identifier: Apache-2.0
public import Blocks
internal import CLinux
internal import PartitionTable

/// Writes a card that is in a reader, or in a file that takes its place, over whatever it holds.
///
/// First the source is read to its end, while the card is as it was. Then the card is probed, its old signatures are wiped,
/// the content is written, and read back; its first sector, with the partition table, comes last. So a card whose writing
/// was interrupted has no partition table.
///
/// ```swift
/// let writer = CardWriter(.recipe(recipe, content), onto: device)
/// let outlook = try writer.examine()
/// let summary = try writer.write()
/// ```
public final class CardWriter {
  public struct Options: Equatable, Sendable {
    public var verification = VerificationExtent.written
    /// Find out whether the card holds what it claims to before it is written. A session does so only where the size is
    /// what hardware claims.
    public var probesCapacity = true
    /// Partitions that were found on the card, in bytes, beside those of its MBR: their signatures are wiped.
    public var oldPartitions: [Range<UInt64>] = []

    public init() {}
  }

  /// What is read back from a card and held against what was written.
  public enum VerificationExtent: String, CaseIterable, Sendable {
    case none
    /// All that was written or zeroed.
    case written
    /// That, and free space is read, too, whatever it holds: a block that can't be read shows.
    case full
  }

  /// What was written, and what it took.
  public struct Summary: Sendable {
    public let content: CardSummary
    /// Bytes that were read back and compared.
    public let verifiedByteCount: UInt64
    /// Bytes that did not hold what was written, and did when they were written again.
    public let repairedByteCount: UInt64
  }

  private let source: CardSource
  private let device: any BlockTarget
  private let options: Options
  private let monitor: BuildMonitor
  private let probing: Probing?
  private let isPresent: () -> Bool
  private var state = CardState.untouched {
    didSet { monitor.cardState = state }
  }

  /// Blocks that can't be held by a card are written so many times more.
  private static let repairCount = 2

  /// Finds out what the device holds, and leaves it as it was, whatever the monitor says.
  public typealias Probing = (WriteMonitor) throws(BlockError) -> CapacityProbe.Finding

  /// - Parameters:
  ///   - device: the whole of it; nothing else writes to it meanwhile.
  ///   - probing: for a device that takes nothing more once its monitor says stop; nil where `device` does.
  ///   - isPresent: whether the device is still there, asked after an error.
  public init(
    _ source: CardSource, onto device: any BlockTarget, options: Options = Options(),
    monitor: BuildMonitor = BuildMonitor(), probing: Probing? = nil,
    isPresent: @escaping () -> Bool = { true }
  ) {
    self.source = source
    self.device = device
    self.options = options
    self.monitor = monitor
    self.probing = probing
    self.isPresent = isPresent
  }

  /// Reads the source to its end, writes nothing, and tells what would be written.
  ///
  /// - Throws: every complaint about the source, and what does not fit the device.
  public func examine() throws(WriteError) -> CardSummary {
    defer { monitor.endFirstLook() }
    let reading = try source.open(size: device.size, monitor: monitor)
    let ledger = Ledger(NullTarget(size: device.size), monitor: monitor.writes)
    try reading.writeContent(on: ledger)
    try reading.writeFirstSector(on: ledger)
    return reading.summary(on: ledger)
  }

  /// Writes the card.
  public func write() throws(WriteFailure) -> Summary {
    state = .untouched
    do throws(WriteError) {
      return try writeAll()
    } catch {
      throw WriteFailure(classified(error), state: state)
    }
  }
}

extension CardWriter {
  private func writeAll() throws(WriteError) -> Summary {
    monitor.phase = .examining
    let reading = try source.open(size: device.size, monitor: monitor)
    try probe()
    try wipe()
    let ledger = Ledger(device, keepsChecksums: options.verification != .none, monitor: monitor.writes)
    try reading.writeContent(on: ledger)
    try flush()
    let repairedByteCount = try verify(ledger, partitions: reading.partitions)
    try commit(reading, on: ledger)
    return Summary(
      content: reading.summary(on: ledger),
      verifiedByteCount: options.verification == .none
        ? 0 : ledger.written.byteCount + ledger.zeroed.byteCount,
      repairedByteCount: repairedByteCount)
  }

  private func probe() throws(WriteError) {
    guard options.probesCapacity else { return }
    monitor.phase = .probing
    let finding: CapacityProbe.Finding
    do throws(BlockError) { finding = try probeDevice() } catch { throw .target(error) }
    switch finding {
    case .honest: break
    case .wraps(let size), .ends(let size): throw .falseCapacity(claimed: device.size, size: size)
    }
  }

  private func probeDevice() throws(BlockError) -> CapacityProbe.Finding {
    if let probing { return try probing(monitor.writes) }
    return try CapacityProbe.probe(device, seed: .random(in: 0 ... .max), monitor: monitor.writes)
  }

  private func wipe() throws(WriteError) {
    monitor.phase = .wiping
    let old = OldContent(of: device, partitions: options.oldPartitions)
    state = .damaged
    try onDevice { () throws(BlockError) in try old.wipe(device) }
    state = .blank
  }

  private func flush() throws(WriteError) {
    monitor.phase = .flushing
    try onDevice { () throws(BlockError) in try device.flush() }
  }

  /// The first sector, after which the card is one.
  private func commit(_ reading: any SourceReading, on ledger: Ledger) throws(WriteError) {
    monitor.phase = .flushing
    state = .complete
    try reading.writeFirstSector(on: ledger)
    try onDevice { () throws(BlockError) in try ledger.flush() }
    guard options.verification != .none else { return }
    let comparison = ComparingTarget(device)
    let sector = Ledger(comparison, monitor: WriteMonitor())
    try reading.writeFirstSector(on: sector)
    guard comparison.differences.ranges.isEmpty else {
      throw .badRanges([BadRange(range: 0..<MasterBootRecord.sectorSize, owner: "the partition table")])
    }
  }
}

// Reading back, and writing again.
extension CardWriter {
  /// Returns how many bytes were mended.
  private func verify(_ ledger: Ledger, partitions: [Int: Range<UInt64>]) throws(WriteError) -> UInt64 {
    guard options.verification != .none else { return 0 }
    monitor.phase = .verifying
    var bad = try badRanges(of: ledger)
    let badByteCount = bad.byteCount
    var attempt = 0
    while !bad.ranges.isEmpty {
      guard attempt < Self.repairCount, source.unrepeatableInput == nil else {
        throw .badRanges(FileLocator(card: device, partitions: partitions).owners(of: bad))
      }
      attempt += 1
      bad = try rewrite(bad)
    }
    if options.verification == .full { try readFreeSpace(ledger) }
    return badByteCount
  }

  private func badRanges(of ledger: Ledger) throws(WriteError) -> ExtentSet {
    try onDevice { () throws(BlockError) in
      try Verification(of: device, against: ledger, monitor: monitor.writes).badRanges
    }
  }

  /// Writes what is bad from a second reading of the source, and returns what still is.
  private func rewrite(_ bad: ExtentSet) throws(WriteError) -> ExtentSet {
    try pass(onto: SelectiveTarget(device, ranges: bad))
    try flush()
    monitor.phase = .verifying
    let comparison = ComparingTarget(device)
    try pass(onto: SelectiveTarget(comparison, ranges: bad))
    return comparison.differences
  }

  private func pass(onto target: any BlockTarget) throws(WriteError) {
    let reading = try source.open(size: device.size, monitor: monitor)
    try reading.writeContent(on: Ledger(target, monitor: monitor.writes))
  }

  private func readFreeSpace(_ ledger: Ledger) throws(WriteError) {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    for range in ledger.untouched.ranges {
      var position = range.lowerBound
      while position < range.upperBound {
        if monitor.writes.isStopped { throw .target(.cancelled) }
        let count = Int(min(UInt64(buffer.byteCount), range.upperBound - position))
        do throws(BlockError) {
          var all = buffer.mutableBytes
          var part = all._mutatingExtracting(first: count)
          try device.read(into: &part, at: position)
        } catch { throw .target(error) }
        position += UInt64(count)
      }
    }
  }
}

extension CardWriter {
  private func onDevice<Result>(_ call: () throws(BlockError) -> Result) throws(WriteError) -> Result {
    do { return try call() } catch { throw .target(error) }
  }

  /// An error that comes of the device's absence says so.
  private func classified(_ error: WriteError) -> WriteError {
    guard let cause = error.targetError, case .system = cause else { return error }
    return cause.isDeviceGone || !isPresent() ? .gone(cause) : error
  }
}
