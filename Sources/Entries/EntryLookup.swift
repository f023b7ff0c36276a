// SPDX-License-Identifier: Apache-2.0

/// Entries by their paths, and any part of their bytes: a volume.
///
/// No symbolic link is followed. Asked for what is near what was asked for last, an answer comes sooner.
public protocol EntryLookup: ~Copyable {
  associatedtype Failure: Error
  associatedtype Item: LookupItem

  /// What has the path; nil where nothing has it.
  mutating func find(_ path: EntryPath) throws(Failure) -> Item?

  /// The paths of all that is in a directory, in an order of the volume's own; none for what is no directory.
  mutating func paths(in directory: Item) throws(Failure) -> [EntryPath]

  /// Where a file's bytes and `bytes` part, holes being zeros.
  ///
  /// - Parameters:
  ///   - bytes: of which those are looked at that lie within the file's size.
  ///   - offset: in the file, of the first of them.
  /// - Returns: offset in the file of the first byte that is another one; nil where all are the same.
  mutating func firstDifference(
    of file: Item, from bytes: RawSpan, at offset: UInt64
  ) throws(Failure) -> UInt64?

  /// The first byte of a part of a file that is not zero.
  ///
  /// - Parameter range: within the file's size.
  /// - Returns: its offset in the file; nil where all are zero.
  mutating func firstNonzeroByte(of file: Item, in range: Range<UInt64>) throws(Failure) -> UInt64?

  /// Where a file's content lies, in bytes from the start of the volume, in the file's order; none for what has no content
  /// of its own place there.
  mutating func extents(of file: Item) throws(Failure) -> [Range<UInt64>]

  /// Whether a failure is that of one file or directory, so that others may still be read.
  static func isOfOneItem(_ failure: Failure) -> Bool
}

/// What was found at a path.
public protocol LookupItem {
  /// Never a hard link: each name of a file describes the file.
  var entry: Entry { get }
  /// The same for all names of a file, and for no other; nil where the file has only the one.
  var identity: UInt64? { get }
}
