// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// Why a table could not be made, written or read.
public enum PartitionTableError: Error, Equatable, Sendable {
  case target(BlockError)
  /// Sector 0 holds no MBR.
  case noTable
  /// A call failed with `number` (errno) while doing what `task` says.
  case library(task: String, number: CInt)
}

extension PartitionTableError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .target(let error): "\(error)"
    case .noTable: "sector 0 holds no MBR partition table"
    case .library(let task, let number):
      "partition table: cannot \(task): \(BlockError.text(ofErrno: number))"
    }
  }
}
