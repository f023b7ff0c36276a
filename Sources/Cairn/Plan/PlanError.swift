// SPDX-License-Identifier: Apache-2.0
public import Alpine
public import Alpine
internal import Blocks
public import Entries
public import Ext4
public import FAT32
public import Recipes

/// Why a recipe can't be laid out on a medium.
public enum PlanError: Error, Equatable, Sendable {
  case cardTooSmall(size: ByteSize, needed: ByteSize, Recipe)
  case cardTooLarge(size: ByteSize, largest: ByteSize)
  /// Settings that can't be, all of them.
  case system([SettingProblem])
  /// Neither a boot partition nor a data partition is wanted.
  case noPartition
  case boot(FAT32Error)
  case data(Ext4Error)
  /// Persistent directories that don't go together.
  case persistence(AlpineError)
  /// A persistent directory's own file system can't be made.
  case persistentVolume(path: EntryPath, Ext4Error)
}

extension PlanError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cardTooSmall(let size, let needed, let recipe):
      "size: a card of \(size) has no room for \(Self.partitions(of: recipe)); it takes \(needed)"
        + (recipe.hasBootPartition ? ", or a smaller boot partition" : "")
    case .cardTooLarge(let size, let largest):
      "size: \(size) is more than an MBR can address; a card has at most \(largest)"
    case .system(let problems):
      problems.map { "\($0.recipeKeyPath.joined(separator: ".")): \($0.reason)" }.joined(separator: "; ")
    case .noPartition: "a card needs a boot partition or a data partition; leave out one of them, not both"
    case .boot(.volumeTooSmall(let size, let smallest)):
      "boot partition: \(ByteSize(byteCount: size)) are too few for FAT32, others would read it as FAT16; "
        + "make it \(ByteSize(byteCount: smallest.roundedUp(to: 1 << 20))) or more (--boot-size)"
    case .boot(let error): "boot partition: \(error)"
    case .data(let error): "data partition: \(error.words)"
    case .persistence(let error): "\(error)"
    case .persistentVolume(let path, .tooSmall(let size, let smallest)):
      "persistent directory /\(path): \(ByteSize(byteCount: size)) are too few for its file system; "
        + "give it \(ByteSize(byteCount: smallest)) or more (size=), or the card (--size)"
    case .persistentVolume(let path, let error): "persistent directory /\(path): \(error)"
    }
  }

  private static func partitions(of recipe: Recipe) -> String {
    var names: [String] = []
    if recipe.hasBootPartition { names.append("a boot partition of \(recipe.bootSize)") }
    if recipe.hasDataPartition {
      if case .fixed(let size) = recipe.dataSize {
        names.append("a data partition of \(size)")
      } else {
        names.append("a data partition")
      }
    }
    for request in recipe.persistence
    where recipe.hasDataPartition && request.directory.strategy == .partition {
      names.append("a partition\(request.size.map { " of \($0)" } ?? "") for /\(request.directory.path)")
    }
    let last = names.popLast() ?? ""
    return names.isEmpty ? last : names.joined(separator: ", ") + " and " + last
  }
}

extension Ext4Error {
  /// What people read of the data partition: sizes with units, and the options that change them.
  var words: String {
    switch self {
    case .tooSmall(let size, let smallest):
      "\(ByteSize(byteCount: size)) are too few for ext4's own structures; "
        + "make it \(ByteSize(byteCount: smallest)) or more (--data-size, --size)"
    case .contentBeyondFormat(let largest):
      "the content is more than the largest ext4 volume holds, \(ByteSize(byteCount: largest)); split it"
    case .invalidFormat(.inodeCount(let count, let size)):
      "\(count) inodes, and one of \(ByteSize(byteCount: size)) takes 16 to \(size / Format.blockSize) (--inodes)"
    case .invalidFormat(.journalTooLarge(let blockCount, let size)):
      "a journal of \(ByteSize(byteCount: UInt64(blockCount) * Format.blockSize)) takes more than half of what is free "
        + "in \(ByteSize(byteCount: size)); make it smaller (--journal-size), or the partition larger"
    default: description
    }
  }
}
