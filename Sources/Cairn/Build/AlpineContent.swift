// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
internal import Ext4

/// What Alpine wants of a data partition beside what the inputs bring: an apkovl, the cache, persistent directories.
struct AlpineContent {
  private let partition: DataPartition

  init(_ overlay: Overlay) throws(BuildError) {
    do { partition = try DataPartition(overlay) } catch { throw .overlay(error) }
  }

  /// Adds what the writer hasn't got yet, and returns where the apkovl lies. What stands in the place of a directory or
  /// of the apkovl and can't be one is the writer's to refuse.
  ///
  /// - Parameter path: of an apkovl that the inputs brought. Two would be one too many: a diskless system takes the first
  ///   that it finds.
  func add<Writer: PathHolder & ~Copyable>(
    to writer: inout Writer, besideOverlayAt path: EntryPath?
  ) throws(BuildError) -> EntryPath {
    var present: Set<EntryPath> = path == nil ? [] : [partition.overlayPath]
    for path in partition.paths where path != partition.overlayPath && writer.containsDirectory(path) {
      present.insert(path)
    }
    do { try partition.write(to: &writer, omitting: present) } catch { throw .data(error) }
    return path ?? partition.overlayPath
  }
}

/// An ext4 volume in the making that tells what it has.
protocol PathHolder: EntryWriter, ~Copyable where Failure == Ext4Error {
  func containsDirectory(_ path: EntryPath) -> Bool
}

extension Ext4.VolumeWriter: PathHolder {}
extension VolumeMeasure: PathHolder {}
