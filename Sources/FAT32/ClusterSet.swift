// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// Some of a volume's clusters: a bit for each.
struct ClusterSet: ~Copyable {
  private var words: AlignedBuffer
  private let lastCluster: UInt32
  private(set) var count: UInt32 = 0

  /// Words that are skipped in one go where all are zero.
  private static let blockSize = 4096

  init(lastCluster: UInt32) {
    self.lastCluster = lastCluster
    words = AlignedBuffer(byteCount: (Int(lastCluster) / 64 + 1) * 8)
  }

  func contains(_ cluster: UInt32) -> Bool {
    word(at: Self.offset(of: cluster)) >> UInt64(cluster % 64) & 1 == 1
  }

  /// - Returns: false where it was in the set before.
  mutating func insert(_ cluster: UInt32) -> Bool {
    let offset = Self.offset(of: cluster)
    let bit: UInt64 = 1 << UInt64(cluster % 64)
    let word = word(at: offset)
    guard word & bit == 0 else { return false }
    var bytes = words.mutableBytes
    bytes.store(word | bit, at: offset)
    count += 1
    return true
  }

  mutating func removeAll() {
    words.zero(0..<words.byteCount)
    count = 0
  }

  /// The first cluster from `start` on that is in this set and not in the other, which has the same clusters.
  func first(from start: UInt32, notIn other: borrowing ClusterSet) -> UInt32? {
    guard start <= lastCluster else { return nil }
    var offset = Self.offset(of: start)
    var mask = UInt64.max << UInt64(start % 64)
    while offset < words.byteCount {
      if offset % Self.blockSize == 0 {
        let end = min(offset + Self.blockSize, words.byteCount)
        if words.bytes.extracting(offset..<end).isZero {
          offset = end
          mask = .max
          continue
        }
      }
      let rest = word(at: offset) & ~other.word(at: offset) & mask
      if rest != 0 { return UInt32(offset * 8 + rest.trailingZeroBitCount) }
      mask = .max
      offset += 8
    }
    return nil
  }

  private static func offset(of cluster: UInt32) -> Int { Int(cluster) / 64 * 8 }
  private func word(at offset: Int) -> UInt64 { words.bytes.load(at: offset) }
}
