// SPDX-License-Identifier: Apache-2.0
public import Alpine
public import Archive
public import Blocks
public import Entries
public import Ext4
public import FAT32
public import PartitionTable
public import Recipes

/// Why a card was not made. Nothing of it is left, and what the output's name held it still holds.
public enum BuildError: Error, Equatable, Sendable {
  /// The source could not be read, or is not what it claims to be.
  case source(ArchiveError)
  /// The source is no Alpine release for the Raspberry Pi.
  case notARelease(path: String, AlpineError)
  case plan(PlanError)
  case boot(FAT32Error)
  case data(Ext4Error)
  /// The partition that a persistent directory has to itself.
  case persistentVolume(path: EntryPath, Ext4Error)
  /// The data partition is too small for its content; a card of `cardSize` would do.
  case dataPartitionTooSmall(size: ByteSize, needed: ByteSize, cardSize: ByteSize)
  case partitionTable(PartitionTableError)
  /// A key or a script could not be read.
  case settingsFile(BlockError)
  /// A key or a script has more than a MiB.
  case settingsFileTooLarge(path: String)
  /// A file of public keys has something else in a line; the first is 1.
  case keyFile(path: String, line: Int, problem: String)
  /// The settings can't be added to a file of the boot partition.
  case bootFile(AlpineError)
  /// Something is asked for that only an Alpine release can have.
  case noRelease(for: String)
  /// Packages that the world asks for, and that neither the release nor the cache can install.
  case packages([UnsatisfiedDependency])
  /// Services that were asked for, and that nothing on the card has a script for.
  case services([UnknownService])
  /// A file that was to come into apk's cache and can't, with the input's path before its own.
  case cache(AlpineError)
  /// Packages for the cache of a system that is not there.
  case cacheWithoutRelease(path: String)
  /// The apkovl could not be made.
  case overlay(AlpineError)
  case target(BlockError)
  /// The image would replace what it is made from.
  case outputIsInput(path: String)
  /// Nothing was named that the card could hold.
  case noContent
  /// A data partition as small as its content, and an input that can't be read twice: once to measure it, once to write it.
  case needsSecondReading(path: String)
  /// An input for a partition that the card has not.
  case noPartition(for: String)
}

extension BuildError {
  /// The error of the target where it is the cause, however deep it lies.
  public var targetError: BlockError? {
    switch self {
    case .target(let error), .boot(.target(let error)), .data(.target(let error)),
      .persistentVolume(_, .target(let error)), .partitionTable(.target(let error)):
      error
    default: nil
    }
  }
}

extension BuildError {
  /// What the error lists, a line each: all entries that a partition can't hold. Empty for one that says it all.
  public var problems: [String] {
    switch self {
    case .boot(.unrepresentable(let problems)) where problems.count > 1: problems.map(\.description)
    case .data(.unrepresentable(let problems)) where problems.count > 1: problems.map(\.description)
    case .packages(let dependencies): dependencies.map(\.description)
    case .services(let services): services.map(\.description)
    default: []
    }
  }
}

extension BuildError: CustomStringConvertible {
  public var description: String {
    if let targetError { return "\(targetError)" }
    return switch self {
    case .source(let error): "\(error)"
    case .notARelease(let path, let error): "\(path): \(error)"
    case .plan(let error): "\(error)"
    case .boot(.contentTooLarge(let needed, let size)):
      "boot partition: the content does not fit into \(ByteSize(byteCount: size)); "
        + "make it \(ByteSize(byteCount: needed)) (--boot-size)"
    case .boot(let error): "boot partition: \(error)"
    case .data(let error): "data partition: \(error.words)"
    case .persistentVolume(let path, let error): "persistent directory /\(path): \(error)"
    case .dataPartitionTooSmall(let size, let needed, let cardSize):
      "data partition: the content does not fit into \(size); it takes \(needed) (--data-size), on a card of "
        + "\(cardSize) (--size)"
    case .partitionTable(let error): "\(error)"
    case .settingsFile(let error): "\(error)"
    case .settingsFileTooLarge(let path):
      "\(path): \(ByteSize(byteCount: UInt64(SystemFiles.largestByteCount))) are the most that a key or a script has; "
        + "name another file"
    case .keyFile(let path, let line, let problem): "\(path):\(line): \(problem)"
    case .bootFile(let error): "boot partition: \(error)"
    case .noRelease(let what): "\(what): is for an Alpine system; name a release, or leave it out"
    case .packages:
      "packages that neither the release nor the cache can install; put what is missing into the cache (--cache), "
        + "or let the first boot fetch it (--online-first-boot)"
    case .services: "services that can't start"
    case .cache(let error): "\(error)"
    case .cacheWithoutRelease(let path):
      "\(path): is for the apk of an Alpine release, and there is none; name one, or leave the cache out"
    case .overlay(let error): "\(error)"
    case .target(let error): "\(error)"
    case .outputIsInput(let path): "\(path): is an input itself; name another output"
    case .noContent: "nothing to put on the card; name a release, or something else for one of its partitions"
    case .needsSecondReading(let path):
      "\(path): is read twice where the data partition is to be as small as its content; give a file, or a size (--data-size)"
    case .noPartition(let path):
      "\(path): is for a partition that the card has not; leave out one or the other"
    }
  }
}
