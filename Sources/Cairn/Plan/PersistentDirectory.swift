// SPDX-License-Identifier: Apache-2.0
public import Alpine
internal import Blocks
public import Ext4
internal import Recipes

/// A directory that stays on the card, and what holds it there.
public struct PersistentDirectory: Equatable, Sendable {
  public let persistence: Persistence
  public let place: Place

  public enum Place: Equatable, Sendable {
    /// A directory of the data partition, which takes the room that its content takes.
    case directory
    /// A file of the data partition with a file system in it, which has all its blocks from the start.
    case file(Ext4.Format)
    case partition(Plan.DataPartitionPlan)
  }

  /// The partition that it has to itself.
  public var partition: Plan.DataPartitionPlan? {
    if case .partition(let partition) = place { partition } else { nil }
  }

  /// Of the file system that it has to itself.
  public var format: Ext4.Format? {
    switch place {
    case .directory: nil
    case .file(let format): format
    case .partition(let partition): partition.format
    }
  }
}

extension Plan {
  /// How the persistent directories of a recipe are laid out, one after the other.
  struct PersistenceLayout {
    let recipe: Recipe
    let layout: Layout
    let identifiers: Identifiers
    let time: Timestamp

    func directories(_ requests: [PersistenceRequest]) throws(PlanError) -> [PersistentDirectory] {
      var ranges = layout.persistent[...]
      var number = layout.boot == nil ? 2 : 3
      var directories: [PersistentDirectory] = []
      for request in requests {
        let place: PersistentDirectory.Place
        switch request.directory.strategy {
        case .overlay, .bind: place = .directory
        case .file: place = .file(try format(request, size: fileSize(request, of: requests)))
        case .partition:
          guard let range = ranges.popFirst() else { preconditionFailure("a partition without a place") }
          let format = try format(request, size: range.upperBound - range.lowerBound)
          place = .partition(DataPartitionPlan(number: number, range: range, format: format))
          number += 1
        }
        directories.append(PersistentDirectory(persistence: request.directory, place: place))
      }
      return directories
    }

    /// What is not said is a GiB, or where that is less the share of such files in half of the data partition.
    private func fileSize(_ request: PersistenceRequest, of requests: [PersistenceRequest]) -> UInt64 {
      if let size = request.size { return size.byteCount.roundedDown(to: Format.blockSize) }
      guard let data = layout.data, !recipe.dataSize.followsContent else { return Layout.defaultVolumeSize }
      let count = requests.count { $0.directory.strategy == .file && $0.size == nil }
      let share = (data.upperBound - data.lowerBound) / 2 / UInt64(count)
      return min(Layout.defaultVolumeSize, share.roundedDown(to: 1 << 20))
    }

    /// That of the data partition, as far as it goes for a volume of another size.
    private func format(_ request: PersistenceRequest, size: UInt64) throws(PlanError) -> Ext4.Format {
      let path = request.directory.path
      var format = recipe.dataFormat
      format.label = Self.label(path)
      format.uuid = nil
      format.inodeCount = nil
      if format.journal != .none { format.journal = .automatic }
      let volume = format.format(
        size: size, derivedUUID: Identifiers.volumeUUID(of: path, seed: recipe.canonicalText),
        hashSeed: identifiers.hashSeed, time: time)
      do { try volume.validate() } catch { throw .persistentVolume(path: path, error) }
      return volume
    }

    /// The directory's own name, as much of it as a label holds; none where that is no text.
    private static func label(_ path: EntryPath) -> Ext4.VolumeLabel {
      guard var text = String(validating: path.name, as: UTF8.self) else { return .empty }
      while text.utf8.count > 16 { text.removeLast() }
      do { return try Ext4.VolumeLabel(text) } catch { preconditionFailure("\(error)") }
    }
  }
}

extension Recipe.DataSize {
  /// Whether the plan doesn't know it before the content has been measured.
  fileprivate var followsContent: Bool {
    if case .smallest = self { true } else { false }
  }
}
