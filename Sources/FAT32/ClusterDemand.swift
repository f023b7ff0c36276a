// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// How many clusters a content takes, for every size that clusters can have: so a content that does not fit can be
/// told the volume that would hold it, without a list of its files.
struct ClusterDemand {
  /// For clusters of 512 bytes, of 1 KiB and so on to 32 KiB.
  private var clusterCounts = [UInt64](repeating: 0, count: 7)

  /// Adds one chain of so many bytes.
  mutating func add(_ byteCount: UInt64) {
    for index in clusterCounts.indices {
      clusterCounts[index] += byteCount.dividedRoundingUp(by: Geometry.sectorSize << UInt64(index))
    }
  }

  /// - Parameter clusterSize: in bytes, one of a geometry's.
  subscript(clusterSize: UInt64) -> UInt64 {
    clusterCounts[(clusterSize / Geometry.sectorSize).trailingZeroBitCount]
  }
}
