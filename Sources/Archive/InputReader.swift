// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Entries

/// What a person names as an input: a directory, or a tar that may be compressed.
public struct InputReader: ~Copyable, EntryReader {
  public typealias Failure = ArchiveError

  /// Bytes read so far; of a directory, and of an archive from a pipe, the total is not known.
  public let progress: ArchiveProgress
  /// One of the two.
  private var directory: DirectoryReader?
  private var archive: ArchiveReader?

  /// Opens what lies at `path`.
  ///
  /// - Parameter directoryOwner: whom everything in a directory belongs to; nil for the owners that the files have. Those
  ///   in a tar stay.
  /// - Throws: as the `init` of `DirectoryReader` and that of `ArchiveReader` do.
  public init(path: String, directoryOwner: Entry.Owner? = nil) throws(ArchiveError) {
    if let reader = try Self.directory(path, directoryOwner) {
      progress = reader.progress
      directory = consume reader
    } else {
      let reader = try ArchiveReader(path: path)
      progress = reader.progress
      archive = consume reader
    }
  }

  /// Nil where something else than a directory lies there.
  private static func directory(_ path: String, _ owner: Entry.Owner?) throws(ArchiveError)
    -> DirectoryReader?
  {
    do throws(ArchiveError) { return try DirectoryReader(path: path, owner: owner) } catch {
      if case .system(.open, _, ENOTDIR) = error { return nil }
      throw error
    }
  }

  /// - Throws: as that of the two readers does.
  public mutating func next() throws(ArchiveError) -> Entry? {
    if directory != nil { return try directory?.next() }
    return try archive?.next()
  }

  /// - Throws: as `next()` does.
  @_lifetime(&self)
  public mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    if let bytes = try directory?.nextBytes() { return bytes }
    if let bytes = try archive?.nextBytes() { return bytes }
    return RawSpan()
  }
}
