// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

extension VolumeWriter {
  public mutating func finish() throws(Ext4Error) {
    guard let handle = handle.take() else { preconditionFailure("a volume is finished once") }
    try finishEntries()
    guard isWriting else { throw try format.contentTooLarge(demand) }
    try writing { stream throws(BlockError) in try stream.flushBuffer() }
    try handle.markUsed(space.usedRuns, lastInode: lastInode, directoryCounts: directoryCounts())
    try handle.close()
    do throws(BlockError) { try store.flush(to: target) } catch { throw .target(error) }
  }

  /// Ends the last entry and adds the directories.
  mutating func finishEntries() throws(Ext4Error) {
    try finishContent()
    try writeDirectories()
    guard problems.isEmpty else { throw .unrepresentable(problems) }
  }

  /// Directories in each group that has an inode in use.
  private func directoryCounts() -> [UInt32] {
    let groupCount = (lastInode - 1) / geometry.inodesPerGroup + 1
    var counts = [UInt32](repeating: 0, count: Int(groupCount))
    for directory in tree.directories { counts[Int((directory.inode - 1) / geometry.inodesPerGroup)] += 1 }
    return counts
  }
}
