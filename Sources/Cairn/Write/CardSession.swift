// SPDX-License-Identifier: Apache-2.0
internal import Blocks
public import Devices

/// A card that is to be written: found to be safe, opened for this alone, and looked at.
///
/// ```swift
/// let session = try CardSession(.recipe(recipe, content), onto: "/dev/sdb")
/// print(session.contents, session.device.identity)  // what will be lost
/// let outlook = try session.writer.examine()
/// let summary = try session.writer.write()
/// ```
public final class CardSession {
  public let device: OpenDevice
  /// What is on the card: all of it will be lost.
  public let contents: DiskContents
  public let writer: CardWriter

  /// Nothing is written yet.
  ///
  /// - Parameters:
  ///   - path: of a device, by any of its names, or of a regular file that takes a card's place.
  ///   - allowances: what is refused by default and may pass.
  ///   - targetID: what the card must be; nil for whatever has the path.
  /// - Throws: `device` for what must not be written to, may not be opened, or is used.
  public init(
    _ source: CardSource, onto path: String, allowing allowances: Set<Allowance> = [],
    expecting targetID: TargetID? = nil, options: CardWriter.Options = CardWriter.Options(),
    monitor: BuildMonitor = BuildMonitor()
  ) throws(WriteError) {
    do throws(DeviceError) {
      device = try OpenDevice(at: path, allowing: allowances, expecting: targetID)
      contents = try device.contents()
    } catch { throw .device(error) }
    var options = options
    options.oldPartitions += contents.partitions.map(\.range)
    options.probesCapacity = options.probesCapacity && device.target.hasClaimedSize
    let blocks: DeviceTarget
    do { blocks = try DeviceTarget(device.file, monitor: monitor.writes) } catch { throw .target(error) }
    let device = device
    writer = CardWriter(source, onto: blocks, options: options, monitor: monitor) {
      monitor throws(BlockError) in
      try CapacityProbe.probe(DeviceTarget(device.file), seed: .random(in: 0 ... .max), monitor: monitor)
    } isPresent: {
      device.identity.number.map { Self.isPresent($0) } ?? true
    }
  }

  /// Lets the kernel see the new partitions.
  ///
  /// - Throws: `tableInUse` and what else the kernel says; the card is written all the same.
  public func finish() throws(DeviceError) -> OpenDevice.Reread { try device.rereadPartitionTable() }

  private static func isPresent(_ number: DeviceNumber) -> Bool {
    do throws(DeviceError) { return try DeviceList()[number] != nil } catch { return true }
  }
}
