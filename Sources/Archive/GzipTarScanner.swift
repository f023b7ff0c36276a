// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Tells the entries of a gzipped tar that comes in pieces; their content is passed over. The gzip members may be many,
/// and the tar goes on from one to the next, as in a package of Alpine's.
public struct GzipTarScanner {
  private let path: String
  private let inflater = GzipInflater()
  private var parser = TarParser()
  /// Inflated and not parsed yet: less than a block between two pieces.
  private var inflated: [UInt8] = []
  private var items: [TarParser.Item] = []
  private var offset: UInt64 = 0

  /// Bytes that are inflated at a time: deflate makes at most some thousand times as many of them.
  private static let stepByteCount = 8 << 10
  private static let largestStep = 16 << 20

  /// - Parameter path: of the archive, for errors.
  public init(path: String) { self.path = path }

  /// The entries whose headers end in this piece.
  ///
  /// - Throws: `ArchiveError.compressed`, `ArchiveError.tar`; then nothing more can be told. An archive that ends too
  ///   early is not noticed.
  public mutating func take(_ bytes: RawSpan) throws(ArchiveError) -> [Entry] {
    var entries: [Entry] = []
    var position = 0
    while position < bytes.byteCount {
      let end = min(position + Self.stepByteCount, bytes.byteCount)
      position += try inflate(bytes.extracting(position..<end))
      try parse(into: &entries)
    }
    return entries
  }

  private mutating func inflate(_ bytes: RawSpan) throws(ArchiveError) -> Int {
    do throws(CompressionProblem) {
      let step = try inflater.inflate(bytes, into: &inflated, limit: Self.largestStep)
      offset += UInt64(step.consumedByteCount)
      return step.consumedByteCount
    } catch {
      throw .compressed(.gzip, path: path, offset: offset, entry: parser.currentName, error)
    }
  }

  /// Parses the whole blocks that there are.
  private mutating func parse(into entries: inout [Entry]) throws(ArchiveError) {
    let byteCount = inflated.count / TarHeader.byteCount * TarHeader.byteCount
    guard byteCount > 0 else { return }
    items.removeAll(keepingCapacity: true)
    let blocks = inflated
    do throws(TarFailure) {
      try parser.parse(unsafe blocks.span.bytes.extracting(first: byteCount), into: &items)
    } catch {
      throw .tar(path: path, offset: error.offset, entry: error.name, error.problem)
    }
    inflated.removeFirst(byteCount)
    for case .entry(let entry) in items { entries.append(entry) }
  }
}
