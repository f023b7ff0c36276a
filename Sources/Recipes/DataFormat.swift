// SPDX-License-Identifier: Apache-2.0
public import Entries
public import Ext4

/// What the ext4 file system is like, apart from its size and its age.
public struct DataFormat: Equatable, Sendable {
  public var label: VolumeLabel
  /// Nil: derived from the recipe.
  public var uuid: Identifier?
  public var journal: Format.Journal
  /// Blocks that only root may fill.
  public var reservedBlockPercentage: Percentage
  /// Bytes of the volume to an inode; nil is mke2fs's choice.
  public var inodeRatio: UInt64?
  /// Inodes, whatever the ratio says; nil leaves it to the ratio.
  public var inodeCount: UInt32?
  public var features: FeatureSet
  public var mountOptions: MountOptions
  /// What the kernel does when it finds the volume damaged.
  public var errorBehavior: ErrorBehavior

  public init(
    label: VolumeLabel = DataFormat.defaultLabel, uuid: Identifier? = nil,
    journal: Format.Journal = .automatic,
    reservedBlockPercentage: Percentage = 5, inodeRatio: UInt64? = nil, inodeCount: UInt32? = nil,
    features: FeatureSet = .standard, mountOptions: MountOptions = .standard,
    errorBehavior: ErrorBehavior = .continue
  ) {
    self.label = label
    self.uuid = uuid
    self.journal = journal
    self.reservedBlockPercentage = reservedBlockPercentage
    self.inodeRatio = inodeRatio
    self.inodeCount = inodeCount
    self.features = features
    self.mountOptions = mountOptions
    self.errorBehavior = errorBehavior
  }

  public static let defaultLabel: VolumeLabel = {
    do { return try VolumeLabel("DATA") } catch { preconditionFailure("\(error)") }
  }()

  /// The format of a volume of `size` bytes.
  ///
  /// - Parameter derivedUUID: for a recipe that names none.
  public func format(
    size: UInt64, derivedUUID: Identifier, hashSeed: Identifier, time: Timestamp
  ) -> Format {
    Format(
      size: size, label: label, uuid: uuid ?? derivedUUID, hashSeed: hashSeed, time: time,
      inodeRatio: inodeRatio, inodeCount: inodeCount, reservedBlockPercentage: reservedBlockPercentage,
      journal: journal, features: features, mountOptions: mountOptions, errorBehavior: errorBehavior)
  }

  /// Lines of the recipe's canonical text: what is as it is by default is left out.
  var canonicalLines: [String] {
    let standard = DataFormat()
    var lines: [String] = []
    if label != standard.label { lines.append("dataLabel: \(label.text)") }
    if let uuid { lines.append("dataUUID: \(uuid)") }
    switch journal {
    case .automatic: break
    case .blocks(let count): lines.append("journal: \(UInt64(count) * Format.blockSize)")
    case .none: lines.append("journal: none")
    }
    if reservedBlockPercentage != standard.reservedBlockPercentage {
      lines.append("reserved: \(reservedBlockPercentage)")
    }
    if let inodeRatio { lines.append("inodeRatio: \(inodeRatio)") }
    if let inodeCount { lines.append("inodes: \(inodeCount)") }
    if features != standard.features { lines.append("features: \(features)") }
    if mountOptions != standard.mountOptions { lines.append("mountOptions: \(mountOptions)") }
    if errorBehavior != standard.errorBehavior { lines.append("errors: \(errorBehavior.rawValue)") }
    return lines
  }
}
