// SPDX-License-Identifier: Apache-2.0

/// What a directory entry says of a file, bit by bit.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Directory Structure", `DIR_Attr`.
public struct FileAttributes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `ATTR_READ_ONLY`.
  public static let readOnly = FileAttributes(rawValue: 0x01)
  /// `ATTR_HIDDEN`.
  public static let hidden = FileAttributes(rawValue: 0x02)
  /// `ATTR_SYSTEM`.
  public static let system = FileAttributes(rawValue: 0x04)
  /// The entry is the volume's label. `ATTR_VOLUME_ID`.
  static let volumeID = FileAttributes(rawValue: 0x08)
  /// `ATTR_DIRECTORY`.
  public static let directory = FileAttributes(rawValue: 0x10)
  /// Changed since the last backup: what every new file has. `ATTR_ARCHIVE`.
  public static let archive = FileAttributes(rawValue: 0x20)
  /// No short entry, but a part of a long name. `ATTR_LONG_NAME`.
  static let longName: FileAttributes = [.readOnly, .hidden, .system, .volumeID]

  /// Whether an entry with these attributes is a part of a long name: the two upper bits don't matter.
  /// `ATTR_LONG_NAME_MASK`.
  var isLongName: Bool { rawValue & 0x3F == Self.longName.rawValue }
}
