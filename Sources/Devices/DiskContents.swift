// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// What libblkid finds on a disk: what would be lost. Names hold nothing that a terminal acts on.
public struct DiskContents: Equatable, Sendable {
  /// A file system, a RAID member, an encrypted volume, swap.
  public struct Signature: Equatable, Sendable {
    /// libblkid's word: "vfat", "ext4", "crypto_LUKS", "LVM2_member".
    public let type: String
    public let label: String?
    public let uuid: String?
  }

  public struct Partition: Equatable, Sendable {
    public let number: Int
    /// In bytes from the start of the disk.
    public let range: Range<UInt64>
    /// The partition's own name, which a GPT has.
    public let name: String?
    /// Empty where nothing is known of its content; several where it looks like more than one thing.
    public let signatures: [Signature]
  }

  /// "dos", "gpt"; nil where there is no partition table.
  public let tableType: String?
  /// Without a partition table: what the disk holds as a whole.
  public let signatures: [Signature]
  public let partitions: [Partition]

  /// Nothing known lies on it. It may still hold data.
  public var isBlank: Bool { tableType == nil && signatures.isEmpty }
}

extension OpenDevice {
  /// Looks at what is on the device, through the page cache: before the descriptor is set to direct I/O.
  ///
  /// - Throws: `system` for what can't be read.
  public func contents() throws(DeviceError) -> DiskContents {
    let whole = try BlkidProbe.open(file, 0..<byteCount)
    guard let table = try whole.partitionTable() else {
      return DiskContents(tableType: nil, signatures: try whole.signatures(), partitions: [])
    }
    var partitions: [DiskContents.Partition] = []
    for entry in table.entries where !entry.isExtended {
      // A table may speak of more than there is.
      let range = entry.range.clamped(to: 0..<byteCount)
      let signatures = range.isEmpty ? [] : try BlkidProbe.open(file, range).signatures()
      partitions.append(
        DiskContents.Partition(
          number: entry.number, range: entry.range, name: entry.name, signatures: signatures))
    }
    return DiskContents(
      tableType: table.type, signatures: try whole.signatures(), partitions: partitions)
  }
}
