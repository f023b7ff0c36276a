// SPDX-License-Identifier: Apache-2.0

/// The CRC-32C of all that was written, in pieces that end, at the latest, at the next multiple of 1 MiB: 16
/// bytes of memory each.
public struct ChecksumMap: Equatable, Sendable {
  /// Bytes that were written one behind the other.
  public struct Piece: Equatable, Sendable {
    /// Where it begins, in bytes from the target's first byte.
    public let offset: UInt64
    public fileprivate(set) var byteCount: UInt32
    /// As `CRC32C` computes it, from its own seed on.
    public fileprivate(set) var checksum: UInt32

    public var range: Range<UInt64> { offset..<offset + UInt64(byteCount) }
  }

  /// Ascending; none overlap.
  public private(set) var pieces: [Piece] = []

  /// No piece reaches over a multiple of this, in bytes.
  public static let pieceSize: UInt64 = 1 << 20

  public init() {}

  /// Takes note of bytes written at `offset`, which follow on what is known, or begin something new.
  mutating func record(_ bytes: RawSpan, at offset: UInt64) {
    remove(offset..<offset + UInt64(bytes.byteCount))
    var rest = bytes
    var position = offset
    while rest.byteCount > 0 {
      let slotEnd = position.roundedDown(to: Self.pieceSize) + Self.pieceSize
      let count = Int(min(UInt64(rest.byteCount), slotEnd - position))
      append(rest.extracting(first: count), at: position)
      rest = rest.extracting(droppingFirst: count)
      position += UInt64(count)
    }
  }

  /// Forgets the pieces that have bytes in `range`: without them, a checksum says nothing of the others.
  mutating func remove(_ range: Range<UInt64>) {
    if range.isEmpty { return }
    let first = index(endingAfter: range.lowerBound)
    var end = first
    while end < pieces.count, pieces[end].offset < range.upperBound { end += 1 }
    if first < end { pieces.removeSubrange(first..<end) }
  }

  /// `bytes` lie in one slot.
  private mutating func append(_ bytes: RawSpan, at offset: UInt64) {
    let index = index(endingAfter: offset)
    if index > 0, pieces[index - 1].range.upperBound == offset, offset % Self.pieceSize != 0 {
      let known = pieces[index - 1].checksum
      pieces[index - 1].checksum = CRC32C.checksum(bytes, seed: known)
      pieces[index - 1].byteCount += UInt32(bytes.byteCount)
    } else {
      pieces.insert(
        Piece(offset: offset, byteCount: UInt32(bytes.byteCount), checksum: CRC32C.checksum(bytes)),
        at: index)
    }
  }

  /// Index of the first piece that ends behind `offset`, the count where there is none; the last piece is
  /// tried first.
  func index(endingAfter offset: UInt64) -> Int {
    guard let last = pieces.last, offset < last.range.upperBound else { return pieces.count }
    var low = 0
    var high = pieces.count - 1
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
