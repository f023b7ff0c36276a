// SPDX-License-Identifier: Apache-2.0
import Blocks

/// A file on a volume as a target of its own, for a file system inside of it.
///
/// What is written goes to the file's blocks at once, and nothing else does: blocks that nobody wrote to become
/// extents that read as zero whatever stands there, and zeroing them costs nothing. A block that was written
/// to in part waits in memory, its rest zero, until it is whole or the file ends. So no byte is written twice
/// unless whoever fills the file does.
final class FileTarget: BlockTarget {
  let size: UInt64
  /// Where all the file's blocks are: runs of any length, no two of them side by side.
  private let runs: [Extent]
  /// The same as a target, up to the end of the last block.
  private let blocks: TargetSlice
  /// Whole blocks that have content, in bytes of the file.
  private var written = ExtentSet()
  /// The others that were written to, by their offset in the file.
  private var partialBlocks: [UInt64: PartialBlock] = [:]
  private var isClosed = false

  private final class PartialBlock {
    var buffer = AlignedBuffer(byteCount: Int(Format.blockSize))
    /// As they came: bytes that come twice count twice.
    var receivedByteCount = 0
  }

  /// - Parameter extents: all that the file's size takes, in order and without holes.
  init(on volume: any BlockTarget, size: UInt64, _ extents: [Extent]) throws(BlockError) {
    self.size = size
    runs = Self.runs(of: extents)
    blocks = try TargetSlice(of: volume, ranges: runs.map(\.volumeRange))
  }

  private static func runs(of extents: [Extent]) -> [Extent] {
    var runs: [Extent] = []
    for extent in extents {
      if let last = runs.last, last.physical + last.blockCount == extent.physical {
        runs[runs.count - 1].blockCount += extent.blockCount
      } else {
        runs.append(extent)
      }
    }
    return runs
  }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, UInt64(bytes.byteCount))
    let range = offset..<offset + UInt64(bytes.byteCount)
    bytes.zero(0..<bytes.byteCount)
    for piece in written(in: range) {
      var part = bytes._mutatingExtracting(piece.from(offset))
      try blocks.read(into: &part, at: piece.lowerBound)
    }
    for (start, block) in partialBlocks(in: range) {
      let piece = (start..<start + Format.blockSize).clamped(to: range)
      var part = bytes._mutatingExtracting(piece.from(offset))
      block.buffer.copy(from: Int(piece.lowerBound - start), into: &part)
    }
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    precondition(!isClosed, "the file has ended with the next entry")
    try checkBounds(offset, UInt64(bytes.byteCount))
    var position = offset
    var rest = bytes
    while rest.byteCount > 0 {
      let begin = position % Format.blockSize
      let isWhole = begin == 0 && rest.byteCount >= Int(Format.blockSize)
      let count =
        isWhole
        ? UInt64(rest.byteCount).roundedDown(to: Format.blockSize)
        : min(UInt64(rest.byteCount), Format.blockSize - begin)
      let piece = rest.extracting(first: Int(count))
      if isWhole { try writeBlocks(piece, at: position) } else { try writePart(piece, at: position) }
      position += count
      rest = rest.extracting(droppingFirst: Int(count))
    }
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    precondition(!isClosed, "the file has ended with the next entry")
    try checkBounds(range)
    for (start, block) in partialBlocks(in: range) {
      block.buffer.zero((start..<start + Format.blockSize).clamped(to: range).from(start))
    }
    for piece in written(in: range) { try blocks.zero(piece) }
  }

  /// Blocks in memory stay there: the file has not ended yet.
  func flush() throws(BlockError) { try blocks.flush() }

  /// Writes what is still in memory and returns where the file's blocks are; nothing may be written after it.
  func close() throws(BlockError) -> [Extent] {
    isClosed = true
    for (start, block) in partialBlocks(in: 0..<size) { try writeBlocks(block.buffer.bytes, at: start) }
    return runs.flatMap(extents(of:))
  }
}

// Whole blocks and parts of them.
extension FileTarget {
  private func writeBlocks(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try blocks.write(bytes, at: offset)
    let range = offset..<offset + UInt64(bytes.byteCount)
    written.insert(range)
    for (start, _) in partialBlocks(in: range) { partialBlocks[start] = nil }
  }

  private func writePart(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    let start = offset.roundedDown(to: Format.blockSize)
    guard written.overlap(with: start..<start + Format.blockSize) == 0 else {
      return try blocks.write(bytes, at: offset)
    }
    let block = partialBlocks[start] ?? PartialBlock()
    block.buffer.store(bytes, at: Int(offset - start))
    block.receivedByteCount += bytes.byteCount
    partialBlocks[start] = block
    if block.receivedByteCount >= block.buffer.byteCount { try writeBlocks(block.buffer.bytes, at: start) }
  }

  /// Ascending.
  private func partialBlocks(in range: Range<UInt64>) -> [(UInt64, PartialBlock)] {
    if partialBlocks.isEmpty { return [] }
    return partialBlocks.filter { start, _ in (start..<start + Format.blockSize).overlaps(range) }
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// What of `range` has content.
  private func written(in range: Range<UInt64>) -> [Range<UInt64>] {
    written.complement(in: range).complement(in: range).ranges
  }
}

// What has become of the blocks.
extension FileTarget {
  private func extents(of run: Extent) -> [Extent] {
    let range = run.logical * Format.blockSize..<(run.logical + run.blockCount) * Format.blockSize
    var extents: [Extent] = []
    var position = range.lowerBound
    for gap in written.complement(in: range).ranges {
      Self.append(position..<gap.lowerBound, of: run, isUnwritten: false, to: &extents)
      Self.append(gap, of: run, isUnwritten: true, to: &extents)
      position = gap.upperBound
    }
    Self.append(position..<range.upperBound, of: run, isUnwritten: false, to: &extents)
    return extents
  }

  /// - Parameter bytes: whole blocks of the file that lie in the run.
  private static func append(
    _ bytes: Range<UInt64>, of run: Extent, isUnwritten: Bool, to extents: inout [Extent]
  ) {
    let largestCount = isUnwritten ? Extent.largestUnwrittenBlockCount : Extent.largestBlockCount
    let end = bytes.upperBound / Format.blockSize
    var first = bytes.lowerBound / Format.blockSize
    while first < end {
      let count = min(end - first, largestCount)
      extents.append(
        Extent(
          logical: first, physical: run.physical + first - run.logical, blockCount: count,
          isUnwritten: isUnwritten))
      first += count
    }
  }
}

extension Extent {
  /// In bytes from the start of the volume.
  fileprivate var volumeRange: Range<UInt64> {
    physical * Format.blockSize..<(physical + blockCount) * Format.blockSize
  }
}

extension Range<UInt64> {
  /// The same, counted from `offset`.
  fileprivate func from(_ offset: UInt64) -> Range<Int> {
    Int(lowerBound - offset)..<Int(upperBound - offset)
  }
}
