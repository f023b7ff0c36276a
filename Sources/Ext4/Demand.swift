// SPDX-License-Identifier: Apache-2.0

/// What content takes of a volume, whatever its size: found by a `VolumeMeasure`, or by a `VolumeWriter` that ran
/// out of space.
public struct Demand: Hashable, Sendable {
  /// Inodes, the ten reserved ones and lost+found among them.
  public let inodeCount: UInt32
  /// Blocks where no free space ends in the middle of a file, directories among them. A volume may need a few more,
  /// for the extents that such a file has.
  public let blockCount: UInt64
  let log: AllocationLog

  init(inodeCount: UInt32, log: AllocationLog) {
    self.inodeCount = inodeCount
    self.log = log
    var nowhere = FreeSpace(runs: [])
    log.replay(in: &nowhere)
    blockCount = nowhere.neededBlockCount
  }

  /// Blocks that the content takes of a volume whose free space is `runs`.
  func blockCount(in runs: [Range<UInt64>]) -> UInt64 {
    var space = FreeSpace(runs: runs)
    log.replay(in: &space)
    return space.neededBlockCount
  }

  /// More than all blocks of the content can be, wherever they lie: each end of a run gives one file an extent more,
  /// for which its tree may grow by a leaf, and by a level.
  func largestBlockCount(in runs: [Range<UInt64>]) -> UInt64 {
    let largestTreeGrowth: UInt64 = 6
    return blockCount + UInt64(runs.count) * largestTreeGrowth
  }
}
