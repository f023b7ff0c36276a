// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What decides an empty volume, to the last byte: nothing of it comes from a clock or from chance.
///
/// Blocks are of 4,096 bytes and inodes of 256; the features are those of mke2fs 1.47.0 on Debian, which
/// every kernel from 5.10 on mounts.
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
  /// Blocks that only root may fill, in percent of all, 0 to 50.
  public var reservedBlockPercentage: UInt8
  /// Blocks of the journal, 1,024 to 10,240,000. Nil is what mke2fs takes for the size, but never above
  /// 16,384 blocks (64 MiB): all of it is zeroed, and a card gains nothing from a gigabyte.
  public var journalBlockCount: UInt32?

  public init(
    size: UInt64, label: VolumeLabel = .empty, uuid: Identifier, hashSeed: Identifier, time: Timestamp,
    inodeRatio: UInt64? = nil, reservedBlockPercentage: UInt8 = 5, journalBlockCount: UInt32? = nil
  ) {
    self.size = size
    self.label = label
    self.uuid = uuid
    self.hashSeed = hashSeed
    self.time = time
    self.inodeRatio = inodeRatio
    self.reservedBlockPercentage = reservedBlockPercentage
    self.journalBlockCount = journalBlockCount
  }

  /// Bytes of a block.
  public static let blockSize: UInt64 = 4096
  /// The smallest volume that has room for a journal: 2,048 blocks.
  public static let smallestSize: UInt64 = 8 << 20
  /// The largest volume: the inode that holds the room for growth numbers blocks with 32 bits.
  public static let largestSize: UInt64 = UInt64(UInt32.max) * blockSize

  static let inodeSize: UInt64 = 256
  static let largestDefaultJournalBlockCount: UInt32 = 16384
}

extension Format {
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

  /// Throws what can't be made into a volume.
  func validate() throws(Ext4Error) {
    guard size >= Self.smallestSize else { throw .tooSmall(size: size, smallestSize: Self.smallestSize) }
    guard size <= Self.largestSize else { throw .invalidFormat(.size(size)) }
    guard (0...Int64(UInt32.max)).contains(time.seconds), time.nanoseconds < 1_000_000_000 else {
      throw .invalidFormat(.time(time))
    }
    guard (1024...64 << 20).contains(effectiveInodeRatio) else {
      throw .invalidFormat(.inodeRatio(effectiveInodeRatio))
    }
    guard reservedBlockPercentage <= 50 else {
      throw .invalidFormat(.reservedBlockPercentage(reservedBlockPercentage))
    }
    if let journalBlockCount, !(1024...10_240_000).contains(journalBlockCount) {
      throw .invalidFormat(.journalBlockCount(journalBlockCount))
    }
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
