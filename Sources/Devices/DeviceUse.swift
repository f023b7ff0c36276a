// SPDX-License-Identifier: Apache-2.0

/// Who has a disk or a partition of it. `part` is the path of what is in use: "/dev/sda1".
public enum DeviceUse: Hashable, Sendable {
  /// Mounted at `path`, in whatever mount namespace.
  case mounted(part: String, at: String)
  /// The kernel swaps to it.
  case swap(part: String)
  /// Part of another block device.
  case held(part: String, by: Holder)

  /// What stands on a disk or a partition.
  public struct Holder: Hashable, Sendable {
    public enum Kind: String, Sendable {
      case logicalVolume = "the LVM volume"
      case encryption = "the encrypted volume"
      case deviceMapper = "the device-mapper volume"
      case raid = "the RAID array"
      case bcache = "the bcache device"
      case loop = "the loop device"
      case btrfs = "the btrfs file system"
      case other = "the device"
    }

    public let kind: Kind
    /// "vg0-root", "md127", "loop3", a file system's UUID.
    public let name: String

    public init(_ kind: Kind, _ name: String) {
      self.kind = kind
      self.name = name
    }
  }
}
