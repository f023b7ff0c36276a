// SPDX-License-Identifier: Apache-2.0

/// A whole disk, as the kernel and udev describe it.
///
/// Names that come from the device (model, vendor, serial) hold nothing that a terminal acts on.
public struct Device: Equatable, Sendable {
  /// Of its node: "/dev/sda".
  public var path: String
  public var number: DeviceNumber
  /// 0 where there is no medium.
  public var byteCount: UInt64
  public var vendor: String?
  public var model: String?
  public var serial: String?
  /// Card identification register of an SD card or an eMMC, 32 hexadecimal digits.
  public var cardID: String?
  /// Links to it under /dev/disk/by-id, with that path.
  public var stablePaths: [String] = []
  public var bus: DeviceBus
  public var kind: Kind = .disk
  /// What the kernel says. A card in a built-in reader often says no.
  public var isRemovable: Bool
  /// An eMMC: on the mmc bus, but no card.
  public var isSoldered = false
  public var isReadOnly: Bool
  public var partitions: [Partition] = []
  /// Mounts, swap and holders, of the disk and its partitions.
  public var uses: [DeviceUse] = []
  /// Where the running system lies on the disk, also through LVM, RAID or encryption: "/", "/boot", "swap".
  public var systemUses: [String] = []
  public var queue = QueueLimits()
  /// Counts up with every disk and every change of medium, since Linux 5.15. `diskseq`.
  public var sequence: UInt64?
  /// What a udev rule can know its reader by.
  public var readerMatch: UdevRule.Match?
  /// What a loop device is over.
  public var backingPath: String?
  /// Whether this user may open it for reading and writing. Nil where there is no node to ask.
  public var isAccessible: Bool?

  public enum Kind: Sendable {
    /// Anything that could be a card.
    case disk
    /// The small boot areas of an eMMC, or its protected one: their content starts machines and holds keys.
    case eMMCArea
    case opticalDrive
  }

  public struct Partition: Equatable, Sendable {
    /// "/dev/sda1"
    public var path: String
    /// As in the name: 1 in "sda1" and in "mmcblk0p1".
    public var number: Int
    public var deviceNumber: DeviceNumber
    /// In bytes from the start of the disk.
    public var range: Range<UInt64>
  }
}

extension Device {
  /// Whether it is a medium that is put in and taken out: the kernel says so, it hangs on USB, or it is an SD card,
  /// whose built-in readers often deny it. An eMMC, which is soldered, is none.
  public var isRemovableMedium: Bool { isRemovable || bus == .usb || (bus == .mmc && !isSoldered) }
}
