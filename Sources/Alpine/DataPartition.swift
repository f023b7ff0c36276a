// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What the data partition holds when the card is new: the apkovl, a place for apk's cache, and the persistent
/// directories. What belongs to the file system itself, as lost+found, comes from its writer.
public struct DataPartition: Sendable {
  /// The apkovl's bytes.
  public let archive: [UInt8]
  private let overlay: Overlay

  /// - Throws: `AlpineError.archive` where the apkovl can't be packed.
  public init(_ overlay: Overlay) throws(AlpineError) {
    self.overlay = overlay
    archive = try overlay.archive()
  }

  /// Adds every entry, directories before what is in them; does not finish.
  public func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    var tree = FileTree(time: overlay.time)
    tree.addFile(overlay.hostname.overlayPath, archive)
    tree.addDirectory(EntryPath("cache"))
    for directory in overlay.persistence { directory.addDirectories(to: &tree) }
    try tree.write(to: &writer)
  }
}
