// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Ext4
public import FAT32
public import PartitionTable

/// Why a card could not be looked at to its end: it can't be read. What it holds is a matter of findings.
public enum CheckError: Error, Equatable, Sendable {
  case target(BlockError)
  case partitionTable(PartitionTableError)
  case boot(FAT32Error)
  case data(Ext4Error)

  /// The error of the target where it is the cause, however deep it lies.
  public var targetError: BlockError? {
    switch self {
    case .target(let error), .partitionTable(.target(let error)), .boot(.target(let error)),
      .data(.target(let error)):
      error
    default: nil
    }
  }
}

extension CheckError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .target(let error): "\(error)"
    case .partitionTable(let error): "\(error)"
    case .boot(let error): "\(error)"
    case .data(let error): "\(error)"
    }
  }
}
