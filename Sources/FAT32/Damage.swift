// SPDX-License-Identifier: Apache-2.0

/// Why a file or directory on a volume can't be read to its end.
public enum Damage: Equatable, Sendable {
  /// Its entry, or the FAT's for the cluster `after`, names a cluster that the volume does not have.
  case noSuchCluster(UInt32, after: UInt32?)
  /// One of its clusters is free, says the FAT.
  case freeCluster(UInt32)
  /// One of its clusters is bad, says the FAT.
  case badCluster(UInt32)
  /// Its chain of clusters comes back to one that it has passed.
  case loop(UInt32)
  /// Its chain of clusters ends here, before its content does.
  case chainTooShort(lastCluster: UInt32, missingByteCount: UInt64)
  /// A directory that has not ended after 2 MiB.
  case directoryTooLarge
  /// A cluster of a directory belongs to another one, too: perhaps to one that holds this one.
  case sharedCluster(UInt32)
  /// Directories within directories, more than 2,048 of them or with a path of more than 32,767 bytes.
  case tooDeep
  /// A name that no path can have. `offset` is the directory entry's, in bytes from the start of the volume.
  case illegalName(offset: UInt64)
}

extension Damage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSuchCluster(let cluster, nil):
      "begins at cluster \(cluster), which the volume does not have"
    case .noSuchCluster(let cluster, let previous?):
      "goes on from cluster \(previous) to \(cluster), which the volume does not have"
    case .freeCluster(let cluster):
      "lies on cluster \(cluster), which is free"
    case .badCluster(let cluster):
      "lies on cluster \(cluster), which is marked as bad"
    case .loop(let cluster):
      "goes round in a circle at cluster \(cluster)"
    case .chainTooShort(let cluster, let count):
      "ends with cluster \(cluster), \(count) bytes too early"
    case .directoryTooLarge:
      "does not end within 2 MiB, which no directory is larger than"
    case .sharedCluster(let cluster):
      "has cluster \(cluster), which belongs to another directory, too"
    case .tooDeep:
      "lies too deep in directories"
    case .illegalName(let offset):
      "the directory entry at byte \(offset) of the volume has a name that no path can have"
    }
  }
}
