// SPDX-License-Identifier: Apache-2.0
public import Alpine

/// What the user wants a card to be. A value without a source or an output: two builds of the same recipe, the same
/// release and the same version are the same card.
public struct Recipe: Equatable, Sendable {
  /// The whole card; a device has the size that it has. Nil: as large as its partitions where they have sizes of their
  /// own, else 2 GiB.
  public var size: ByteSize?
  /// The FAT32 partition that the Pi boots from.
  public var bootSize: ByteSize
  /// False for a card of the ext4 partition alone.
  public var hasBootPartition: Bool
  public var hostname: Hostname
  /// False for a card that ends with its boot partition and remembers nothing.
  public var hasDataPartition: Bool
  public var dataSize: DataSize
  public var dataFormat: DataFormat
  /// Directories that stay on the card, in the order of their mounts and partitions. Without a data partition, or
  /// without a release, none does.
  public var persistence: [PersistenceRequest]
  public var system: SystemSettings
  /// Every timestamp that no input brings, in seconds from 1970 UTC; nil: the time of the first input's first entry.
  public var epoch: Int64?

  /// How large the ext4 partition is.
  public enum DataSize: Equatable, Sendable {
    /// What the boot partition leaves.
    case rest
    case fixed(ByteSize)
    /// As small as its content allows, with so much free behind it.
    case smallest(slack: ByteSize)
  }

  public init(
    size: ByteSize? = nil, bootSize: ByteSize = Recipe.defaultBootSize, hasBootPartition: Bool = true,
    hostname: Hostname = .default, hasDataPartition: Bool = true, dataSize: DataSize = .rest,
    dataFormat: DataFormat = DataFormat(), persistence: [PersistenceRequest] = [.docker],
    system: SystemSettings = SystemSettings(), epoch: Int64? = nil
  ) {
    self.size = size
    self.bootSize = bootSize
    self.hasBootPartition = hasBootPartition
    self.hostname = hostname
    self.hasDataPartition = hasDataPartition
    self.dataSize = dataSize
    self.dataFormat = dataFormat
    self.persistence = persistence
    self.system = system
    self.epoch = epoch
  }

  public static let defaultSize = ByteSize(byteCount: 2 << 30)
  public static let defaultBootSize = ByteSize(byteCount: 256 << 20)

  /// The card's size where the recipe alone decides it; nil where the partitions do.
  public var decidedSize: ByteSize? {
    if let size { return size }
    return hasDataPartition && dataSize == .rest ? Self.defaultSize : nil
  }

  /// The recipe in one spelling, whoever wrote it and however: a line a key, sorted, sizes in bytes. What identifiers
  /// derive from. It holds no secret, and of the system's settings a digest.
  public var canonicalText: String {
    var lines = ["hostname: \(hostname)"]
    if let size = decidedSize { lines.append("size: \(size.byteCount)") }
    lines.append(hasBootPartition ? "bootSize: \(bootSize.byteCount)" : "boot: none")
    if !hasDataPartition { lines.append("data: none") }
    switch dataSize {
    case .rest: break
    case .fixed(let size): lines.append("dataSize: \(size.byteCount)")
    case .smallest(let slack): lines.append("dataSize: min + \(slack.byteCount)")
    }
    lines += dataFormat.canonicalLines
    lines += persistenceLines
    if let digest = system.canonicalDigest { lines.append("system: \(digest)") }
    if let epoch { lines.append("epoch: \(epoch)") }
    return lines.sorted().map { $0 + "\n" }.joined()
  }

  /// Numbered, since their order decides the partitions.
  private var persistenceLines: [String] {
    if persistence == [.docker] { return [] }
    if persistence.isEmpty { return ["persistence: none"] }
    return persistence.enumerated().map { "persistence \($0 + 1): \($1.canonicalText)" }
  }
}
