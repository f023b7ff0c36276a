// SPDX-License-Identifier: Apache-2.0

/// What makes a directory unfit to be persistent.
public enum PersistenceProblem: Equatable, Sendable {
  /// Packages and services keep there what belongs to the RAM root.
  case holdsSystem
  /// lbu keeps it already.
  case keptByLBU
  /// The kernel or the boot mounts something else there.
  case mountedOtherwise
  /// A byte that separates overlayfs' options.
  case unfitForOverlay
  /// The data partition keeps something else under its first name.
  case takenOnDataPartition
  case twice
  /// It lies in another one, or that one in it.
  case nested(other: String)
  /// More partitions than an MBR has left.
  case tooManyPartitions
}

extension PersistenceProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .holdsSystem: "holds files of the system, which would be hidden; name a directory further below"
    case .keptByLBU: "is what \"lbu commit\" keeps; leave it out"
    case .mountedOtherwise: "is mounted by the system itself; name another one"
    case .unfitForOverlay:
      "has a \":\", \",\" or \"\\\" in it, which overlayfs' options can't hold; take bind"
    case .takenOnDataPartition:
      "has a first name that the data partition needs for itself; take another strategy"
    case .twice: "is named twice; leave out one of them"
    case .nested(let other): "lies in \(other), or that in it; leave out one of them"
    case .tooManyPartitions:
      "would be on a fifth partition, and an MBR has four; \(Persistence.largestPartitionCount) directories "
        + "can have one, take file here"
    }
  }
}

// Whether a directory is fit.
extension Persistence {
  /// Of the four primary partitions two are taken.
  public static let largestPartitionCount = 2

  /// - Throws: `AlpineError.persistence` for the first one that doesn't go with those before it.
  public static func check(_ directories: [Persistence]) throws(AlpineError) {
    for (index, directory) in directories.enumerated() {
      if let problem = directory.problem(behind: directories[..<index]) {
        throw .persistence(path: directory.path.absolute, problem)
      }
    }
  }

  /// What is wrong with it beside those before it; nil where nothing is.
  public func problem(behind others: some Collection<Persistence>) -> PersistenceProblem? {
    for other in others {
      if path == other.path { return .twice }
      if path.isEqualOrBelow(other.path) || other.path.isEqualOrBelow(path) {
        return .nested(other: other.path.absolute)
      }
    }
    let isOneTooMany =
      strategy == .partition
      && others.count(where: { $0.strategy == .partition }) >= Self.largestPartitionCount
    return isOneTooMany ? .tooManyPartitions : nil
  }

  /// What is wrong with it for itself.
  var problem: PersistenceProblem? {
    let names = path.names.map { String(decoding: $0, as: UTF8.self) }
    return switch (names.first, names.count) {
    case (nil, _), ("bin", _), ("boot", _), ("lib", _), ("sbin", _), ("usr", 1...2): .holdsSystem
    case ("var", 2) where ["cache", "lib", "spool"].contains(names[1]): .holdsSystem
    case ("var", 2...) where ["lock", "run"].contains(names[1]): .mountedOtherwise
    case ("etc", _): .keptByLBU
    case ("dev", _), ("media", _), ("proc", _), ("run", _), ("sys", _), ("tmp", _): .mountedOtherwise
    default: strategyProblem
    }
  }

  private var strategyProblem: PersistenceProblem? {
    switch strategy {
    case .overlay:
      // Source: Linux, fs/overlayfs/params.c: lowerdir is split at ":", options at ",", "\" escapes.
      path.bytes.contains(where: { ":,\\".utf8.contains($0) }) ? .unfitForOverlay : nil
    case .bind: Self.takenDirectories.contains(where: path.isEqualOrBelow) ? .takenOnDataPartition : nil
    case .file, .partition: nil
    }
  }
}
