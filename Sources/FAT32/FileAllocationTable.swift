// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// Which cluster follows which: here, chains that each lie in one piece, one behind the other from cluster 3 on.
///
/// Cluster 2 is the root directory's first; what it needs beyond that is the last chain of all. Only the lengths are
/// kept, so the table takes four bytes a file, whatever the size of the volume.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Data Structure".
struct FileAllocationTable {
  /// Clusters of each chain, none of them 0.
  private var chainLengths: [UInt32] = []
  /// The first cluster that no chain has.
  private(set) var nextCluster: UInt32 = BootSector.rootCluster + 1
  /// Where the root directory goes on behind cluster 2, or nil where it ends there.
  private var rootContinuation: UInt32?

  /// Takes the next clusters for one chain.
  ///
  /// - Returns: its first cluster; 0, which names none, for an empty one.
  mutating func appendChain(_ clusterCount: UInt32) -> UInt32 {
    guard clusterCount > 0 else { return 0 }
    let first = nextCluster
    chainLengths.append(clusterCount)
    nextCluster += clusterCount
    return first
  }

  /// Takes the next clusters for the rest of the root directory. No chain may come behind.
  mutating func appendRootContinuation(_ clusterCount: UInt32) {
    let first = appendChain(clusterCount)
    rootContinuation = first == 0 ? nil : first
  }

  /// Writes one copy of the table.
  func write(to writer: inout SequentialWriter, byteCount: UInt64) throws(BlockError) {
    let end = writer.offset + byteCount
    var buffer = EntryBuffer()
    // FAT[0]: `BPB_Media` in the low eight bits, all others of the 28 set.
    try buffer.append(0x0FFF_FF00 | UInt32(BootSector.media), to: &writer)
    // FAT[1]: cleanly unmounted (ClnShutBitMask, bit 27) and without a read or write error (HrdErrBitMask, bit 26).
    try buffer.append(Entry.endOfChain.encoded, to: &writer)
    try buffer.append((rootContinuation.map(Entry.next) ?? .endOfChain).encoded, to: &writer)
    var cluster = BootSector.rootCluster + 1
    for length in chainLengths {
      try buffer.appendChain(cluster..<cluster + length, to: &writer)
      cluster += length
    }
    try buffer.flush(to: &writer)
    try writer.appendZeros(end - writer.offset)
  }
}

extension FileAllocationTable {
  /// What the table says of one cluster: `FAT32ClusEntryVal`.
  enum Entry: Equatable, Sendable {
    case free
    /// The cluster that follows.
    case next(UInt32)
    /// EOC: 0x0FFFFFF8 or above.
    case endOfChain
    /// Not to be used: the BAD CLUSTER mark.
    case bad

    /// The upper four bits are reserved and zero on a new volume.
    var encoded: UInt32 {
      switch self {
      case .free: 0
      case .next(let cluster): cluster
      case .endOfChain: 0x0FFF_FFFF
      case .bad: 0x0FFF_FFF7
      }
    }

    /// - Parameter clusterCount: the volume's.
    /// - Throws: `damaged` for the number of a cluster that the volume does not have.
    init(decoding number: UInt32, clusterCount: UInt32) throws(FAT32Error) {
      switch number & 0x0FFF_FFFF {
      case 0: self = .free
      case let next where next >= 2 && next - 2 < clusterCount: self = .next(next)
      case 0x0FFF_FFF7: self = .bad
      case 0x0FFF_FFF8...: self = .endOfChain
      default: throw .damaged(.fileAllocationTable, field: "entry", found: UInt64(number))
      }
    }
  }

  /// Gathers entries, so that the writer sees few large pieces.
  private struct EntryBuffer: ~Copyable {
    private static let capacity = 16_384
    private var buffer = AlignedBuffer(byteCount: 4 * capacity)
    private var count = 0

    mutating func append(_ entry: UInt32, to writer: inout SequentialWriter) throws(BlockError) {
      let offset = 4 * count
      count += 1
      var bytes = buffer.mutableBytes
      bytes.store(entry, at: offset)
      if count == Self.capacity { try flush(to: &writer) }
    }

    /// Each cluster names the one behind it, the last none.
    mutating func appendChain(
      _ clusters: Range<UInt32>, to writer: inout SequentialWriter
    ) throws(BlockError) {
      var next = clusters.lowerBound + 1
      while next < clusters.upperBound {
        let end = min(clusters.upperBound, next + UInt32(Self.capacity - count))
        storeNumbers(next..<end)
        next = end
        if count == Self.capacity { try flush(to: &writer) }
      }
      try append(Entry.endOfChain.encoded, to: &writer)
    }

    private mutating func storeNumbers(_ numbers: Range<UInt32>) {
      var offset = 4 * count
      count += numbers.count
      var bytes = buffer.mutableBytes
      for number in numbers {
        bytes.store(number, at: offset)
        offset += 4
      }
    }

    mutating func flush(to writer: inout SequentialWriter) throws(BlockError) {
      let byteCount = 4 * count
      count = 0
      try writer.append(buffer.bytes.extracting(first: byteCount))
    }
  }
}
