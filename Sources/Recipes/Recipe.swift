// SPDX-License-Identifier: Apache-2.0
public import Alpine

/// What the user wants a card to be. A value without a source or an output: two builds of the same recipe, the same
/// release and the same version are the same card.
public struct Recipe: Equatable, Sendable {
  /// The whole card; a device has the size that it has.
  public var size: ByteSize
  /// The FAT32 partition that the Pi boots from.
  public var bootSize: ByteSize
  public var hostname: Hostname
  /// False for a card that ends with its boot partition and remembers nothing.
  public var hasDataPartition: Bool
  /// Every timestamp that no input brings, in seconds from 1970 UTC; nil: the time of the release's first entry.
  public var epoch: Int64?

  public init(
    size: ByteSize = Recipe.defaultSize, bootSize: ByteSize = Recipe.defaultBootSize,
    hostname: Hostname = .default, hasDataPartition: Bool = true, epoch: Int64? = nil
  ) {
    self.size = size
    self.bootSize = bootSize
    self.hostname = hostname
    self.hasDataPartition = hasDataPartition
    self.epoch = epoch
  }

  public static let defaultSize = ByteSize(byteCount: 2 << 30)
  public static let defaultBootSize = ByteSize(byteCount: 256 << 20)

  /// The recipe in one spelling, whoever wrote it and however: a line a key, sorted, sizes in bytes. What identifiers
  /// derive from.
  public var canonicalText: String {
    var lines = ["bootSize: \(bootSize.byteCount)", "hostname: \(hostname)", "size: \(size.byteCount)"]
    if !hasDataPartition { lines.append("data: none") }
    if let epoch { lines.append("epoch: \(epoch)") }
    return lines.sorted().map { $0 + "\n" }.joined()
  }
}
