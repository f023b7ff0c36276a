// SPDX-License-Identifier: Apache-2.0
public import Entries

/// The entries of a tar that is in memory, uncompressed.
public struct TarMemoryReader: ~Copyable, EntryReader {
  private let tar: [UInt8]
  private let items: [TarParser.Item]
  private var nextItemIndex = 0

  /// Reads all headers.
  ///
  /// - Parameters:
  ///   - path: of the archive, for errors.
  ///   - isWhole: whether it has to end as a tar does; where not, it is the beginning of one, up to some entry's end.
  /// - Throws: `tar`.
  public init(_ tar: [UInt8], path: String, isWhole: Bool = true) throws(ArchiveError) {
    var items: [TarParser.Item] = []
    do throws(TarFailure) {
      try Self.parse(tar, isWhole: isWhole, into: &items)
    } catch {
      throw .tar(path: path, offset: error.offset, entry: error.name, error.problem)
    }
    self.tar = tar
    self.items = items
  }

  private static func parse(
    _ tar: [UInt8], isWhole: Bool, into items: inout [TarParser.Item]
  ) throws(TarFailure) {
    var parser = TarParser()
    try parser.parse(unsafe tar.span.bytes, into: &items)
    if isWhole { return try parser.finish() }
    guard parser.currentName == nil, tar.count % TarHeader.byteCount == 0 else {
      throw TarFailure(offset: UInt64(tar.count), name: parser.currentName, problem: .truncated)
    }
  }

  public mutating func next() throws(Never) -> Entry? {
    while nextItemIndex < items.count {
      nextItemIndex += 1
      if case .entry(let entry) = items[nextItemIndex - 1] { return entry }
    }
    return nil
  }

  @_lifetime(&self)
  public mutating func nextBytes() throws(Never) -> RawSpan {
    guard nextItemIndex < items.count, case .content(let range) = items[nextItemIndex] else {
      return RawSpan()
    }
    nextItemIndex += 1
    let tar = tar
    // The same memory, which this value keeps.
    return unsafe _overrideLifetime(tar.span.bytes.extracting(range), mutating: &self)
  }
}
