// SPDX-License-Identifier: Apache-2.0
public import Bench
public import Blocks
public import Devices

/// A card that a measurement may overwrite: found to be safe, opened for this alone, and looked at. What is on it is lost
/// with the first call of `wipe` or `checkAll`.
///
/// ```swift
/// let trial = try CardTrial(of: "/dev/sdb")
/// print(trial.contents, trial.device.identity)  // what will be lost
/// let finding = try trial.sample()
/// try trial.wipe()
/// let result = try BenchRun(trial.storage(byteCount: nil), time: .seconds(30), monitor: BenchMonitor()).run()
/// try trial.wipe()
/// ```
public final class CardTrial {
  public let device: OpenDevice
  /// What is on the card.
  public let contents: DiskContents
  private let monitor: BuildMonitor

  /// Nothing is written yet.
  ///
  /// - Parameters:
  ///   - path: of a device, by any of its names, or of a regular file that takes a card's place.
  ///   - allowances: what is refused by default and may pass.
  ///   - targetID: what the card must be; nil for whatever has the path.
  ///   - monitor: tells how far `checkAll` is, and stops it and `sample`.
  public init(
    of path: String, allowing allowances: Set<Allowance> = [], expecting targetID: TargetID? = nil,
    monitor: BuildMonitor = BuildMonitor()
  ) throws(DeviceError) {
    device = try OpenDevice(at: path, allowing: allowances, expecting: targetID)
    contents = try device.contents()
    self.monitor = monitor
  }

  /// Finds out in seconds whether the card holds what it claims to, and puts back what was there.
  ///
  /// - Returns: nil where the size is no claim of hardware.
  public func sample() throws(WriteError) -> CapacityProbe.Finding? {
    guard device.target.hasClaimedSize else { return nil }
    monitor.phase = .probing
    return try onDevice { target throws(BlockError) in
      try CapacityProbe.probe(target, seed: .random(in: 0 ... .max), monitor: monitor.writes)
    }
  }

  /// Wipes the signatures of what is on the card, which is blank then.
  public func wipe() throws(WriteError) {
    monitor.phase = .wiping
    monitor.cardState = .damaged
    try onDevice { target throws(BlockError) in
      try OldContent(of: target, partitions: contents.partitions.map(\.range)).wipe(target)
    }
    monitor.cardState = .blank
  }

  /// Fills all of the card and reads it back, and wipes it in the end.
  public func checkAll() throws(WriteError) -> CapacityResult {
    try wipe()
    let clock = ContinuousClock()
    var check: CapacityCheck?
    var times: [Duration] = []
    do throws(WriteError) {
      try onDevice(monitor: monitor.writes) { target throws(BlockError) in
        var filling = CapacityCheck(of: target, seed: .random(in: 0 ... .max))
        monitor.phase = .image
        let start = clock.now
        try filling.fill(target)
        let middle = clock.now
        monitor.phase = .verifying
        try filling.compare(target, monitor: monitor.writes)
        times = [start.duration(to: middle), middle.duration(to: clock.now)]
        check = filling
      }
    } catch {
      // What went wrong first counts; where the card is gone, there is nothing to wipe.
      try? wipeMarks()
      throw error
    }
    try wipeMarks()
    guard let check else { throw .target(.cancelled) }
    return CapacityResult(check, filling: times[0], comparing: times[1])
  }

  /// Of the card's first bytes, as many as are asked for, 2 GiB where nobody asks, to be overwritten: with noise, which
  /// `wipe` makes a blank card.
  public func storage(byteCount: UInt64?) throws(BenchError) -> StorageFile {
    monitor.cardState = .damaged
    let size = min(byteCount ?? StorageFile.largestScratchByteCount, device.byteCount)
    return try StorageFile(overwriting: device.file.raw, path: device.target.path, byteCount: size)
  }

  /// Makes a card that is full of marks a blank one.
  private func wipeMarks() throws(WriteError) {
    try onDevice { target throws(BlockError) in try OldContent(of: target, partitions: []).wipe(target) }
  }

  private func onDevice<Result>(
    monitor: WriteMonitor = WriteMonitor(), _ body: (DeviceTarget) throws(BlockError) -> Result
  ) throws(WriteError) -> Result {
    do throws(BlockError) { return try body(DeviceTarget(device.file, monitor: monitor)) } catch {
      throw error.isDeviceGone ? .gone(error) : .target(error)
    }
  }
}

/// What filling a card has shown.
public struct CapacityResult: Equatable, Sendable {
  public let check: CapacityCheck
  /// Bytes a second over the whole card, flushed; nil where that took no time.
  public let writeRate: Double?
  public let readRate: Double?

  init(_ check: CapacityCheck, filling: Duration, comparing: Duration) {
    self.check = check
    let filled = Double(check.refusedOffset ?? check.byteCount)
    writeRate = Self.rate(filled, filling)
    readRate = Self.rate(filled, comparing)
  }

  private static func rate(_ byteCount: Double, _ duration: Duration) -> Double? {
    let seconds = duration / .seconds(1)
    return seconds > 0 ? byteCount / seconds : nil
  }
}
