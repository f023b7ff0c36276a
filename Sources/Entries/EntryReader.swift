// SPDX-License-Identifier: Apache-2.0

/// Entries in order, each followed by its bytes: a tar, a directory tree, a volume, an apkovl.
public protocol EntryReader: ~Copyable {
  associatedtype Failure: Error

  /// The next entry, or nil at the end. Bytes of the last one that nobody took are skipped.
  mutating func next() throws(Failure) -> Entry?

  /// The next bytes of the current entry's content, as many as are at hand; empty when all have come.
  ///
  /// Their sum over all calls is the content's `storedByteCount`: a stream that ends before is an error.
  @_lifetime(&self)
  mutating func nextBytes() throws(Failure) -> RawSpan
}

/// Takes entries in order, each followed by its bytes: a volume, a tar.
public protocol EntryWriter: ~Copyable {
  associatedtype Failure: Error

  /// Begins an entry. The one before must have got all its bytes.
  ///
  /// Directories on the way that have not come make themselves, as `root:root` 0755. A directory that comes later,
  /// or again, gives its attributes to the one that is there: so several trees become one. Any other entry that has
  /// the path of an earlier one is an error.
  mutating func add(_ entry: Entry) throws(Failure)

  /// The next bytes of the entry's content: `storedByteCount` in all.
  mutating func append(_ bytes: RawSpan) throws(Failure)

  /// Writes what only the whole set of entries decides. Nothing may be added after it.
  mutating func finish() throws(Failure)
}

/// Which side of a copy failed.
public enum CopyError<Reading: Error, Writing: Error>: Error {
  case reading(Reading)
  case writing(Writing)
}

extension CopyError: Equatable where Reading: Equatable, Writing: Equatable {}

extension CopyError: CustomStringConvertible {
  /// What that side says.
  public var description: String {
    switch self {
    case .reading(let error): "\(error)"
    case .writing(let error): "\(error)"
    }
  }
}

extension EntryWriter where Self: ~Copyable {
  /// Adds every entry that is left in `reader`, with its bytes; does not finish.
  public mutating func add<Reader: EntryReader & ~Copyable>(
    contentsOf reader: inout Reader
  ) throws(CopyError<Reader.Failure, Failure>) {
    while let entry = try reader.nextEntry(Failure.self) {
      do throws(Failure) { try add(entry) } catch { throw .writing(error) }
      guard case .regular = entry.kind else { continue }
      try addBytes(from: &reader)
    }
  }

  /// Appends all that is left of the reader's current entry.
  public mutating func addBytes<Reader: EntryReader & ~Copyable>(
    from reader: inout Reader
  ) throws(CopyError<Reader.Failure, Failure>) {
    while true {
      let bytes = try reader.nextPiece(Failure.self)
      if bytes.isEmpty { return }
      do throws(Failure) { try append(bytes) } catch { throw .writing(error) }
    }
  }
}

extension EntryReader where Self: ~Copyable {
  fileprivate mutating func nextEntry<Writing: Error>(
    _: Writing.Type
  ) throws(CopyError<Failure, Writing>) -> Entry? {
    do throws(Failure) { return try next() } catch { throw .reading(error) }
  }

  @_lifetime(&self)
  fileprivate mutating func nextPiece<Writing: Error>(
    _: Writing.Type
  ) throws(CopyError<Failure, Writing>) -> RawSpan {
    do throws(Failure) { return try nextBytes() } catch { throw .reading(error) }
  }
}
