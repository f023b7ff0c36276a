// SPDX-License-Identifier: Apache-2.0

/// Blocks of which not all bytes have come yet, kept until their neighbours come: what stands in the rest of
/// them must stay, and the device takes whole blocks alone.
struct PartialBlocks {
  private struct Block {
    let bytes: [UInt8]
    let filled: [Range<UInt64>]
  }

  /// By where they begin.
  private var blocks: [UInt64: Block] = [:]

  var count: Int { blocks.count }

  /// Where they begin, ascending.
  var offsets: [UInt64] { blocks.keys.sorted() }

  /// Keeps what `window` holds of `block`.
  mutating func keep(_ block: Range<UInt64>, of window: BlockWindow) {
    blocks[block.lowerBound] = Block(
      bytes: window.bytes(block), filled: window.filled.ranges(within: block))
  }

  /// Moves what lies in `window`'s range there.
  mutating func move(into window: BlockWindow) {
    for offset in offsets(in: window.range) {
      guard let block = blocks.removeValue(forKey: offset) else { continue }
      for part in block.filled {
        let start = Int(part.lowerBound - offset)
        unsafe window.store(
          block.bytes.span.bytes.extracting(start..<start + part.count), at: part.lowerBound)
      }
    }
  }

  /// Forgets what lies in `range`, which is of whole blocks.
  mutating func remove(in range: Range<UInt64>) {
    for offset in offsets(in: range) { blocks[offset] = nil }
  }

  mutating func removeAll() { blocks = [:] }

  /// Puts what has come over `bytes`, which were read at `offset`.
  func overlay(_ bytes: inout MutableRawSpan, at offset: UInt64) {
    let range = offset..<offset + UInt64(bytes.byteCount)
    for (start, block) in blocks {
      for part in block.filled {
        let common = part.clamped(to: range)
        if common.isEmpty { continue }
        let position = Int(common.lowerBound - start)
        unsafe bytes.store(
          block.bytes.span.bytes.extracting(position..<position + common.count),
          at: Int(common.lowerBound - offset))
      }
    }
  }

  private func offsets(in range: Range<UInt64>) -> [UInt64] {
    blocks.isEmpty ? [] : blocks.keys.filter(range.contains)
  }
}
