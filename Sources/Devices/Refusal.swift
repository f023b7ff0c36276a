// SPDX-License-Identifier: Apache-2.0

/// Why something is not written to.
public enum Refusal: Error, Hashable, Sendable {
  /// It is a partition of `disk`.
  case partition(path: String, disk: String)
  /// The reader is empty.
  case noMedium(path: String)
  /// It is `kind`, which is never a card.
  case notACard(path: String, kind: Device.Kind)
  /// The running system lies on it: "/", "/boot", "swap".
  case systemDisk(path: String, holding: [String])
  case mounted(part: String, at: [String])
  case swap(part: String)
  case held(part: String, by: DeviceUse.Holder)
  case readOnly(path: String)
  case tooSmall(path: String, byteCount: UInt64, needed: UInt64)
  /// Not removable, and neither on USB nor an SD card.
  case notRemovable(path: String, bus: DeviceBus)
  /// Larger than any card.
  case tooLarge(path: String, byteCount: UInt64)

  /// What lets it pass; nil where nothing does.
  public var allowance: Allowance? {
    switch self {
    case .notRemovable: .nonRemovable
    case .tooLarge: .large
    default: nil
    }
  }

  /// More than this is no card: 2 TiB, in bytes, where SDXC ends.
  public static let largestCardByteCount: UInt64 = 2 << 40
}

/// What a user may say yes to: the words that `--allow` takes.
public enum Allowance: String, Hashable, Sendable, CaseIterable {
  case nonRemovable = "non-removable"
  case large
}

extension Refusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .partition(let path, let disk):
      "\(path.printable): is a partition, and a card is written as a whole; name \(disk.printable)"
    case .noMedium(let path): "\(path.printable): has no medium; put a card into the reader"
    case .notACard(let path, .opticalDrive): "\(path.printable): is an optical drive, which takes no card"
    case .notACard(let path, _):
      "\(path.printable): is an area of an eMMC that starts machines or holds keys, never a card"
    case .systemDisk(let path, let places):
      "\(path.printable): holds the running system (\(places.map(\.printable).joined(separator: ", "))), and is never "
        + "written to"
    case .mounted(let part, let places):
      "\(part.printable): is mounted at \(places.map(\.printable).joined(separator: ", ")); unmount it first"
    case .swap(let part): "\(part.printable): is swapped to; take it out with swapoff first"
    case .held(let part, let holder):
      "\(part.printable): belongs to \(holder.kind.rawValue) \(holder.name.printable); stop that first"
    case .readOnly(let path): "\(path.printable): is read-only; a card's switch may say so"
    case .tooSmall(let path, let byteCount, let needed):
      "\(path.printable): has \(byteCount) bytes, and \(needed) are needed; take a larger card"
    case .notRemovable(let path, let bus):
      "\(path.printable): is not removable (\(bus.rawValue)); if it is meant all the same, --allow non-removable"
    case .tooLarge(let path, let byteCount):
      "\(path.printable): has \(byteCount) bytes, more than a card's 2 TiB; if it is meant all the same, --allow large"
    }
  }
}

extension Refusal {
  /// One word for scripts.
  public var word: String {
    switch self {
    case .partition: "partition"
    case .noMedium: "no-medium"
    case .notACard: "not-a-card"
    case .systemDisk: "system"
    case .mounted: "mounted"
    case .swap: "swap"
    case .held: "held"
    case .readOnly: "read-only"
    case .tooSmall: "too-small"
    case .notRemovable: "non-removable"
    case .tooLarge: "large"
    }
  }
}
