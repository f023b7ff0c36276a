// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Why a FAT32 volume can't be made, or is not one.
public enum FAT32Error: Error, Equatable, Sendable {
  /// Storage failed.
  case target(BlockError)
  /// A volume that would be taken for FAT16. Sizes in bytes.
  case volumeTooSmall(volumeSize: UInt64, smallest: UInt64)
  /// More sectors than 32 bits can count. Sizes in bytes.
  case volumeTooLarge(volumeSize: UInt64, largest: UInt64)
  /// The target has another size than the volume that was to be made on it. Sizes in bytes.
  case targetSizeDiffers(targetSize: UInt64, volumeSize: UInt64)
  /// The content is larger than the volume. `neededVolumeSize` is the smallest one that holds it, in whole MiB.
  case contentTooLarge(neededVolumeSize: UInt64, volumeSize: UInt64)
  /// The content is larger than any FAT32 volume.
  case contentBeyondFormat(largest: UInt64)
  /// What FAT can't hold: all of it.
  case unrepresentable([Problem])
  /// A text that can't be a volume's label.
  case label(String, VolumeLabel.Fault)
  /// A structure on a volume holds a number that it must not. `field` has the specification's name.
  case damaged(Structure, field: String, found: UInt64)
  /// A volume whose sectors have another size than 512 bytes, which is legal and hardly anywhere to be found.
  case sectorSize(UInt16)
  /// The boot sector tells of a larger volume than there is. Sizes in bytes.
  case truncated(volumeSize: UInt64, targetSize: UInt64)
  /// A file or directory on a volume that can't be read to its end.
  case unreadable(EntryPath, Damage)
  /// A file where a directory was asked for.
  case notADirectory(EntryPath)
  /// Nothing has this name.
  case notFound(EntryPath)

  /// The structures of a volume.
  public enum Structure: String, Sendable {
    case bootSector = "boot sector"
    case fsInfo = "FSInfo sector"
    case fileAllocationTable = "FAT"
    case directoryEntry = "directory entry"
    case longName = "long name entry"
  }
}

/// Something that is among the entries and can't be on a FAT32 volume.
public enum Problem: Equatable, Sendable {
  case name(EntryPath, NameFault)
  /// Two names in one directory that FAT takes for the same.
  case sameNameButForCase(path: EntryPath, other: EntryPath)
  /// A path that comes twice, or as a file and as a directory.
  case repeatedPath(EntryPath)
  case kind(EntryPath, Kind)
  /// More than 4 GiB - 1. `size` in bytes.
  case fileTooLarge(EntryPath, size: UInt64)
  /// More than 4,095 bytes, the longest path that Linux opens: it could not be reached on the volume.
  case pathTooLong(EntryPath)
  /// More than 65,536 directory entries; a file takes one and one more for each 13 characters of a long name.
  case directoryTooLarge(EntryPath, entryCount: Int)

  /// Why FAT can't hold a name.
  public enum NameFault: Error, Equatable, Sendable {
    case notUTF8
    /// One of " * / : < > ? \ | or U+FFFF, which is no character.
    case illegalCharacter(Unicode.Scalar)
    /// Below U+0020.
    case controlCharacter(Unicode.Scalar)
    /// Windows opens the device of that name in its place.
    case deviceName(DeviceName)
    /// Systems that read FAT drop a dot or a space at the end.
    case endsWith(Unicode.Scalar)
    /// More than 255 UTF-16 units.
    case tooLong(unitCount: Int)
  }

  /// Kinds of entries that FAT has no place for.
  public enum Kind: String, Sendable {
    case symbolicLink = "symbolic link"
    case hardLink = "hard link"
    case characterDevice = "character device"
    case blockDevice = "block device"
    case fifo = "named pipe"
    case socket = "socket"
    case fileAsRoot = "file in the place of the root directory"
  }
}

extension FAT32Error: CustomStringConvertible {
  public var description: String {
    switch self {
    case .target(let error):
      error.description
    case .volumeTooSmall(let size, let smallest):
      "FAT32 volume: \(size) bytes are too few, others would read it as FAT16; make it at least \(smallest) bytes"
    case .volumeTooLarge(let size, let largest):
      "FAT32 volume: \(size) bytes are too many; make it at most \(largest) bytes"
    case .targetSizeDiffers(let targetSize, let volumeSize):
      "FAT32 volume: planned with \(volumeSize) bytes, but the target has \(targetSize); plan it anew"
    case .contentTooLarge(let needed, let size):
      "FAT32 volume: the content does not fit into \(size) bytes; make the volume \(needed >> 20) MiB"
    case .contentBeyondFormat(let largest):
      "FAT32 volume: the content does not even fit into the largest volume, \(largest) bytes; leave some of it out"
    case .unrepresentable(let problems) where problems.count == 1:
      problems[0].description
    case .unrepresentable(let problems):
      "FAT32 volume: \(problems.count) entries can't be on it; rename or exclude them"
    case .label(let text, let fault):
      "volume label \"\(text.utf8.printable)\": \(fault.description)"
    case .damaged(let structure, let field, let found):
      "FAT32 \(structure.rawValue): \(field) is \(found), which it can't be; the volume is damaged or not FAT32"
    case .sectorSize(let byteCount):
      "FAT32 boot sector: sectors of \(byteCount) bytes; only volumes with sectors of 512 can be read"
    case .truncated(let volumeSize, let targetSize):
      "FAT32 boot sector: the volume has \(volumeSize) bytes, but there are only \(targetSize); it was cut off"
    case .unreadable(let path, let damage):
      "\(path): \(damage.description); the volume is damaged"
    case .notADirectory(let path):
      "\(path): is a file, and a directory was asked for"
    case .notFound(let path):
      "\(path): no such file or directory on the volume"
    }
  }
}

extension Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .name(let path, let fault):
      "\(path): \(fault.description)"
    case .sameNameButForCase(let path, let other):
      "\(path): same name as \(other) but for case, which FAT can't hold; rename or exclude one of them"
    case .repeatedPath(let path):
      "\(path): is there twice; leave one of the two out"
    case .kind(let path, let kind):
      "\(path): is a \(kind.rawValue), which FAT can't hold; exclude it"
    case .fileTooLarge(let path, let size):
      "\(path): has \(size) bytes, and a file on FAT holds at most \(UInt32.max); split or exclude it"
    case .pathTooLong(let path):
      "\(path.bytes.prefix(60).printable)...: a path of \(path.bytes.count) bytes, and no program opens more than 4095; "
        + "exclude it"
    case .directoryTooLarge(let path, let entryCount):
      "\(path): needs \(entryCount) directory entries, and FAT has at most 65536; spread it over several directories"
    }
  }
}

extension Problem.NameFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notUTF8: "the name is not UTF-8, which FAT's Unicode names need; rename it"
    case .illegalCharacter(let scalar):
      "the name has \(Self.text(of: scalar)) in it, which FAT does not allow; rename it"
    case .controlCharacter(let scalar):
      "the name has the control character \(Self.text(of: scalar)) in it, which FAT does not allow; rename it"
    case .deviceName(let device):
      "the name is that of a device (\(device)) to Windows, which can't open the file; rename it"
    case .endsWith(let scalar):
      "the name ends with \(Self.text(of: scalar)), which FAT drops; rename it"
    case .tooLong(let count):
      "the name has \(count) UTF-16 units, and FAT holds at most 255; rename it"
    }
  }

  private static func text(of scalar: Unicode.Scalar) -> String {
    switch scalar {
    case " ": "a space"
    case "\"": "a double quote"
    case "!"..."~": "\"\(scalar)\""
    default: "U+" + hexadecimal(scalar.value)
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
