// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// The first sector of a disk: up to four primary partitions and the disk's signature.
///
/// Made and read by libfdisk, so that CHS addresses and types are what every other tool writes and expects.
public struct MasterBootRecord: Equatable, Sendable {
  /// Names the disk; Linux derives the partitions' PARTUUID from it.
  public var diskSignature: UInt32
  /// In the order of their numbers.
  public var partitions: [Partition]

  public init(diskSignature: UInt32, partitions: [Partition]) {
    self.diskSignature = diskSignature
    self.partitions = partitions
  }

  /// One entry of the table.
  public struct Partition: Equatable, Sendable {
    /// 1 to 4: Linux's mmcblk0p1 is number 1.
    public var number: Int
    /// First sector, of 512 bytes, from the start of the disk.
    public var firstLBA: UInt32
    /// Sectors of 512 bytes, at least 1.
    public var sectorCount: UInt32
    public var type: PartitionType
    /// The flag that a boot ROM looks for.
    public var isActive: Bool

    public init(
      number: Int, firstLBA: UInt32, sectorCount: UInt32, type: PartitionType, isActive: Bool = false
    ) {
      self.number = number
      self.firstLBA = firstLBA
      self.sectorCount = sectorCount
      self.type = type
      self.isActive = isActive
    }

    /// Where the partition lies on the disk, in bytes.
    public var range: Range<UInt64> {
      let start = UInt64(firstLBA) * MasterBootRecord.sectorSize
      return start..<start + UInt64(sectorCount) * MasterBootRecord.sectorSize
    }
  }

  /// Bytes of a sector, here and in every LBA.
  public static let sectorSize: UInt64 = 512
}

/// What a partition is said to hold: the byte in its entry.
public struct PartitionType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// FAT32, addressed by LBA.
  public static let fat32LBA = PartitionType(rawValue: 0x0C)
  /// A Linux file system.
  public static let linux = PartitionType(rawValue: 0x83)

  /// Whether it is a FAT of any size, which boot ROMs read.
  var isFAT: Bool { [0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E].contains(rawValue) }
}

extension MasterBootRecord {
  /// The sector as it stands on a disk of `diskSize` bytes.
  ///
  /// - Throws: `PartitionTableError` where the partitions don't lie on the disk, apart from each other and behind
  ///   sector 0, or libfdisk refuses one.
  public func sector(diskSize: UInt64) throws(PartitionTableError) -> [UInt8] {
    let disk = try MemoryDisk.make(byteCount: diskSize)
    let context = try FdiskContext.open(disk)
    try context.createLabel(diskSignature: diskSignature)
    for partition in partitions { try context.add(partition) }
    try context.write()
    return try disk.firstSector()
  }

  /// Writes the sector to the target: the last thing that a card gets.
  public func write(to target: any BlockTarget) throws(PartitionTableError) {
    let bytes = try sector(diskSize: target.size)
    var buffer = AlignedBuffer(byteCount: bytes.count)
    var span = buffer.mutableBytes
    span.store(bytes, at: 0)
    do { try target.write(buffer.bytes, at: 0) } catch { throw .target(error) }
  }

  /// Reads the table of a disk. What lies in extended partitions is not followed.
  ///
  /// - Throws: `noTable` where sector 0 holds no MBR, or a GPT's protective one.
  public init(reading target: any BlockTarget) throws(PartitionTableError) {
    guard target.size >= Self.sectorSize else { throw .noTable }
    var buffer = AlignedBuffer(byteCount: Int(Self.sectorSize))
    var span = buffer.mutableBytes
    do { try target.read(into: &span, at: 0) } catch { throw .target(error) }
    let disk = try MemoryDisk.make(byteCount: target.size, firstSector: buffer.bytes)
    let context = try FdiskContext.open(disk)
    guard context.holdsMasterBootRecord else { throw .noTable }
    self.init(diskSignature: try context.diskSignature(), partitions: try context.partitions())
  }
}
