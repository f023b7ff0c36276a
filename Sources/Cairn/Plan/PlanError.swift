// SPDX-License-Identifier: Apache-2.0
internal import Blocks
public import Ext4
public import FAT32
public import Recipes

/// Why a recipe can't be laid out on a medium.
public enum PlanError: Error, Equatable, Sendable {
  case cardTooSmall(size: ByteSize, needed: ByteSize, _ bootSize: ByteSize, hasDataPartition: Bool)
  case cardTooLarge(size: ByteSize, largest: ByteSize)
  case boot(FAT32Error)
  case data(Ext4Error)
}

extension PlanError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cardTooSmall(let size, let needed, let bootSize, let hasDataPartition):
      "size: a card of \(size) has no room for a boot partition of \(bootSize)"
        + (hasDataPartition ? " and a data partition" : "")
        + "; it takes \(needed), or a smaller boot partition"
    case .cardTooLarge(let size, let largest):
      "size: \(size) is more than an MBR can address; a card has at most \(largest)"
    case .boot(.volumeTooSmall(let size, let smallest)):
      "boot partition: \(ByteSize(byteCount: size)) are too few for FAT32, others would read it as FAT16; "
        + "make it \(ByteSize(byteCount: smallest.roundedUp(to: 1 << 20))) or more (--boot-size)"
    case .boot(let error): "boot partition: \(error)"
    case .data(let error): "data partition: \(error)"
    }
  }
}
