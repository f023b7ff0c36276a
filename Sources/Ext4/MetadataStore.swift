// SPDX-License-Identifier: Apache-2.0
import Blocks

/// The volume as libext2fs sees it while it is being made: metadata blocks in memory, zeros everywhere else.
///
/// Nothing reaches the target before `flush`, and then each block once. So what the library writes three
/// times costs one write, and no error of the target ever has to pass through the library.
final class MetadataStore {
  /// Bytes of the volume.
  let size: UInt64
  private var chunks: [UInt64: Chunk] = [:]
  private var zeroed = ExtentSet()
  /// The chunk of the last call: inodes come one behind the other.
  private var lastChunk: (number: UInt64, chunk: Chunk)?

  init(size: UInt64) { self.size = size }

  /// Sixteen blocks, and which of them were written to.
  private final class Chunk {
    var buffer = AlignedBuffer(byteCount: MetadataStore.chunkByteCount)
    var mask: UInt16 = 0
  }

  private static let blockByteCount = Int(Format.blockSize)
  private static let chunkByteCount = 16 * blockByteCount

  /// Fills `bytes`; what was never written reads as zero.
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) {
    var position = 0
    while position < bytes.byteCount {
      let piece = Piece(at: offset + UInt64(position), atMost: bytes.byteCount - position)
      var part = bytes._mutatingExtracting(position..<position + piece.byteCount)
      if let chunk = chunk(piece.chunk) {
        chunk.buffer.copy(from: piece.offset, into: &part)
      } else {
        part.zero(0..<part.byteCount)
      }
      position += piece.byteCount
    }
  }

  /// Takes bytes at any offset. Blocks that they cover in part are zero in the rest, unless written before.
  func write(_ bytes: RawSpan, at offset: UInt64) {
    var position = 0
    while position < bytes.byteCount {
      let piece = Piece(at: offset + UInt64(position), atMost: bytes.byteCount - position)
      let chunk = chunk(piece.chunk) ?? addChunk(piece.chunk)
      chunk.buffer.store(bytes.extracting(position..<position + piece.byteCount), at: piece.offset)
      chunk.mask |= piece.mask
      position += piece.byteCount
    }
  }

  /// Makes whole blocks read as zero: on the target, too, unless they are written afterwards.
  func zero(_ range: Range<UInt64>) {
    zeroed.insert(range)
    var position = range.lowerBound
    while position < range.upperBound {
      let limit = Int(min(range.upperBound - position, UInt64(Self.chunkByteCount)))
      let piece = Piece(at: position, atMost: limit)
      if let chunk = chunk(piece.chunk) {
        chunk.buffer.zero(piece.offset..<piece.offset + piece.byteCount)
        chunk.mask &= ~piece.mask
      }
      position += UInt64(piece.byteCount)
    }
  }

  /// Zeroes and writes everything, each in ascending order; the block of the primary superblock comes last,
  /// so that what breaks off before never looks like a volume. A last write that is cut behind the superblock,
  /// in the block's second half, leaves a whole volume: nothing is read from that half.
  func flush(to target: any BlockTarget) throws(BlockError) {
    let blocks = writtenBlocks()
    for range in zeroed.ranges {
      for gap in blocks.complement(in: range).ranges { try target.zero(gap) }
    }
    var stream = SequentialWriter(to: target, at: 0)
    let first = 0..<Format.blockSize
    for range in blocks.ranges {
      try flush(
        max(range.lowerBound, first.upperBound)..<max(range.upperBound, first.upperBound), to: &stream)
    }
    try flush(first, to: &stream)
    try stream.flushBuffer()
  }

  private func flush(_ range: Range<UInt64>, to stream: inout SequentialWriter) throws(BlockError) {
    guard !range.isEmpty else { return }
    try stream.move(to: range.lowerBound)
    var block = AlignedBuffer(byteCount: Self.blockByteCount)
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockByteCount) {
      var bytes = block.mutableBytes
      read(into: &bytes, at: offset)
      try stream.append(block.bytes)
    }
  }

  private func writtenBlocks() -> ExtentSet {
    var blocks = ExtentSet()
    for (number, chunk) in chunks.sorted(by: { $0.key < $1.key }) {
      for bit in 0..<UInt64(UInt16.bitWidth) where chunk.mask >> bit & 1 == 1 {
        let offset = number * UInt64(Self.chunkByteCount) + bit * Format.blockSize
        blocks.insert(offset..<offset + Format.blockSize)
      }
    }
    return blocks
  }

  private func chunk(_ number: UInt64) -> Chunk? {
    if let lastChunk, lastChunk.number == number { return lastChunk.chunk }
    guard let chunk = chunks[number] else { return nil }
    lastChunk = (number, chunk)
    return chunk
  }

  private func addChunk(_ number: UInt64) -> Chunk {
    let chunk = Chunk()
    chunks[number] = chunk
    lastChunk = (number, chunk)
    return chunk
  }

  /// The part of a range that lies in one chunk.
  private struct Piece {
    let chunk: UInt64
    /// From the chunk's start.
    let offset: Int
    let byteCount: Int

    init(at position: UInt64, atMost limit: Int) {
      chunk = position / UInt64(MetadataStore.chunkByteCount)
      offset = Int(position % UInt64(MetadataStore.chunkByteCount))
      byteCount = min(limit, MetadataStore.chunkByteCount - offset)
    }

    /// A bit for each block that the part touches.
    var mask: UInt16 {
      let first = offset / MetadataStore.blockByteCount
      let last = (offset + byteCount - 1) / MetadataStore.blockByteCount
      return (UInt16.max << first) & (UInt16.max >> (UInt16.bitWidth - 1 - last))
    }
  }
}
