// SPDX-License-Identifier: Apache-2.0

/// Where each access of a phase goes: a function of its number alone, so that several threads can take numbers from
/// one counter, and every run makes the same ones.
public enum AccessPattern: Equatable, Sendable {
  /// Blocks one behind the other, and again from the region's start.
  case sequential(blockSize: Int)
  /// Blocks anywhere in the region.
  case random(blockSize: Int)
  /// Small blocks one behind the other, each on storage before the next: a log, or a database.
  case synced
  /// What FAT does when files grow: a run of data, then the block of each FAT that tells where it lies, then the
  /// directory's block. The blocks of FATs and directory stay the same for many files.
  case fat
  /// What ext4 does with small files and fsync: data, the journal's blocks, the commit record and a flush; then an
  /// inode table's block goes where it belongs.
  case ext4

  /// The block of a page, of ext4, and of nearly every random access, in bytes.
  public static let smallBlockSize = 4096
  /// Bytes of data that a FAT's cluster run takes at a time.
  static let fatRunSize = 32 << 10

  /// The largest access, in bytes.
  public var largestByteCount: Int {
    switch self {
    case .sequential(let blockSize), .random(let blockSize): blockSize
    case .synced: Self.smallBlockSize
    case .fat: Self.fatRunSize
    case .ext4: 3 * Self.smallBlockSize
    }
  }

  /// The smallest region that it can be made in, in bytes.
  public var smallestRegion: UInt64 {
    switch self {
    case .sequential, .random, .synced: UInt64(largestByteCount)
    case .fat, .ext4: 1 << 20
    }
  }

  /// - Parameters:
  ///   - number: from 0.
  ///   - region: of the target, in bytes; at least `smallestRegion`.
  public func access(_ number: UInt64, in region: Range<UInt64>) -> Access {
    let room = region.upperBound - region.lowerBound
    precondition(room >= smallestRegion, "the region is smaller than what the pattern moves")
    let access =
      switch self {
      case .sequential(let blockSize): Self.sequential(number, blockSize, room)
      case .random(let blockSize): Self.random(number, blockSize, room)
      case .synced: Self.synced(number, room)
      case .fat: Self.fat(number, room)
      case .ext4: Self.ext4(number, room)
      }
    return Access(
      offset: region.lowerBound + access.offset, byteCount: access.byteCount, isSynced: access.isSynced)
  }
}

extension AccessPattern {
  private static func sequential(_ number: UInt64, _ blockSize: Int, _ room: UInt64) -> Access {
    let size = UInt64(blockSize)
    return Access(offset: number % (room / size) * size, byteCount: blockSize)
  }

  private static func random(_ number: UInt64, _ blockSize: Int, _ room: UInt64) -> Access {
    let size = UInt64(blockSize)
    return Access(offset: SplitMix64.value(number, seed: 1) % (room / size) * size, byteCount: blockSize)
  }

  private static func synced(_ number: UInt64, _ room: UInt64) -> Access {
    let size = UInt64(smallBlockSize)
    return Access(offset: number % (room / size) * size, byteCount: smallBlockSize, isSynced: true)
  }
}

// MARK: FAT

extension AccessPattern {
  /// The two FATs and the directory, an eighth of the region or 1 MiB each; data behind them.
  private static func fat(_ number: UInt64, _ room: UInt64) -> Access {
    let table = min(1 << 20, room / 8 / UInt64(smallBlockSize) * UInt64(smallBlockSize))
    let file = number / 4
    // A block of a FAT has 1,024 entries, and a run of 32 KiB takes 8 of 4 KiB; a block of a directory has 128.
    let fatBlock = block(file * 8 / 1024, in: table)
    switch number % 4 {
    case 0:
      let runs = (room - 3 * table) / UInt64(fatRunSize)
      return Access(offset: 3 * table + file % runs * UInt64(fatRunSize), byteCount: fatRunSize)
    case 1: return Access(offset: fatBlock, byteCount: smallBlockSize)
    case 2: return Access(offset: table + fatBlock, byteCount: smallBlockSize)
    default: return Access(offset: 2 * table + block(file / 128, in: table), byteCount: smallBlockSize)
    }
  }

  /// Offset of a small block, in a space of `room` bytes that begins again at its end.
  private static func block(_ index: UInt64, in room: UInt64) -> UInt64 {
    let size = UInt64(smallBlockSize)
    return index % (room / size) * size
  }
}

// MARK: ext4

extension AccessPattern {
  /// Inode tables, 64 KiB; the journal, a quarter of the region or 16 MiB; data behind them.
  private static func ext4(_ number: UInt64, _ room: UInt64) -> Access {
    let small = UInt64(smallBlockSize)
    let tables: UInt64 = 64 << 10
    // A transaction: descriptor, two blocks of metadata, commit record.
    let transaction = 4 * small
    let journal = min(16 << 20, room / 4) / transaction * transaction
    let file = number / 4
    let entry = tables + file % (journal / transaction) * transaction
    switch number % 4 {
    case 0:
      let start = tables + journal
      return Access(
        offset: start + block(SplitMix64.value(file, seed: 2), in: room - start), byteCount: smallBlockSize)
    case 1: return Access(offset: entry, byteCount: 3 * smallBlockSize)
    case 2: return Access(offset: entry + 3 * small, byteCount: smallBlockSize, isSynced: true)
    default:
      return Access(
        offset: block(SplitMix64.value(file, seed: 3), in: tables), byteCount: smallBlockSize)
    }
  }
}
