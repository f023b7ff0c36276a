// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Entries

/// The entries of a release tarball, looked at as they pass so that at the end it is known which release it was.
struct ReleaseReader: ~Copyable, EntryReader {
  typealias Failure = ArchiveError

  private(set) var recognizer = ReleaseRecognizer()
  private var archive: ArchiveReader
  /// Read ahead to learn the time, and not yet handed out.
  private var firstEntry: Entry?
  private var isObserving = false

  /// Opens the archive and reads its first entry.
  init(path: String) throws(ArchiveError) {
    var archive = try ArchiveReader(path: path)
    firstEntry = try archive.next()
    self.archive = archive
    time = firstEntry?.modificationTime ?? Timestamp(seconds: 0)
  }

  /// When the first entry was modified; 1970 for an empty archive.
  let time: Timestamp

  var progress: ArchiveProgress { archive.progress }

  mutating func next() throws(ArchiveError) -> Entry? {
    var next = firstEntry.take()
    if next == nil { next = try archive.next() }
    if let next { isObserving = recognizer.observe(next) }
    return next
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    let bytes = try archive.nextBytes()
    if isObserving { recognizer.observe(bytes: bytes) }
    return bytes
  }
}
