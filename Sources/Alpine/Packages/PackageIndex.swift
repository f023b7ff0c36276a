// SPDX-License-Identifier: Apache-2.0
import Archive
public import Entries

/// The packages that an APKINDEX tells of.
///
/// Source: apk-tools, database.c, for how it is read: paragraphs of lines "LETTER:VALUE".
public struct PackageIndex: Equatable, Sendable {
  public var packages: [Package]

  /// Bytes that an index in memory may inflate to; Alpine's largest have some 15 MiB.
  static let longestText = 256 << 20
  private static let entryName = EntryPath("APKINDEX")

  /// Reads the index out of the entries of an APKINDEX.tar.gz: a signature, DESCRIPTION, APKINDEX.
  ///
  /// - Parameter path: of the file, for errors.
  /// - Throws: as `writing`, `AlpineError.index`.
  public init<Reader: EntryReader & ~Copyable>(
    reading reader: inout Reader, path: String
  ) throws(CopyError<Reader.Failure, AlpineError>) {
    var parser = PackageIndexParser(path: path)
    var isFound = false
    while let entry = try Self.next(&reader) {
      guard entry.path == Self.entryName else { continue }
      isFound = true
      try Self.read(&reader, into: &parser)
    }
    do throws(AlpineError) {
      guard isFound else { throw .index(path: path, .noIndex) }
      packages = try parser.finish()
    } catch {
      throw .writing(error)
    }
  }

  /// Reads an APKINDEX.tar.gz that is in memory.
  ///
  /// - Throws: `AlpineError.index`, and `AlpineError.archive` for what is no tar, or not gzipped.
  public init(compressed bytes: [UInt8], path: String) throws(AlpineError) {
    let tar = try Self.inflated(bytes, path: path)
    do throws(CopyError<Never, AlpineError>) {
      var reader = try Self.reader(of: tar, path: path)
      try self.init(reading: &reader, path: path)
    } catch {
      switch error {
      case .writing(let error): throw error
      }
    }
  }
}

extension PackageIndex {
  private static func next<Reader: EntryReader & ~Copyable>(
    _ reader: inout Reader
  ) throws(CopyError<Reader.Failure, AlpineError>) -> Entry? {
    do throws(Reader.Failure) { return try reader.next() } catch { throw .reading(error) }
  }

  private static func read<Reader: EntryReader & ~Copyable>(
    _ reader: inout Reader, into parser: inout PackageIndexParser
  ) throws(CopyError<Reader.Failure, AlpineError>) {
    while true {
      let bytes = try piece(of: &reader)
      if bytes.isEmpty { return }
      do throws(AlpineError) { try parser.take(bytes) } catch { throw .writing(error) }
    }
  }

  @_lifetime(&reader)
  private static func piece<Reader: EntryReader & ~Copyable>(
    of reader: inout Reader
  ) throws(CopyError<Reader.Failure, AlpineError>) -> RawSpan {
    do throws(Reader.Failure) { return try reader.nextBytes() } catch { throw .reading(error) }
  }

  private static func reader(
    of tar: [UInt8], path: String
  ) throws(CopyError<Never, AlpineError>) -> TarMemoryReader {
    do throws(ArchiveError) { return try TarMemoryReader(tar, path: path) } catch {
      throw .writing(.archive(error))
    }
  }

  /// All members of a gzip file.
  private static func inflated(_ bytes: [UInt8], path: String) throws(AlpineError) -> [UInt8] {
    let inflater = GzipInflater()
    var output: [UInt8] = []
    var offset = 0
    do throws(CompressionProblem) {
      while offset < bytes.count {
        let rest = bytes.rawBytes.extracting(droppingFirst: offset)
        offset += try inflater.inflate(rest, into: &output, limit: longestText).consumedByteCount
      }
      if inflater.isInMember || bytes.isEmpty { throw .truncated }
    } catch {
      throw .archive(.compressed(.gzip, path: path, offset: UInt64(offset), entry: nil, error))
    }
    return output
  }
}

/// Takes the text of an index in pieces.
struct PackageIndexParser {
  private let path: String
  private var packages: [Package] = []
  private var package: Package?
  /// The line that has not come whole.
  private var line: [UInt8] = []
  private var lineNumber = 1

  /// Bytes of one line; the longest that Alpine has are some 40 KiB.
  private static let longestLine = 4 << 20

  init(path: String) { self.path = path }

  mutating func take(_ bytes: RawSpan) throws(AlpineError) {
    var rest = Array(copying: bytes)[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      try append(rest[..<end])
      try takeLine()
      rest = rest[(end + 1)...]
    }
    try append(rest)
  }

  /// The packages, in the order of the index.
  consuming func finish() throws(AlpineError) -> [Package] {
    if !line.isEmpty { try takeLine() }
    try endPackage()
    return packages
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(AlpineError) {
    guard line.count + bytes.count <= Self.longestLine else {
      throw failure(.tooLong(byteCount: Self.longestLine))
    }
    line += bytes
  }

  private mutating func takeLine() throws(AlpineError) {
    let text = String(decoding: line, as: UTF8.self)
    line.removeAll(keepingCapacity: true)
    if text.isEmpty {
      try endPackage()
    } else {
      guard text.dropFirst().first == ":", let letter = text.first else { throw failure(.noField) }
      var package = package ?? Package()
      do throws(PackageInformationProblem) { try package.take(letter, text.dropFirst(2)) } catch {
        throw failure(error)
      }
      self.package = package
    }
    lineNumber += 1
  }

  private mutating func endPackage() throws(AlpineError) {
    guard let package else { return }
    do throws(PackageInformationProblem) { try package.check() } catch { throw failure(error) }
    packages.append(package)
    self.package = nil
  }

  private func failure(_ problem: PackageInformationProblem) -> AlpineError {
    .index(path: path, .line(lineNumber, problem))
  }
}

/// What is wrong with an index.
public enum PackageIndexProblem: Equatable, Sendable {
  /// There is no APKINDEX in it.
  case noIndex
  case line(Int, PackageInformationProblem)
  /// Of the release: larger than any.
  case tooLarge(byteCount: Int)
}

extension PackageIndexProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noIndex: "holds no APKINDEX; take the APKINDEX.tar.gz of a repository"
    case .line(let line, let problem): "line \(line) of APKINDEX: \(problem); fetch the index again"
    case .tooLarge(let byteCount): "has more than \(byteCount) bytes, more than an index has"
    }
  }
}
