// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

extension VolumeWriter {
  public mutating func finish() throws(Ext4Error) {
    guard let handle = handle.take() else { preconditionFailure("a volume is finished once") }
    try finishContent()
    try writeDirectories()
    guard problems.isEmpty else { throw .unrepresentable(problems) }
    guard isWriting else { throw try contentTooLarge() }
    try writing { stream throws(BlockError) in try stream.flushBuffer() }
    try handle.markUsed(space.usedRuns, lastInode: lastInode, directoryCounts: directoryCounts())
    try handle.close()
    do throws(BlockError) { try store.flush(to: target) } catch { throw .target(error) }
  }

  /// Directories in each group that has an inode in use.
  private func directoryCounts() -> [UInt32] {
    let groupCount = (lastInode - 1) / geometry.inodesPerGroup + 1
    var counts = [UInt32](repeating: 0, count: Int(groupCount))
    for directory in tree.directories { counts[Int((directory.inode - 1) / geometry.inodesPerGroup)] += 1 }
    return counts
  }

  private func contentTooLarge() throws(Ext4Error) -> Ext4Error {
    let size = try format.size(holding: space.neededBlockCount, inodeCount: lastInode)
    return .contentTooLarge(neededSize: size, size: format.size)
  }
}

extension Format {
  /// What neededSize is a multiple of.
  private static let sizeUnit: UInt64 = 1 << 20

  /// A size from this one on that a volume must have to hold so many blocks and inodes, found by laying
  /// volumes out: how much of a volume is its own depends on too much.
  ///
  /// - Parameter blockCount: what the content takes where no free run ends in the middle of a file.
  fileprivate func size(holding blockCount: UInt64, inodeCount: UInt32) throws(Ext4Error) -> UInt64 {
    var format = self
    while true {
      let handle = try FileSystemHandle.format(format, in: MetadataStore(size: format.size))
      let runs = handle.freeRuns()
      let geometry = handle.geometry
      let freeCount = runs.reduce(0) { $0 + UInt64($1.count) }
      // A file that reaches over the end of a run has one extent more, which may take a block.
      let wantedCount = blockCount + UInt64(runs.count)
      let missingBlockCount = wantedCount - min(freeCount, wantedCount)
      let missingInodeCount = inodeCount - min(geometry.inodeCount, inodeCount)
      if missingBlockCount == 0, missingInodeCount == 0 { return format.size }
      let missingByteCount = max(
        missingBlockCount * Format.blockSize, UInt64(missingInodeCount) * format.effectiveInodeRatio)
      format.size = (format.size + missingByteCount).roundedUp(to: Self.sizeUnit)
    }
  }
}
