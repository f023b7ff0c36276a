// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// Where the bytes of a file lie on a volume.
struct StoredContent {
  /// Bytes that the file has.
  let size: UInt64
  private let blockSize: UInt64
  /// In the order of the file.
  private let extents: [Extent]
  /// The first bytes themselves, where they stand in the inode; what is behind them is zero.
  private let inlineBytes: [UInt8]?

  init(size: UInt64, extents: [Extent], blockSize: UInt64) {
    self.size = size
    self.extents = extents
    self.blockSize = blockSize
    inlineBytes = nil
  }

  init(size: UInt64, inline bytes: [UInt8]) {
    self.size = size
    extents = []
    blockSize = 1
    inlineBytes = Array(bytes.prefix(Int(clamping: size)))
  }

  static let empty = StoredContent(size: 0, inline: [])

  /// Ranges that a file may have; in more of them, what is behind counts as data: its holes are zeros.
  private static let largestRangeCount = 1 << 18

  /// Where data lies, whole blocks as the volume has them; nil where there are no holes.
  var dataRanges: [Range<UInt64>]? {
    if let inlineBytes {
      let end = UInt64(inlineBytes.count)
      return end == size ? nil : [0..<end].filter { !$0.isEmpty }
    }
    var ranges: [Range<UInt64>] = []
    for extent in extents {
      let range = range(of: extent)
      guard range.lowerBound < size else { break }
      let end = min(range.upperBound, size)
      if let last = ranges.last, last.upperBound == range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else if ranges.count == Self.largestRangeCount, let last = ranges.last {
        ranges[ranges.count - 1] = last.lowerBound..<size
        break
      } else {
        ranges.append(range.lowerBound..<end)
      }
    }
    return size == 0 || ranges == [0..<size] ? nil : ranges
  }

  /// Blocks of the volume that hold a directory; nil where there are holes, or more or fewer than its size says.
  var blocks: [Range<UInt64>]? {
    var next: UInt64 = 0
    for extent in extents {
      guard extent.logical == next else { return nil }
      next += extent.blockCount
    }
    guard size == next * blockSize else { return nil }
    return extents.map { $0.physical..<$0.physical + $0.blockCount }
  }

  /// Where its blocks lie, in bytes from the start of the volume.
  var places: [Range<UInt64>] {
    extents.map { $0.physical * blockSize..<($0.physical + $0.blockCount) * blockSize }
  }

  /// The next part of a range that may hold something else than zeros; nil where there is none.
  func data(in range: Range<UInt64>) -> Range<UInt64>? {
    let index = index(at: range.lowerBound)
    guard inlineBytes != nil || index < extents.count else { return nil }
    let stored = inlineBytes.map { 0..<UInt64($0.count) } ?? self.range(of: extents[index])
    let data = stored.clamped(to: range)
    return data.isEmpty ? nil : data
  }

  /// Fills `bytes`, all of which lie within the file.
  func read(
    into bytes: inout MutableRawSpan, at offset: UInt64, from source: VolumeSource
  ) throws(Ext4Error) {
    if let inlineBytes {
      let part = inlineBytes.dropFirst(Int(clamping: offset)).prefix(bytes.byteCount)
      bytes.store(part, at: 0)
      bytes.zero(part.count..<bytes.byteCount)
      return
    }
    var index = index(at: offset)
    var position = 0
    while position < bytes.byteCount {
      let wanted = offset + UInt64(position)..<offset + UInt64(bytes.byteCount)
      let data = index < extents.count ? range(of: extents[index]) : wanted.upperBound..<wanted.upperBound
      let hole = Int(min(max(data.lowerBound, wanted.lowerBound), wanted.upperBound) - wanted.lowerBound)
      bytes.zero(position..<position + hole)
      position += hole
      let part = data.clamped(to: wanted)
      if !part.isEmpty {
        let start = extents[index].physical * blockSize + (part.lowerBound - data.lowerBound)
        var place = bytes._mutatingExtracting(position..<position + part.count)
        try source.readAll(into: &place, at: start)
        position += part.count
      }
      index += 1
    }
  }

  private func range(of extent: Extent) -> Range<UInt64> {
    extent.logical * blockSize..<(extent.logical + extent.blockCount) * blockSize
  }

  /// The extent that holds a byte of the file, or else the first behind it.
  private func index(at offset: UInt64) -> Int {
    var indices = extents.startIndex..<extents.endIndex
    while !indices.isEmpty {
      let middle = indices.lowerBound + indices.count / 2
      indices =
        range(of: extents[middle]).upperBound <= offset
        ? middle + 1..<indices.upperBound : indices.lowerBound..<middle
    }
    return indices.lowerBound
  }
}
