// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The volume under a reader: its clusters, and which of them follows which.
///
/// A window of the FAT and a cluster of a directory are kept in memory, whatever the size of the volume.
struct VolumeStorage: ~Copyable {
  let geometry: Geometry
  private let target: any BlockTarget
  private let fatOffset: UInt64
  /// A part of the FAT, from a multiple of its size on.
  private var window: AlignedBuffer
  private var windowIndex: UInt64?
  /// A cluster of a directory.
  private var directoryCluster: AlignedBuffer
  private var directoryClusterNumber: UInt32?

  /// 4,096 entries.
  private static let windowSize: UInt64 = 16 << 10

  init(_ target: any BlockTarget, _ header: VolumeHeader) {
    self.target = target
    geometry = header.geometry
    fatOffset = header.fatOffset
    window = AlignedBuffer(byteCount: Int(Self.windowSize))
    directoryCluster = AlignedBuffer(byteCount: Int(geometry.clusterSize))
  }

  /// The FAT's entry for a cluster that the volume has; the upper four bits are no part of it.
  mutating func tableEntry(_ cluster: UInt32) throws(FAT32Error) -> UInt32 {
    let offset = UInt64(cluster) * 4
    let index = offset / Self.windowSize
    if windowIndex != index { try loadWindow(index) }
    let entry: UInt32 = window.bytes.load(at: Int(offset % Self.windowSize))
    return entry & 0x0FFF_FFFF
  }

  private mutating func loadWindow(_ index: UInt64) throws(FAT32Error) {
    windowIndex = nil
    let start = index * Self.windowSize
    let count = min(Self.windowSize, geometry.fatSize - start)
    try window.fill(Int(count), from: target, at: fatOffset + start)
    windowIndex = index
  }

  /// Lends the directory entry at `offset` of a cluster that the volume has.
  @_lifetime(&self)
  mutating func directorySlot(_ cluster: UInt32, at offset: Int) throws(FAT32Error) -> RawSpan {
    if directoryClusterNumber != cluster {
      directoryClusterNumber = nil
      let start = geometry.offset(ofCluster: cluster)
      try directoryCluster.fill(directoryCluster.byteCount, from: target, at: start)
      directoryClusterNumber = cluster
    }
    return directoryCluster.bytes.extracting(offset..<offset + DirectoryEntry.byteCount)
  }

  /// Fills `bytes` from `offset` of the volume on.
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(FAT32Error) {
    do throws(BlockError) { try target.read(into: &bytes, at: offset) } catch { throw .target(error) }
  }

  /// Fills the beginning of `buffer` from a range of the volume.
  func fill(_ buffer: inout AlignedBuffer, from range: Range<UInt64>) throws(FAT32Error) {
    try buffer.fill(range.count, from: target, at: range.lowerBound)
  }
}

extension AlignedBuffer {
  /// Fills the first `byteCount` bytes from `offset` of the target on.
  fileprivate mutating func fill(
    _ byteCount: Int, from target: any BlockTarget, at offset: UInt64
  ) throws(FAT32Error) {
    var all = mutableBytes
    var bytes = all._mutatingExtracting(first: byteCount)
    do throws(BlockError) { try target.read(into: &bytes, at: offset) } catch { throw .target(error) }
  }
}
