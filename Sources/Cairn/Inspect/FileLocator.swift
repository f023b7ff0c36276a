// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Entries
internal import Ext4
internal import FAT32

/// Tells whose bytes of a card are: which file of which partition has them, by what the file systems on it say.
///
/// What can't be read for damage has no owner: nothing is thrown.
struct FileLocator {
  let card: any BlockTarget
  /// Where the card's partitions lie, by their numbers, in bytes.
  let partitions: [Int: Range<UInt64>]

  /// - Parameter ranges: in bytes from the start of the card.
  /// - Returns: the same, cut at the ends of files.
  func owners(of ranges: ExtentSet) -> [BadRange] {
    var result: [BadRange] = []
    var rest = ranges
    for (number, partition) in partitions.sorted(by: { $0.key < $1.key }) {
      let parts = ExtentSet(ranges.ranges(within: partition))
      guard !parts.ranges.isEmpty, let slice = try? TargetSlice(of: card, range: partition) else { continue }
      let name = "partition \(number)"
      var left = parts
      for file in Self.files(on: slice, at: partition.lowerBound, touching: parts) {
        for extent in file.extents {
          for range in left.ranges(within: extent) {
            result.append(BadRange(range: range, owner: "\(name), /\(file.path)"))
          }
        }
        for extent in file.extents { left.remove(extent) }
      }
      result += left.ranges.map { BadRange(range: $0, owner: "\(name), between files") }
      rest.remove(partition)
    }
    result += rest.ranges.map {
      BadRange(range: $0, owner: $0.lowerBound == 0 ? "the partition table" : nil)
    }
    return result.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// A file that has some of the bytes, and all of where it lies, from the start of the card.
  private typealias File = (path: EntryPath, extents: [Range<UInt64>])

  private static func files(on volume: TargetSlice, at start: UInt64, touching ranges: ExtentSet) -> [File] {
    if var reader = try? FAT32.VolumeReader(volume) { return files(in: &reader, at: start, touching: ranges) }
    if var reader = try? Ext4.VolumeReader(volume) { return files(in: &reader, at: start, touching: ranges) }
    return []
  }

  private static func files<Reader: EntryLookup & ~Copyable>(
    in reader: inout Reader, at start: UInt64, touching ranges: ExtentSet
  ) -> [File] {
    var files: [File] = []
    var paths: [EntryPath] = [.root]
    while let path = paths.popLast() {
      guard let item = try? reader.find(path) else { continue }
      if case .regular = item.entry.kind, let extents = try? reader.extents(of: item) {
        let places = extents.map { $0.lowerBound + start..<$0.upperBound + start }
        if places.contains(where: { ranges.overlap(with: $0) > 0 }) { files.append((path, places)) }
      }
      paths += (try? reader.paths(in: item)) ?? []
    }
    return files
  }
}
