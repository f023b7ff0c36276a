// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// Changes nothing: holds what is written to it against what the card holds, and keeps the differences.
final class ComparingTarget: BlockTarget {
  private let card: any BlockTarget
  private var comparison = RangeComparison()

  init(_ card: any BlockTarget) { self.card = card }

  var size: UInt64 { card.size }
  /// Blocks of the card that differ.
  var differences: ExtentSet { comparison.differences }
  /// Where the first byte is that differs; not always the first on the card.
  var firstDifference: UInt64? { comparison.firstDifference }
  var comparedByteCount: UInt64 { comparison.comparedByteCount }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try card.read(into: &bytes, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, UInt64(bytes.byteCount))
    try comparison.add(bytes, at: offset, on: card)
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    try comparison.addZeros(range, on: card)
  }

  func flush() {}
}

/// Holds bytes against those of a card.
private struct RangeComparison: ~Copyable {
  private(set) var differences = ExtentSet()
  private(set) var firstDifference: UInt64?
  private(set) var comparedByteCount: UInt64 = 0
  private var buffer = AlignedBuffer(byteCount: pieceSize)

  /// Bytes of a read.
  private static let pieceSize = 1 << 20
  /// A difference makes so many bytes suspect, from a multiple of them on.
  private static let blockSize = 512

  mutating func add(_ bytes: RawSpan, at offset: UInt64, on card: any BlockTarget) throws(BlockError) {
    var position = 0
    while position < bytes.byteCount {
      let count = min(Self.pieceSize, bytes.byteCount - position)
      try read(count, at: offset + UInt64(position), on: card)
      compare(bytes.extracting(position..<position + count), at: offset + UInt64(position))
      position += count
    }
  }

  mutating func addZeros(_ range: Range<UInt64>, on card: any BlockTarget) throws(BlockError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(UInt64(Self.pieceSize), range.upperBound - position))
      try read(count, at: position, on: card)
      if !buffer.bytes.extracting(first: count).isZero { compareZeros(count, at: position) }
      position += UInt64(count)
    }
  }

  private mutating func read(_ count: Int, at offset: UInt64, on card: any BlockTarget) throws(BlockError) {
    var all = buffer.mutableBytes
    var part = all._mutatingExtracting(first: count)
    try card.read(into: &part, at: offset)
    comparedByteCount += UInt64(count)
  }

  private mutating func compareZeros(_ count: Int, at offset: UInt64) {
    let expected = AlignedBuffer(byteCount: count)
    compare(expected.bytes, at: offset)
  }

  /// Holds as many bytes of the buffer against `expected`, block by block.
  private mutating func compare(_ expected: RawSpan, at offset: UInt64) {
    var position = 0
    while position < expected.byteCount {
      let rest = position..<expected.byteCount
      guard
        let difference = expected.extracting(rest).firstDifference(from: buffer.bytes.extracting(rest))
      else { return }
      let start = offset + UInt64(position + difference)
      firstDifference = min(firstDifference ?? start, start)
      let blockEnd = (start + 1).roundedUp(to: UInt64(Self.blockSize))
      let end = min(blockEnd, offset + UInt64(expected.byteCount))
      differences.insert(start..<end)
      position = Int(end - offset)
    }
  }
}
