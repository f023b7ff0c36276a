// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Entries

/// A way through the bytes of one file, run of clusters by run of clusters. After an error it leads nowhere.
struct ContentCursor {
  /// Stands at the cluster of the last byte that came, or at the first one. Nil for a file without bytes.
  private var chain: ClusterChain?
  /// Where that cluster begins in the file.
  private var clusterPosition: UInt64 = 0
  private let path: EntryPath
  private let size: UInt64
  /// Of the next byte, in the file.
  private var position: UInt64 = 0

  /// - Throws: `unreadable` where the content begins at no cluster.
  init(_ file: DirectoryItem, in geometry: Geometry) throws(FAT32Error) {
    path = file.path
    size = file.size
    chain = size == 0 ? nil : try ClusterChain(of: path, from: file.firstCluster, in: geometry)
  }

  /// Bytes that are still to come.
  var restByteCount: UInt64 { size - position }

  /// Goes on at a byte that has not come yet, or at the end.
  mutating func skip(to offset: UInt64) { position = offset }

  /// Where the next bytes lie on the volume: as many as lie there in one piece.
  ///
  /// - Parameter limit: in bytes, more than 0.
  /// - Returns: an empty range at the end of the file.
  mutating func nextRun(
    atMost limit: UInt64, in storage: inout VolumeStorage
  ) throws(FAT32Error) -> Range<UInt64> {
    let wanted = min(limit, restByteCount)
    guard wanted > 0, let first = try cluster(holding: position, in: &storage) else { return 0..<0 }
    let clusterSize = storage.geometry.clusterSize
    let start = storage.geometry.offset(ofCluster: first) + (position - clusterPosition)
    var count = min(wanted, clusterPosition + clusterSize - position)
    var last = first
    while count < wanted, let next = try cluster(holding: position + count, in: &storage), next == last + 1 {
      count += min(wanted - count, clusterSize)
      last = next
    }
    position += count
    return start..<start + count
  }

  /// Follows the chain to its end, which shows that none of the file's clusters has come twice. It may be longer than
  /// the file.
  mutating func checkEnd(in storage: inout VolumeStorage) throws(FAT32Error) {
    while try chain?.advance(in: &storage) == true {}
  }

  private mutating func cluster(
    holding offset: UInt64, in storage: inout VolumeStorage
  ) throws(FAT32Error) -> UInt32? {
    let clusterSize = storage.geometry.clusterSize
    while offset - clusterPosition >= clusterSize {
      guard try chain?.advance(in: &storage) == true else { throw .unreadable(path, tooShort(clusterSize)) }
      clusterPosition += clusterSize
    }
    return chain?.cluster
  }

  private func tooShort(_ clusterSize: UInt64) -> Damage {
    .chainTooShort(
      lastCluster: chain?.cluster ?? 0, missingByteCount: size - clusterPosition - clusterSize)
  }
}
