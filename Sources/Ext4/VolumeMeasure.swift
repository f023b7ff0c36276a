// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Takes entries as a `VolumeWriter` does and finds out what they take of a volume, without one: nothing is
/// written, and no byte of content is copied or has to come.
///
///     var measure = VolumeMeasure(for: format)
///     for entry in entries { try measure.add(entry) }
///     try measure.finish()
///     let smallest = try format.fitted(to: measure.demand)
public struct VolumeMeasure: ~Copyable, EntryWriter {
  public typealias Failure = Ext4Error

  private var writer: VolumeWriter

  /// - Parameter format: of the volume to come; its size doesn't matter.
  public init(for format: Format) { writer = VolumeWriter(measuring: format) }

  /// What the entries so far take, directories only from `finish()` on.
  public var demand: Demand { writer.demand }

  public mutating func add(_ entry: Entry) throws(Ext4Error) {
    skipMissingContent()
    try writer.add(entry)
  }

  /// Begins a file that is filled as `VolumeWriter.addImage` says. Where bytes are written to it matters, for what they
  /// divide it into; they are kept nowhere.
  public mutating func addImage(_ entry: Entry) throws(Ext4Error) -> any BlockTarget {
    skipMissingContent()
    return try writer.addImage(entry)
  }

  /// Counts bytes of the last entry, all of which may be left out.
  public mutating func append(_ bytes: RawSpan) throws(Ext4Error) { try writer.append(bytes) }

  /// Whether something has come with this path, or has been made as a directory on the way.
  public func contains(_ path: EntryPath) -> Bool { writer.contains(path) }

  /// Whether a directory has come with this path or has been made on the way, or a symbolic link, which may lead to one.
  public func containsDirectory(_ path: EntryPath) -> Bool { writer.containsDirectory(path) }

  /// Adds the directories.
  ///
  /// - Throws: what a `VolumeWriter` would throw, no size being too small: `Ext4Error.unrepresentable` for entries
  ///   that ext4 can't hold.
  public mutating func finish() throws(Ext4Error) {
    skipMissingContent()
    try writer.finishEntries()
  }

  private mutating func skipMissingContent() {
    guard writer.content.image == nil, writer.content.receivedByteCount == 0 else { return }
    writer.content = OpenContent()
  }
}
