// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What the data partition holds when the card is new: the apkovl, a place for apk's cache, and the persistent
/// directories. What belongs to the file system itself, as lost+found, comes from its writer.
public struct DataPartition: Sendable {
  /// The apkovl's bytes.
  public let archive: [UInt8]
  /// Where the apkovl lies.
  public let overlayPath: EntryPath
  private let tree: FileTree

  /// - Throws: `AlpineError.archive` where the apkovl can't be packed.
  public init(_ overlay: Overlay) throws(AlpineError) {
    archive = try overlay.archive()
    overlayPath = overlay.hostname.overlayPath
    var tree = FileTree(time: overlay.time)
    tree.addFile(overlayPath, archive)
    tree.addDirectory(EntryPath("cache"))
    for directory in overlay.persistence { directory.addDirectories(to: &tree) }
    self.tree = tree
  }

  /// Of every entry.
  public var paths: [EntryPath] { tree.paths }

  /// Adds the entries, directories before what is in them; does not finish.
  ///
  /// - Parameter omitted: paths that have come already from elsewhere.
  public func write<Writer: EntryWriter & ~Copyable>(
    to writer: inout Writer, omitting omitted: Set<EntryPath> = []
  ) throws(Writer.Failure) {
    try tree.write(to: &writer, omitting: omitted)
  }
}
