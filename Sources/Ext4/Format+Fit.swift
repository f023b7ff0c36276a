// SPDX-License-Identifier: Apache-2.0

// Sizes that content needs.
extension Format {
  /// The format with the smallest size that holds content: to the block of 4,096 bytes.
  ///
  /// Found by laying volumes out, since what a volume takes for itself doesn't grow evenly: at 128 MiB, 1 GiB and
  /// 2 GiB an automatic journal grows, at 512 MiB inodes become rarer, and a volume may not begin a block group with
  /// less than its structures. So a volume that is a little larger does not always hold the same.
  ///
  /// - Parameters:
  ///   - demand: of the content, measured for this format.
  ///   - slack: bytes that must be free afterwards, for everybody: what `df` tells as available, where neither the
  ///     blocks that only root may fill count nor those that the kernel keeps back (2 %, at most 4,096 blocks).
  ///     There is an inode more for each `inodeRatio` bytes of it, unless `inodeCount` says how many there are.
  ///     With 0, the content may fill the last block, blocks for root among them.
  /// - Throws: `Ext4Error.tooFewInodes` where `inodeCount` is too small, `Ext4Error.contentBeyondFormat` where no
  ///   volume is large enough, and what is thrown for a format that no volume can be made of.
  public func fitted(to demand: Demand, slack: UInt64 = 0) throws(Ext4Error) -> Format {
    try fitted(to: demand, slack: slack, from: 0)
  }

  /// Lays the volume out to see whether it has room for content, before anything is written.
  ///
  /// - Throws: `Ext4Error.contentTooLarge`, with a size that does, where it hasn't; else what `fitted` throws.
  public func checkRoom(for demand: Demand, slack: UInt64 = 0) throws(Ext4Error) {
    var search = SizeSearch(for: demand, slack: slack, in: self)
    guard try !search.isEnough(size / Self.blockSize) else { return }
    throw try contentTooLarge(demand, slack: slack)
  }

  /// The error for content that a volume of this format has no room for.
  func contentTooLarge(_ demand: Demand, slack: UInt64 = 0) throws(Ext4Error) -> Ext4Error {
    let fitted = try fitted(to: demand, slack: slack, from: size / Self.blockSize + 1)
    return .contentTooLarge(neededSize: fitted.size, size: size)
  }

  /// - Parameter smallestBlockCount: of the volume; smaller ones are not considered.
  private func fitted(
    to demand: Demand, slack: UInt64, from smallestBlockCount: UInt64
  ) throws(Ext4Error) -> Format {
    if let inodeCount, inodeCount < demand.inodeCount {
      throw .tooFewInodes(neededCount: demand.inodeCount, inodeCount: inodeCount)
    }
    var search = SizeSearch(for: demand, slack: slack, in: self)
    var format = self
    format.size = try search.smallestBlockCount(from: smallestBlockCount) * Self.blockSize
    return format
  }
}
