// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Blocks
internal import Entries
internal import Ext4

/// What Alpine wants of a data partition beside what the inputs bring: an apkovl, the cache, persistent directories.
struct AlpineContent {
  private let partition: DataPartition
  private let directories: [PersistentDirectory]
  private let time: Timestamp

  /// - Parameter overlay: the plan's.
  init(_ overlay: Overlay, of plan: Plan) throws(BuildError) {
    do { partition = try DataPartition(overlay) } catch { throw .overlay(error) }
    directories = plan.persistence
    time = plan.time
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
    do throws(Ext4Error) {
      try partition.write(to: &writer, omitting: present)
      for directory in directories { try addImage(of: directory, to: &writer) }
    } catch { throw .data(error) }
    return path ?? partition.overlayPath
  }

  /// Makes the file system that is a file of the data partition, in its place, unless the inputs brought that file.
  private func addImage<Writer: PathHolder & ~Copyable>(
    of directory: PersistentDirectory, to writer: inout Writer
  ) throws(Ext4Error) {
    guard case .file(let format) = directory.place, let path = directory.persistence.imagePath,
      !writer.contains(path) || writer.containsDirectory(path)
    else { return }
    let entry = Entry(path, .regular(.init(size: format.size)), mode: 0o600, modificationTime: time)
    try directory.makeVolume(on: writer.addImage(entry), format)
  }
}

extension PersistentDirectory {
  /// Makes the file system that the directory has to itself.
  func makeVolume(on target: any BlockTarget, _ format: Ext4.Format) throws(Ext4Error) {
    var volume = try Ext4.VolumeWriter(formatting: target, format: format)
    try PersistentVolume(for: persistence, time: format.time).write(to: &volume)
    try volume.finish()
  }
}

/// An ext4 volume in the making that tells what it has.
protocol PathHolder: EntryWriter, ~Copyable where Failure == Ext4Error {
  func contains(_ path: EntryPath) -> Bool
  func containsDirectory(_ path: EntryPath) -> Bool
  /// Begins a file whose bytes come in any order.
  mutating func addImage(_ entry: Entry) throws(Ext4Error) -> any BlockTarget
}

extension Ext4.VolumeWriter: PathHolder {}
extension VolumeMeasure: PathHolder {}
