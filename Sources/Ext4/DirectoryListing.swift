// SPDX-License-Identifier: Apache-2.0
import Blocks

/// The names in a directory, sorted by their bytes, with their inodes.
struct DirectoryListing {
  /// All names, one behind the other.
  private var bytes: [UInt8] = []
  private var records: [Record] = []

  private struct Record {
    let start: Int
    let inode: UInt32
    let nameLength: UInt8
  }

  var count: Int { records.count }

  subscript(index: Int) -> (name: ArraySlice<UInt8>, inode: UInt32) {
    (name(records[index]), records[index].inode)
  }

  /// Takes the names out of a block, or out of a part of an inode that is one; "." and ".." are passed over, and so is
  /// what an index is made of, which looks like unused entries.
  ///
  /// - Returns: why not.
  mutating func append(_ block: RawSpan) -> Ext4Error.Damage? {
    var position = 0
    while position < block.byteCount {
      guard let entry = DirectoryEntry(block, at: position) else { return .directoryEntry }
      position += entry.byteCount
      if entry.inode == 0 || (1...2).contains(entry.nameLength) && entry.isDots(block) { continue }
      guard entry.hasName(block) else { return .illegalName }
      let start = bytes.count
      for offset in entry.nameRange { bytes.append(block.load(at: offset)) }
      records.append(
        Record(start: start, inode: entry.inode, nameLength: UInt8(entry.nameLength)))
    }
    return nil
  }

  /// Sorts the names, after the last of them was taken.
  ///
  /// - Returns: whether no name is there twice.
  mutating func sort() -> Bool {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      records.sort { unsafe Self.order($0, $1, bytes) < 0 }
      return zip(records, records.dropFirst()).allSatisfy { unsafe Self.order($0, $1, bytes) < 0 }
    }
  }

  private static func order(_ left: Record, _ right: Record, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let count = min(left.nameLength, right.nameLength)
    for index in 0..<Int(count) {
      let difference = unsafe Int(bytes[left.start + index]) - Int(bytes[right.start + index])
      if difference != 0 { return difference }
    }
    return Int(left.nameLength) - Int(right.nameLength)
  }

  func inode(named name: ArraySlice<UInt8>) -> UInt32? {
    var range = records.startIndex..<records.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      let found = self.name(records[middle])
      if found == name { return records[middle].inode }
      range =
        found.lexicographicallyPrecedes(name)
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  private func name(_ record: Record) -> ArraySlice<UInt8> {
    bytes[record.start..<record.start + Int(record.nameLength)]
  }
}
