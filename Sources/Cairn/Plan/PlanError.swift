// SPDX-License-Identifier: Apache-2.0
internal import Blocks
public import Ext4
public import FAT32
public import Recipes

/// Why a recipe can't be laid out on a medium.
public enum PlanError: Error, Equatable, Sendable {
  case cardTooSmall(size: ByteSize, needed: ByteSize, Recipe)
  case cardTooLarge(size: ByteSize, largest: ByteSize)
  /// Neither a boot partition nor a data partition is wanted.
  case noPartition
  case boot(FAT32Error)
  case data(Ext4Error)
}

extension PlanError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cardTooSmall(let size, let needed, let recipe):
      "size: a card of \(size) has no room for \(Self.partitions(of: recipe)); it takes \(needed)"
        + (recipe.hasBootPartition ? ", or a smaller boot partition" : "")
    case .cardTooLarge(let size, let largest):
      "size: \(size) is more than an MBR can address; a card has at most \(largest)"
    case .noPartition: "a card needs a boot partition or a data partition; leave out one of them, not both"
    case .boot(.volumeTooSmall(let size, let smallest)):
      "boot partition: \(ByteSize(byteCount: size)) are too few for FAT32, others would read it as FAT16; "
        + "make it \(ByteSize(byteCount: smallest.roundedUp(to: 1 << 20))) or more (--boot-size)"
    case .boot(let error): "boot partition: \(error)"
    case .data(let error): "data partition: \(error)"
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
    return names.joined(separator: " and ")
  }
}
