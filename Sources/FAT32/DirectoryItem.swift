// SPDX-License-Identifier: Apache-2.0
internal import Blocks
public import Entries

/// A file or directory on a volume, as its directory describes it.
public struct DirectoryItem: Equatable, Sendable {
  /// With the long name where there is a whole one, else with the short one in the case in which Windows and Linux
  /// show it.
  public let path: EntryPath
  /// The 8.3 name, in upper case: `LONGNA~1.TXT`. Empty for the root.
  public let shortName: String
  public let attributes: FileAttributes
  /// Taken for UTC, as all times are; nil where there is none.
  public let creation: Timestamp?
  /// Of the last write, in steps of two seconds; nil where the fields are no moment.
  public let modification: Timestamp?
  /// The day of the last access, its beginning; nil where there is none.
  public let access: Timestamp?
  /// Bytes of a file; 0 for a directory.
  public let size: UInt64
  /// 0 for a file without content. Nothing says that the volume has such a cluster before it is read.
  public let firstCluster: UInt32
  /// Where the directory entry stands, in bytes from the start of the volume; nil for the root, which has none.
  public let offset: UInt64?

  public var isDirectory: Bool { attributes.contains(.directory) }

  /// The root directory, which no entry describes.
  init(rootAt firstCluster: UInt32) {
    path = .root
    shortName = ""
    attributes = .directory
    creation = nil
    modification = nil
    access = nil
    size = 0
    self.firstCluster = firstCluster
    offset = nil
  }

  /// Reads a short entry with less rigour than `DirectoryEntry`: what only describes may be wrong.
  ///
  /// - Parameters:
  ///   - longName: nil where there is none that is whole.
  ///   - slot: 32 bytes.
  ///   - offset: of the slot, in bytes from the start of the volume.
  /// - Throws: `unreadable` where no path can have the name.
  init(
    decoding slot: RawSpan, longName: [UInt8]?, in directory: EntryPath, offset: UInt64
  ) throws(FAT32Error) {
    let name = ShortName(decoding: slot, at: DirectoryEntry.Field.name)
    let caseBits = ShortName.CaseBits(rawValue: slot.load(at: DirectoryEntry.Field.caseBits))
    guard
      let path = longName.flatMap(directory.appending(name:))
        ?? directory.appending(name: Array(name.text(caseBits).utf8))
    else { throw .unreadable(directory, .illegalName(offset: offset)) }
    self.path = path
    shortName = name.text()
    attributes = FileAttributes(rawValue: slot.load(at: DirectoryEntry.Field.attributes))
    creation = Self.timestamp(
      date: slot.load(at: DirectoryEntry.Field.creationDate),
      time: slot.load(at: DirectoryEntry.Field.creationTime),
      hundredths: slot.load(at: DirectoryEntry.Field.creationHundredths))
    modification = Self.timestamp(
      date: slot.load(at: DirectoryEntry.Field.writeDate), time: slot.load(at: DirectoryEntry.Field.writeTime)
    )
    access = Self.timestamp(date: slot.load(at: DirectoryEntry.Field.accessDate), time: 0)
    size = attributes.contains(.directory) ? 0 : UInt64(slot.load(UInt32.self, at: DirectoryEntry.Field.size))
    let high: UInt16 = slot.load(at: DirectoryEntry.Field.firstClusterHigh)
    let low: UInt16 = slot.load(at: DirectoryEntry.Field.firstClusterLow)
    firstCluster = UInt32(high) << 16 | UInt32(low)
    self.offset = offset
  }

  private static func timestamp(date: UInt16, time: UInt16, hundredths: UInt8 = 0) -> Timestamp? {
    DateTime(date: date, time: time, hundredths: hundredths)?.timestamp
  }
}

extension DirectoryItem {
  /// Whether the item is meant by a name, be it the long or the short one, in whatever case.
  ///
  /// - Parameter foldedName: as `LongName.folded` has it.
  func isNamed(_ foldedName: [UInt8]) -> Bool {
    LongName.folded(path.name) == foldedName || LongName.folded(shortName.utf8) == foldedName
  }
}

extension Entry {
  /// An item as it would be in a tar: FAT has no owners, and of permissions one.
  init(_ item: DirectoryItem) {
    let isReadOnly = item.attributes.contains(.readOnly)
    self.init(
      item.path, item.isDirectory ? .directory : .regular(Content(size: item.size)),
      mode: (item.isDirectory ? 0o755 : 0o644) & (isReadOnly ? ~0o222 : ~0),
      modificationTime: item.modification ?? DateTime.first.timestamp)
  }
}

extension EntryPath {
  /// Nil where the name is none: empty, "." or "..", or with "/" or NUL in it.
  fileprivate func appending(name: [UInt8]) -> EntryPath? {
    guard !name.contains(UInt8(ascii: "/")), let path = try? EntryPath(name), !path.isRoot else { return nil }
    return appending(path)
  }
}
