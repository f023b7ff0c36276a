// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

/// The entry whose bytes are coming, and where they go.
struct OpenContent {
  private(set) var path = EntryPath.root
  private(set) var expectation = Expectation.exactly(0)
  var receivedByteCount: UInt64 = 0
  /// Where bytes lie in the file: ascending, apart, none of them empty.
  private(set) var ranges: [Range<UInt64>] = []
  /// Index of the range that the next byte belongs to.
  var rangeIndex = 0
  /// Offset in the file of the next byte that the stream takes.
  var position: UInt64 = 0
  /// Where the file's blocks are.
  var extents: [Extent] = []
  /// Index of the extent that the stream stands in.
  var extentIndex = 0
  /// Number of the file's inode.
  var inode: UInt32 = 0
  /// Blocks for the extents that the inode has no room for, and what they hold: written behind the content.
  var nodeBlocks: [UInt64] = []
  var nodes: [ExtentNode] = []
  /// The inode of a file that only its end describes; it is stored then.
  var openInode: Inode?
  /// The file as a target, where that is how it is filled.
  var image: FileTarget?
  /// Where `grow` finds blocks, kept for its memory.
  private var newExtents: [Extent] = []

  /// How many bytes are to come.
  enum Expectation: Equatable {
    case exactly(UInt64)
    /// As many as do: the file grows with them.
    case any
    /// Those of an entry that was refused, which nobody counts.
    case ignored
  }

  /// Makes ready for the entry's bytes, which nobody counts until the file is placed.
  mutating func begin(_ entry: Entry) {
    path = entry.path
    expectation = if case .regular = entry.kind { .ignored } else { .exactly(0) }
    receivedByteCount = 0
    clear()
  }

  /// Makes ready for a directory's blocks, which do not come as bytes.
  mutating func beginDirectory(_ inode: UInt32) {
    self.inode = inode
    clear()
  }

  private mutating func clear() {
    ranges.removeAll(keepingCapacity: true)
    extents.removeAll(keepingCapacity: true)
    nodeBlocks.removeAll(keepingCapacity: true)
    nodes.removeAll(keepingCapacity: true)
    rangeIndex = 0
    extentIndex = 0
    position = 0
  }

  /// Gives the bytes of a shape that was checked their ranges; the extents are the caller's to find.
  mutating func place(_ shape: Entry.Content, of inode: UInt32) {
    self.inode = inode
    expectation = .exactly(shape.storedByteCount)
    if let dataRanges = shape.dataRanges {
      ranges.append(contentsOf: dataRanges.lazy.filter { !$0.isEmpty })
    } else if shape.size > 0 {
      ranges.append(0..<shape.size)
    }
  }

  /// Takes any number of bytes for a file that `grow` finds blocks for and whose inode its end completes.
  mutating func placeGrowing(_ inode: Inode, number: UInt32) {
    self.inode = number
    openInode = inode
    expectation = .any
    ranges.append(0..<UInt64.max)
  }

  /// Hands a file over to a target that knows at the end where its bytes are; no others come.
  mutating func place(_ image: FileTarget, _ inode: Inode, number: UInt32) {
    self.inode = number
    openInode = inode
    self.image = image
    expectation = .exactly(0)
  }

  /// Takes space for the file's blocks that hold bytes, and returns how many they are.
  mutating func takeBlocks(from space: inout FreeSpace) -> UInt64 {
    var blockCount: UInt64 = 0
    var run: Range<UInt64> = 0..<0
    for index in 0...ranges.count {
      let next = index < ranges.count ? Self.blocks(of: ranges[index]) : nil
      if let next, next.lowerBound <= run.upperBound, !run.isEmpty {
        run = run.lowerBound..<next.upperBound
        continue
      }
      blockCount += UInt64(run.count)
      if !run.isEmpty { space.take(UInt64(run.count), for: run.lowerBound, into: &extents) }
      if let next { run = next }
    }
    return blockCount
  }

  /// Takes space for what has come beyond the file's last block. What extents that makes does not depend on
  /// the pieces in which the bytes come.
  mutating func grow(from space: inout FreeSpace) {
    let blockCount = blockCount
    let neededCount = receivedByteCount.dividedRoundingUp(by: Format.blockSize)
    guard neededCount > blockCount else { return }
    newExtents.removeAll(keepingCapacity: true)
    space.takeMore(neededCount - blockCount, for: blockCount, into: &newExtents)
    for extent in newExtents { join(extent, anywhere: space.isExhausted) }
  }

  /// Lets the last extent go on with `extent`, where it lies behind it, and appends what is left.
  ///
  /// - Parameter anywhere: whether it lies nowhere, and is only counted.
  private mutating func join(_ extent: Extent, anywhere: Bool) {
    var extent = extent
    if let last = extents.last, anywhere || last.physical + last.blockCount == extent.physical {
      let count = min(extent.blockCount, Extent.largestBlockCount - last.blockCount)
      extents[extents.count - 1].blockCount += count
      extent = extent.dropping(count)
    }
    if extent.blockCount > 0 { extents.append(extent) }
  }

  /// Blocks of the file up to the end of its last extent.
  var blockCount: UInt64 { extents.last.map { $0.logical + $0.blockCount } ?? 0 }

  private static func blocks(of range: Range<UInt64>) -> Range<UInt64> {
    range.lowerBound / Format.blockSize..<range.upperBound.dividedRoundingUp(by: Format.blockSize)
  }

  /// Offset in the file of the end of the extent that the stream stands in.
  var extentEnd: UInt64 {
    (extents[extentIndex].logical + extents[extentIndex].blockCount) * Format.blockSize
  }

  /// Largest file, in bytes: block numbers are of 32 bits, and the last one stays free.
  static let largestFileSize = UInt64(UInt32.max) * Format.blockSize

  /// Throws for what a file can't look like.
  ///
  /// - Parameter largestSize: in bytes; what the volume's features allow.
  static func check(_ shape: Entry.Content, largestSize: UInt64 = largestFileSize) throws(Problem.Reason) {
    guard shape.size <= largestSize else {
      throw .fileTooLarge(size: shape.size, largestSize: largestSize)
    }
    var end: UInt64 = 0
    for range in shape.dataRanges ?? [] {
      guard range.lowerBound >= end, range.upperBound <= shape.size else { throw .malformedDataRanges }
      end = range.upperBound
    }
  }
}
