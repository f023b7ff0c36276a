// SPDX-License-Identifier: Apache-2.0
import Blocks

/// Some of the numbers below `limit`, blocks or inodes: a bit for each.
struct NumberSet: ~Copyable {
  let limit: UInt64
  private var words: AlignedBuffer

  init(limit: UInt64) {
    self.limit = limit
    // A word more, for bitmaps that end within one.
    words = AlignedBuffer(byteCount: Int(limit / 64 + 2) * 8)
  }

  func contains(_ number: UInt64) -> Bool {
    number < limit && word(Int(number / 64)) >> (number % 64) & 1 == 1
  }

  /// Inserts what of `range` lies below the limit.
  ///
  /// - Returns: how many of them were in the set before.
  mutating func insert(_ range: Range<UInt64>) -> UInt64 {
    var count: UInt64 = 0
    var position = range.lowerBound
    while let piece = piece(from: position, in: range) {
      let word = word(piece.index)
      count += UInt64((word & piece.mask).nonzeroBitCount)
      store(word | piece.mask, piece.index)
      position = piece.end
    }
    return count
  }

  /// How many of `range` are in the set.
  func count(in range: Range<UInt64>) -> UInt64 {
    var count: UInt64 = 0
    var position = range.lowerBound
    while let piece = piece(from: position, in: range) {
      count += UInt64((word(piece.index) & piece.mask).nonzeroBitCount)
      position = piece.end
    }
    return count
  }

  /// The last of `range` that is in the set.
  func last(in range: Range<UInt64>) -> UInt64? {
    var last: UInt64?
    var position = range.lowerBound
    while let piece = piece(from: position, in: range) {
      let hits = word(piece.index) & piece.mask
      if hits != 0 { last = UInt64(piece.index * 64 + 63 - hits.leadingZeroBitCount) }
      position = piece.end
    }
    return last
  }

  /// Inserts `start` and so many on, where the bits of `bitmap` are set.
  mutating func insert(bitmap: RawSpan, at start: UInt64, count: UInt64) {
    let shift = start % 64
    for first in stride(from: UInt64(0), to: min(count, UInt64(bitmap.byteCount) * 8), by: 64) {
      guard start + first < limit else { return }
      var bits: UInt64 = bitmap.load(at: Int(first / 8))
      if count - first < 64 { bits &= (1 << (count - first)) - 1 }
      let index = Int((start + first) / 64)
      store(word(index) | bits << shift, index)
      if shift > 0 { store(word(index + 1) | bits >> (64 - shift), index + 1) }
    }
  }

  /// Inserts those of `range` that the other set has.
  mutating func insert(_ range: Range<UInt64>, of other: borrowing NumberSet) {
    var position = range.lowerBound
    while let piece = piece(from: position, in: range) {
      store(word(piece.index) | other.word(piece.index) & piece.mask, piece.index)
      position = piece.end
    }
  }

  /// The first run of numbers in `range` that are in this set and not in the other, which has the same limit.
  func firstRun(in range: Range<UInt64>, notIn other: borrowing NumberSet) -> Range<UInt64>? {
    guard let start = first(in: range, notIn: other, is: true) else { return nil }
    let end = first(in: start..<range.upperBound, notIn: other, is: false) ?? min(range.upperBound, limit)
    return start..<end
  }

  private func first(
    in range: Range<UInt64>, notIn other: borrowing NumberSet, is wanted: Bool
  ) -> UInt64? {
    var position = range.lowerBound
    while let piece = piece(from: position, in: range) {
      let difference = word(piece.index) & ~other.word(piece.index)
      let hits = (wanted ? difference : ~difference) & piece.mask
      if hits != 0 { return UInt64(piece.index * 64 + hits.trailingZeroBitCount) }
      position = piece.end
    }
    return nil
  }

  /// The word of `position`, the bits of it that lie in the range, and where the next one begins.
  private func piece(
    from position: UInt64, in range: Range<UInt64>
  ) -> (index: Int, mask: UInt64, end: UInt64)? {
    let last = min(range.upperBound, limit)
    guard position < last else { return nil }
    let end = min((position / 64 + 1) * 64, last)
    let ones: UInt64 = end - position == 64 ? .max : (1 << (end - position)) - 1
    return (Int(position / 64), ones << (position % 64), end)
  }

  private func word(_ index: Int) -> UInt64 { words.bytes.load(at: index * 8) }

  private mutating func store(_ word: UInt64, _ index: Int) {
    var bytes = words.mutableBytes
    bytes.store(word, at: index * 8)
  }
}
