// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import PartitionTable

/// What makes programs take a card for what it was: the starts and the ends of the disk and of its partitions, where
/// partition tables and file systems have their signatures.
struct OldContent {
  /// All that is wiped, ascending; the card's first bytes come first.
  let ranges: [Range<UInt64>]

  /// Bytes at each start and each end: as much as ZFS's two labels take. The superblocks of other file systems lie
  /// before their end at the start; md's metadata and a GPT's backup behind their begin at the end.
  private static let edgeSize: UInt64 = 512 << 10

  /// - Parameter partitions: that were found on the card, in bytes, beside those of its MBR.
  init(of card: any BlockTarget, partitions: [Range<UInt64>]) {
    let table = try? MasterBootRecord(reading: card)
    let whole = 0..<card.size
    var edges = ExtentSet()
    for part in [whole] + partitions + (table?.partitions.map(\.range) ?? []) {
      let part = part.clamped(to: whole)
      let size = min(Self.edgeSize, part.upperBound - part.lowerBound)
      edges.insert(part.lowerBound..<part.lowerBound + size)
      edges.insert(part.upperBound - size..<part.upperBound)
    }
    ranges = edges.ranges
  }

  /// The card's start first, and on storage before anything else is touched.
  func wipe(_ card: any BlockTarget) throws(BlockError) {
    for (index, range) in ranges.enumerated() {
      try card.zero(range)
      if index == 0 { try card.flush() }
    }
    try card.flush()
  }
}
