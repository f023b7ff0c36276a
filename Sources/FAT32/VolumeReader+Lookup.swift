// SPDX-License-Identifier: Apache-2.0
internal import Blocks
public import Entries

extension DirectoryItem: LookupItem {
  /// As it would be in a tar.
  public var entry: Entry { Entry(self) }

  /// FAT has no hard links.
  public var identity: UInt64? { nil }
}

// Names find an item in whatever case, by a walk through its directory.
extension VolumeReader: EntryLookup {
  public typealias Item = DirectoryItem

  /// - Throws: `unreadable`, `target`.
  public mutating func find(_ path: EntryPath) throws(FAT32Error) -> DirectoryItem? {
    do throws(FAT32Error) {
      return try item(at: path)
    } catch {
      switch error {
      case .notFound, .notADirectory: return nil
      default: throw error
      }
    }
  }

  /// - Throws: `unreadable`, `target`.
  public mutating func paths(in directory: DirectoryItem) throws(FAT32Error) -> [EntryPath] {
    directory.isDirectory ? try items(in: directory).map(\.path) : []
  }

  /// - Throws: `unreadable`, `target`.
  public mutating func firstDifference(
    of file: DirectoryItem, from bytes: RawSpan, at offset: UInt64
  ) throws(FAT32Error) -> UInt64? {
    var piece = AlignedBuffer(byteCount: min(bytes.byteCount, Self.pieceByteCount))
    var position = 0
    while position < bytes.byteCount {
      let place = offset + UInt64(position)
      var span = piece.mutableBytes
      let count = min(try read(file, into: &span, at: place), bytes.byteCount - position)
      if count == 0 { return nil }
      let expected = bytes.extracting(position..<position + count)
      if let index = span.bytes.extracting(first: count).firstDifference(from: expected) {
        return place + UInt64(index)
      }
      position += count
    }
    return nil
  }

  /// - Throws: `unreadable`, `target`.
  public mutating func firstNonzeroByte(
    of file: DirectoryItem, in range: Range<UInt64>
  ) throws(FAT32Error) -> UInt64? {
    var piece = AlignedBuffer(
      byteCount: Int(min(range.upperBound - range.lowerBound, UInt64(Self.pieceByteCount))))
    var position = range.lowerBound
    while position < range.upperBound {
      var span = piece.mutableBytes
      let count = Int(min(UInt64(try read(file, into: &span, at: position)), range.upperBound - position))
      if count == 0 { return nil }
      if let index = span.bytes.extracting(first: count).firstNonzeroByte { return position + UInt64(index) }
      position += UInt64(count)
    }
    return nil
  }

  public static func isOfOneItem(_ failure: FAT32Error) -> Bool {
    if case .unreadable = failure { true } else { false }
  }

  private static let pieceByteCount = 256 << 10
}
