// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Entries

/// A way through one directory, entry by entry in the order in which they stand on the volume.
struct DirectoryCursor {
  private var chain: ClusterChain
  /// Of the next entry, in bytes from the start of the directory.
  private var position = 0
  private let clusterSize: Int
  private var longName = LongNameParts()
  private var isAtEnd = false

  /// What stands in a directory: ".", ".." and free entries aside.
  enum Element {
    case item(DirectoryItem)
    case label(ShortName)
  }

  private static let largestByteCount = Directory.largestSlotCount * DirectoryEntry.byteCount

  /// - Parameter directory: an item with that attribute.
  init(_ directory: DirectoryItem, in geometry: Geometry) throws(FAT32Error) {
    chain = try ClusterChain(of: directory.path, from: directory.firstCluster, in: geometry)
    clusterSize = Int(geometry.clusterSize)
  }

  /// The next file or directory.
  mutating func nextItem(
    in storage: inout VolumeStorage, claimed: inout Set<UInt32>
  ) throws(FAT32Error) -> DirectoryItem? {
    while let element = try next(in: &storage, claimed: &claimed) {
      if case .item(let item) = element { return item }
    }
    return nil
  }

  /// The next element; nil at the end, and once an error has been thrown, but for a name that no path can have: behind
  /// that, the walk goes on.
  ///
  /// - Parameter claimed: clusters of the directories that were seen before, none of which may come again; those of
  ///   this one are added.
  mutating func next(
    in storage: inout VolumeStorage, claimed: inout Set<UInt32>
  ) throws(FAT32Error) -> Element? {
    while !isAtEnd {
      // Until this entry has turned out well.
      isAtEnd = true
      guard try claimCluster(in: &storage, &claimed) else { return nil }
      let offset = position % clusterSize
      let volumeOffset = storage.geometry.offset(ofCluster: chain.cluster) + UInt64(offset)
      let slot = try storage.directorySlot(chain.cluster, at: offset)
      guard slot.load(UInt8.self, at: 0) != 0 else { return nil }
      position += DirectoryEntry.byteCount
      isAtEnd = false
      if let element = try element(slot, volumeOffset) { return element }
    }
    return nil
  }

  /// Goes to the cluster that holds the next entry, where it begins one.
  ///
  /// - Returns: false at the end of the directory.
  private mutating func claimCluster(
    in storage: inout VolumeStorage, _ claimed: inout Set<UInt32>
  ) throws(FAT32Error) -> Bool {
    guard position % clusterSize == 0 else { return true }
    if position > 0, try !chain.advance(in: &storage) { return false }
    guard position < Self.largestByteCount else { throw .unreadable(chain.path, .directoryTooLarge) }
    guard claimed.insert(chain.cluster).inserted else {
      throw .unreadable(chain.path, .sharedCluster(chain.cluster))
    }
    return true
  }

  /// Nil for what stands for nothing by itself.
  private mutating func element(_ slot: RawSpan, _ volumeOffset: UInt64) throws(FAT32Error) -> Element? {
    let attributes = FileAttributes(rawValue: slot.load(at: DirectoryEntry.Field.attributes))
    if slot.load(UInt8.self, at: 0) != Self.free, attributes.isLongName {
      longName.append(slot)
      return nil
    }
    defer { longName.removeAll() }
    guard slot.load(UInt8.self, at: 0) != Self.free else { return nil }
    let name = ShortName(decoding: slot, at: DirectoryEntry.Field.name)
    if name == .dot || name == .dotDot { return nil }
    if attributes.contains(.volumeID) { return .label(name) }
    return .item(
      try DirectoryItem(
        decoding: slot, longName: longName.name(of: name), in: chain.path, offset: volumeOffset))
  }

  /// In the first byte of an entry that was deleted.
  private static let free: UInt8 = 0xE5
}
