// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What decides an empty volume, to the last byte: nothing of it comes from a clock or from chance.
///
/// Blocks are of 4,096 bytes and inodes of 256; the features are those of mke2fs 1.47.0 on Debian, which
/// every kernel from 5.10 on mounts, unless `features` says otherwise.
public struct Format: Equatable, Sendable {
  /// Bytes of the volume. What is left behind the last whole block stays untouched, and so does a last block
  /// group that is too small to be of use.
  public var size: UInt64
  public var label: VolumeLabel
  public var uuid: Identifier
  /// Seed of the hashes that directories are indexed by. `s_hash_seed`.
  public var hashSeed: Identifier
  /// When the volume was made: times of the superblock, of the reserved inodes and of directories that no
  /// entry describes. 1970 to 2106. The superblock's last write (`s_wtime`) is a second late where this is
  /// 1970-01-01 00:00:00, which the library takes for "now".
  public var time: Timestamp
  /// Bytes of the volume to an inode, 1,024 to 67,108,864. Nil is what mke2fs takes: 4,096 below 512 MiB,
  /// 16,384 below 4 TiB, 32,768 below 16 TiB, else 65,536.
  public var inodeRatio: UInt64?
  /// Inodes, reserved ones among them, whatever the ratio says: 16 to an inode in each block. The volume has a
  /// few more, so that inode tables are made of whole blocks.
  public var inodeCount: UInt32?
  /// Blocks that only root may fill, in percent of all, 0 to 50.
  public var reservedBlockPercentage: Percentage
  public var journal: Journal
  public var features: FeatureSet
  public var mountOptions: MountOptions
  /// Options in the words of mount(8) that the kernel adds to `mountOptions`, up to 63 bytes. It refuses to
  /// mount a volume with one that it doesn't know. `s_mount_opts`.
  public var extendedMountOptions: String
  public var errorBehavior: ErrorBehavior

  public init(
    size: UInt64, label: VolumeLabel = .empty, uuid: Identifier, hashSeed: Identifier, time: Timestamp,
    inodeRatio: UInt64? = nil, inodeCount: UInt32? = nil, reservedBlockPercentage: Percentage = 5,
    journal: Journal = .automatic, features: FeatureSet = .standard, mountOptions: MountOptions = .standard,
    extendedMountOptions: String = "", errorBehavior: ErrorBehavior = .continue
  ) {
    self.size = size
    self.label = label
    self.uuid = uuid
    self.hashSeed = hashSeed
    self.time = time
    self.inodeRatio = inodeRatio
    self.inodeCount = inodeCount
    self.reservedBlockPercentage = reservedBlockPercentage
    self.journal = journal
    self.features = features
    self.mountOptions = mountOptions
    self.extendedMountOptions = extendedMountOptions
    self.errorBehavior = errorBehavior
  }

  /// How large the journal is.
  public enum Journal: Equatable, Sendable {
    /// What mke2fs takes for the size of the volume, but never above 16,384 blocks (64 MiB): all of it is
    /// zeroed, and a card gains nothing from a gigabyte.
    case automatic
    /// So many blocks, 1,024 to 10,240,000, and at most half of those that are free.
    case blocks(UInt32)
    /// None, which is what a volume without the feature `has_journal` has in any case.
    case none
  }

  /// Bytes of a block.
  public static let blockSize: UInt64 = 4096
  /// The smallest volume that has room for a journal that is chosen for it: 2,048 blocks.
  public static let smallestSize: UInt64 = 8 << 20
  /// The largest volume: the inode that holds the room for growth numbers blocks with 32 bits.
  public static let largestSize: UInt64 = UInt64(UInt32.max) * blockSize

  static let inodeSize: UInt64 = 256
  static let largestDefaultJournalBlockCount: UInt32 = 16384
  /// A volume without a journal: its own structures, the root and lost+found, and little else.
  private static let smallestSizeWithoutJournal: UInt64 = 256 << 10
}

extension Format {
  var hasJournal: Bool { journal.isMade(by: features) }

  /// `inodeRatio`, or mke2fs's choice (mke2fs.conf: small, default, big, huge).
  var effectiveInodeRatio: UInt64 {
    if let inodeRatio { return inodeRatio }
    return switch size {
    case ..<(512 << 20): 4096
    case ..<(4 << 40): 16384
    case ..<(16 << 40): 32768
    default: 65536
    }
  }

  /// Below it no volume is made.
  var smallestSize: UInt64 { Self.smallestSize(journal: journal, features: features) }

  /// Bytes below which no volume of this kind is made. What is above may still be too small for a journal of a given
  /// size.
  public static func smallestSize(journal: Journal, features: FeatureSet) -> UInt64 {
    journal == .automatic && journal.isMade(by: features) ? smallestSize : smallestSizeWithoutJournal
  }

  /// Inodes that a volume can be asked to have: not more than blocks.
  static func inodeCountRange(ofSize size: UInt64) -> ClosedRange<UInt32> {
    16...max(16, UInt32(clamping: size / blockSize))
  }

  /// Throws what can't be made into a volume, as far as numbers alone show it.
  public func validate() throws(Ext4Error) {
    guard size >= smallestSize else { throw .tooSmall(size: size, smallestSize: smallestSize) }
    guard size <= Self.largestSize else { throw .invalidFormat(.size(size)) }
    guard (0...Int64(UInt32.max)).contains(time.seconds), time.nanoseconds < 1_000_000_000 else {
      throw .invalidFormat(.time(time))
    }
    guard reservedBlockPercentage <= 50 else {
      throw .invalidFormat(.reservedBlockPercentage(reservedBlockPercentage))
    }
    guard extendedMountOptions.utf8.count < 64, !extendedMountOptions.utf8.contains(0) else {
      throw .invalidFormat(.extendedMountOptions(extendedMountOptions))
    }
    try validateInodes()
    try features.check()
    try validateJournal()
  }

  private func validateInodes() throws(Ext4Error) {
    guard (1024...64 << 20).contains(effectiveInodeRatio) else {
      throw .invalidFormat(.inodeRatio(effectiveInodeRatio))
    }
    if let inodeCount, !Self.inodeCountRange(ofSize: size).contains(inodeCount) {
      throw .invalidFormat(.inodeCount(inodeCount, size: size))
    }
  }

  private func validateJournal() throws(Ext4Error) {
    if case .blocks(let count) = journal {
      guard (1024...10_240_000).contains(count) else { throw .invalidFormat(.journalBlockCount(count)) }
      guard hasJournal else { throw .invalidFormat(.journalWithoutFeature) }
    }
    if let mode = mountOptions.journalMode, !hasJournal {
      throw .invalidFormat(.journalModeWithoutJournal(mode))
    }
  }
}

extension Format.Journal {
  fileprivate func isMade(by features: FeatureSet) -> Bool { self != .none && features.contains(.journal) }
}

/// A part of a whole, to the hundredth of a percent.
public struct Percentage: Hashable, Sendable {
  public var hundredths: UInt32

  public init(hundredths: UInt32) { self.hundredths = hundredths }

  /// So much of `count`, rounded down.
  func part(of count: UInt64) -> UInt64 {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: Self.wholeHundredths)
    return whole * UInt64(hundredths) + rest * UInt64(hundredths) / Self.wholeHundredths
  }

  private static let wholeHundredths: UInt64 = 10_000
}

extension Percentage: ExpressibleByIntegerLiteral {
  public init(integerLiteral percent: UInt8) { hundredths = UInt32(percent) * 100 }
}

extension Percentage: Comparable {
  public static func < (left: Percentage, right: Percentage) -> Bool { left.hundredths < right.hundredths }
}

extension Percentage: CustomStringConvertible {
  /// A percentage as people write it, without its sign: "5" or "0.25".
  ///
  /// - Throws: `Ext4Error.invalidFormat` for anything but up to three digits and, behind a point, one or two.
  public init(_ text: String) throws(Ext4Error) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let decimals = parts.count > 1 ? parts[1] : "0"
    guard let whole = Self.number(parts[0], 1...3), let rest = Self.number(decimals, 1...2) else {
      throw .invalidFormat(.percentage(text))
    }
    hundredths = whole * 100 + (decimals.utf8.count == 1 ? rest * 10 : rest)
  }

  private static func number(_ digits: Substring, _ lengths: ClosedRange<Int>) -> UInt32? {
    guard lengths.contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return UInt32(digits)
  }

  public var description: String {
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(whole)" }
    return rest.isMultiple(of: 10)
      ? "\(whole).\(rest / 10)" : "\(whole)." + (rest < 10 ? "0" : "") + "\(rest)"
  }
}

/// The name of a volume: up to 16 bytes of UTF-8 without NUL. `s_volume_name`.
public struct VolumeLabel: Hashable, Sendable {
  public let text: String

  /// A volume without a name.
  public static let empty = VolumeLabel(unchecked: "")

  /// - Throws: `Ext4Error.invalidLabel` for more than 16 bytes or a NUL.
  public init(_ text: String) throws(Ext4Error) {
    guard text.utf8.count <= Self.largestByteCount, !text.utf8.contains(0) else { throw .invalidLabel(text) }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }

  /// `EXT2_LABEL_LEN`.
  static let largestByteCount = 16
}

/// Sixteen bytes that tell one volume from another, or seed its hashes.
public struct Identifier: Hashable, Sendable {
  /// Sixteen, in the order in which they stand on the volume.
  public let bytes: [UInt8]

  /// Nil unless there are sixteen.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    self.bytes = bytes
  }
}

extension Identifier: CustomStringConvertible {
  /// From the way in which a UUID is written: 8, 4, 4, 4 and 12 hexadecimal digits with a hyphen between them.
  ///
  /// - Throws: `Ext4Error.invalidIdentifier` for anything else.
  public init(_ text: String) throws(Ext4Error) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let digits = parts.joined().compactMap(\.hexDigitValue)
    guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], digits.count == 32 else {
      throw .invalidIdentifier(text)
    }
    bytes = (0..<16).map { UInt8(digits[$0 * 2] << 4 | digits[$0 * 2 + 1]) }
  }

  /// As a UUID is written: 8, 4, 4, 4 and 12 hexadecimal digits.
  public var description: String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }
}
