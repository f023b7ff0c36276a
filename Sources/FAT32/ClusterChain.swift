// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// A walk along the clusters of one file or directory, which ends whatever the FAT says.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Data Structure".
struct ClusterChain {
  /// Whose clusters they are.
  let path: EntryPath
  /// Where the walk stands: a cluster that the volume has.
  private(set) var cluster: UInt32
  // A chain that comes back to itself: the walk leaves a mark, and takes it along after one step, then after two,
  // four and so on; in a loop it meets the mark within three times the chain's clusters (R. P. Brent, "An improved
  // Monte Carlo factorization algorithm", 1980).
  private var mark: UInt32
  private var stepsFromMark: UInt64 = 0
  private var stepsToNextMark: UInt64 = 1

  /// - Throws: `unreadable` where the volume has no such cluster.
  init(of path: EntryPath, from first: UInt32, in geometry: Geometry) throws(FAT32Error) {
    guard geometry.contains(cluster: first) else {
      throw .unreadable(path, .noSuchCluster(first, after: nil))
    }
    self.path = path
    cluster = first
    mark = first
  }

  /// Goes to the next cluster.
  ///
  /// - Returns: false at the end of the chain, where the walk stays.
  mutating func advance(in storage: inout VolumeStorage) throws(FAT32Error) -> Bool {
    switch try entry(in: &storage) {
    case .free: throw .unreadable(path, .freeCluster(cluster))
    case .bad: throw .unreadable(path, .badCluster(cluster))
    case .endOfChain: return false
    case .next(let next): cluster = next
    }
    try lookForLoop()
    return true
  }

  private func entry(in storage: inout VolumeStorage) throws(FAT32Error) -> FileAllocationTable.Entry {
    let number = try storage.tableEntry(cluster)
    do throws(FAT32Error) {
      return try FileAllocationTable.Entry(decoding: number, clusterCount: storage.geometry.clusterCount)
    } catch {
      throw .unreadable(path, .noSuchCluster(number, after: cluster))
    }
  }

  private mutating func lookForLoop() throws(FAT32Error) {
    guard cluster != mark else { throw .unreadable(path, .loop(cluster)) }
    stepsFromMark += 1
    guard stepsFromMark == stepsToNextMark else { return }
    mark = cluster
    stepsFromMark = 0
    stepsToNextMark *= 2
  }
}
