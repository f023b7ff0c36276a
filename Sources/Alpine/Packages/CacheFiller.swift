// SPDX-License-Identifier: Apache-2.0
import Archive
public import Entries

/// Makes apk's cache out of packages that somebody has collected: takes the entries of a directory or a tar, and gives
/// those that belong into the cache, each under the name that apk looks for.
///
/// - A package (NAME.apk, in whichever directory) becomes cache/NAME-VERSION.XXXXXXXX.apk. One that has a cache's name
///   is checked against it. A package that comes twice is given once. The data is checked against .PKGINFO's datahash at
///   its end, so that what ends without an error is whole; signatures are not.
/// - An index that a cache has named (APKINDEX.XXXXXXXX.tar.gz) keeps its name; APKINDEX.tar.gz gets the name that its
///   repository's URL gives. Which one of several is told by the directories that it lies in: of main/aarch64, the one
///   whose URL ends in /main. An index's content is not looked at: apk passes over one that is damaged.
/// - Last comes cache/installed, an index of all these packages. apk knows a package in its cache only from an index,
///   and this is the one that it reads without a repository. It writes it anew with what it has installed.
/// - Everything else is passed over, and named in `passedOver`.
///
/// Up to the end of its description a package is kept in memory: some 10 KiB, at most 1 MiB.
///
/// Source: apk-tools, database.c: `apk_db_cache_foreach_item`, `apk_db_index_write_nr_cache`; apk-cache(5).
public struct CacheFiller<Source: EntryReader & ~Copyable>: ~Copyable, EntryReader {
  public typealias Failure = CacheError<Source.Failure>

  /// Packages that have been given so far.
  public private(set) var packages: [Package] = []
  /// Files that have no place in the cache, as they are called in the source: at most a thousand.
  public private(set) var passedOver: [EntryPath] = []

  private var source: Source
  private let options: CacheOptions
  private var content = Content.none
  private var dataDigest: DigestStream?
  private var current: (path: String, file: PackageFile)?
  private var givenPaths: Set<EntryPath> = []
  private var installed = ""
  private var latestTime: Timestamp?
  private var hasEnded = false

  /// Where the bytes of the current entry come from.
  private enum Content {
    case none
    /// These, and then the source's.
    case head([UInt8])
    case source
    case memory([UInt8])
  }

  public init(_ source: consuming Source, options: CacheOptions = CacheOptions()) {
    self.source = source
    self.options = options
  }

  /// - Throws: as `cache`, `AlpineError.package`; nothing more is to be asked for after that.
  public mutating func next() throws(CacheError<Source.Failure>) -> Entry? {
    try skipContent()
    while !hasEnded {
      guard let entry = try nextOfSource() else {
        hasEnded = true
        return takeInstalled()
      }
      if let entry = try take(entry) { return entry }
    }
    return nil
  }

  /// - Throws: as `next()` does.
  @_lifetime(&self)
  public mutating func nextBytes() throws(CacheError<Source.Failure>) -> RawSpan {
    switch content {
    case .none: return RawSpan()
    case .head(let bytes), .memory(let bytes):
      if case .head = content { content = .source } else { content = .none }
      lent = bytes
      // The same memory, which this value keeps until the next call.
      return unsafe _overrideLifetime(bytes.span.bytes, mutating: &self)
    case .source: return try nextOfData()
    }
  }

  /// Bytes that were handed out last.
  private var lent: [UInt8] = []
}

/// What there is to know for filling a cache.
public struct CacheOptions: Equatable, Sendable {
  /// What packages must be for; nil where it doesn't matter, or is not known yet.
  public var architecture: Architecture?
  /// URLs of repositories, as /etc/apk/repositories has them, that an index may be of.
  public var repositories: [String]
  /// How the release's apk names an index; nil where it is not known, and then plain indexes are passed over.
  public var indexName: CacheIndexName?

  public init(
    architecture: Architecture? = nil, repositories: [String] = [], indexName: CacheIndexName? = nil
  ) {
    self.architecture = architecture
    self.repositories = repositories
    self.indexName = indexName
  }
}

/// What went wrong in filling a cache: reading the source, or what is in it.
public enum CacheError<Reading: Error>: Error {
  case reading(Reading)
  case cache(AlpineError)
}

extension CacheError: Equatable where Reading: Equatable {}

extension CacheError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .reading(let error): "\(error)"
    case .cache(let error): "\(error)"
    }
  }
}

private let directory = EntryPath("cache")
private let mostPassedOver = 1000

// MARK: Entries

extension CacheFiller where Source: ~Copyable {
  /// Nil for what has no place in the cache.
  private mutating func take(_ entry: Entry) throws(CacheError<Source.Failure>) -> Entry? {
    if case .directory = entry.kind { return nil }
    let name = String(decoding: entry.path.name, as: UTF8.self)
    if name.hasSuffix(".apk") { return try takePackage(entry, name) }
    if case .regular = entry.kind, let cacheName = indexName(of: entry.path, name) {
      if let entry = place(entry, cacheName) {
        content = .source
        return entry
      }
      return nil
    }
    // The one that comes last is made anew.
    if name != "installed", passedOver.count < mostPassedOver { passedOver.append(entry.path) }
    return nil
  }

  private mutating func takePackage(_ entry: Entry, _ name: String) throws(CacheError<Source.Failure>)
    -> Entry?
  {
    let path = "\(entry.path)"
    switch entry.kind {
    case .regular(let shape) where shape.dataRanges == nil || shape.storedByteCount == shape.size: break
    // The other name has come.
    case .hardLink(let other) where other.bytes.suffix(4).elementsEqual(".apk".utf8): return nil
    default: throw .cache(.package(path: path, .notAFile))
    }
    let scanner = try scan(path)
    let file = try check(scanner, path, name)
    guard let placed = place(entry, file.cacheName) else { return nil }
    packages.append(file.package)
    if case .regular(let shape) = placed.kind { installed += file.indexParagraph(byteCount: shape.size) }
    begin(file, path, scanner.bytes)
    return placed
  }

  private mutating func scan(_ path: String) throws(CacheError<Source.Failure>) -> PackageFileScanner {
    var scanner = PackageFileScanner(path: path)
    while scanner.file == nil {
      let bytes = try nextOfSourceBytes()
      if bytes.isEmpty { break }
      do throws(AlpineError) { try scanner.take(bytes) } catch { throw .cache(error) }
    }
    return scanner
  }

  private func check(
    _ scanner: PackageFileScanner, _ path: String, _ name: String
  ) throws(CacheError<Source.Failure>) -> PackageFile {
    do throws(AlpineError) {
      let file = try scanner.finish()
      if let architecture = options.architecture, !file.package.fits(architecture) {
        throw .package(path: path, .architecture(file.package.architecture, expected: architecture))
      }
      if name != file.cacheName, Self.isCacheName(name) {
        throw .package(path: path, .foreignName(expected: file.cacheName))
      }
      return file
    } catch {
      throw .cache(error)
    }
  }

  /// Whether it ends like one: eight digits before ".apk".
  private static func isCacheName(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count >= 3 && parts[parts.count - 2].isDigest
  }

  /// The entry as it lies in the cache; nil where one of that name has come.
  private mutating func place(_ entry: Entry, _ name: String) -> Entry? {
    guard case .regular(let shape) = entry.kind else { return nil }
    let path = directory.appending(EntryPath(composed: name))
    guard givenPaths.insert(path).inserted else { return nil }
    latestTime = max(latestTime ?? entry.modificationTime, entry.modificationTime)
    return Entry(
      path, .regular(Entry.Content(size: shape.size)), mode: 0o644, modificationTime: entry.modificationTime)
  }

  private mutating func takeInstalled() -> Entry? {
    guard !installed.isEmpty, let latestTime else { return nil }
    let bytes = Array(installed.utf8)
    content = .memory(bytes)
    return Entry(
      directory.appending(EntryPath("installed")), .regular(Entry.Content(size: UInt64(bytes.count))),
      mode: 0o644,
      modificationTime: latestTime)
  }
}

// MARK: Indexes

extension CacheFiller where Source: ~Copyable {
  /// What the cache has it as; nil for what is no index, or of a repository that nobody knows.
  private func indexName(of path: EntryPath, _ name: String) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4, parts[0] == "APKINDEX", parts[1].isDigest, parts[2...] == ["tar", "gz"] {
      return name
    }
    guard name == "APKINDEX.tar.gz", let indexName = options.indexName,
      let repository = options.repository(of: path)
    else { return nil }
    // One name is as long as another where only room is made for it.
    return indexName.fileName(repository: repository, architecture: options.architecture ?? .aarch64)
  }
}

extension CacheOptions {
  /// The one repository whose URL ends in most of the directories that an index lies in; the only one that there is.
  fileprivate func repository(of path: EntryPath) -> String? {
    if repositories.count == 1 { return repositories[0] }
    var directories = path.parent.names.map { String(decoding: $0, as: UTF8.self) }
    if let last = directories.last.flatMap(Architecture.init(rawValue:)), architecture ?? last == last {
      directories.removeLast()
    }
    let likeness = repositories.map { url in
      zip(url.split(separator: "/").reversed(), directories.reversed()).prefix { $0.0 == $0.1 }.count
    }
    guard let best = likeness.max(), best > 0, likeness.count(where: { $0 == best }) == 1 else { return nil }
    return likeness.firstIndex(of: best).map { repositories[$0] }
  }
}

extension Substring {
  /// Whether it is eight digits of a digest.
  fileprivate var isDigest: Bool {
    utf8.count == 8
      && utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}

// MARK: Bytes

extension CacheFiller where Source: ~Copyable {
  private mutating func begin(_ file: PackageFile, _ path: String, _ head: [UInt8]) {
    current = (path, file)
    content = .head(head)
    guard file.dataDigest != nil else { return }
    var digest = DigestStream(.sha256)
    digest.update(head.rawBytes.extracting(droppingFirst: file.headByteCount))
    dataDigest = consume digest
  }

  @_lifetime(&self)
  private mutating func nextOfData() throws(CacheError<Source.Failure>) -> RawSpan {
    do throws(Source.Failure) {
      let bytes = try source.nextBytes()
      dataDigest?.update(bytes)
      if !bytes.isEmpty { return bytes }
    } catch {
      throw .reading(error)
    }
    try endData()
    return RawSpan()
  }

  private mutating func endData() throws(CacheError<Source.Failure>) {
    content = .none
    guard let digest = dataDigest.take(), let (path, file) = current.take() else { return }
    guard digest.finish().hexadecimal == file.dataDigest else {
      throw .cache(.package(path: path, .damagedData))
    }
  }

  /// Reads to the end of the current entry, so that all of it is checked.
  private mutating func skipContent() throws(CacheError<Source.Failure>) {
    while true {
      let bytes = try nextBytes()
      if bytes.isEmpty { return }
    }
  }

  private mutating func nextOfSource() throws(CacheError<Source.Failure>) -> Entry? {
    do throws(Source.Failure) { return try source.next() } catch { throw .reading(error) }
  }

  @_lifetime(&self)
  private mutating func nextOfSourceBytes() throws(CacheError<Source.Failure>) -> RawSpan {
    do throws(Source.Failure) { return try source.nextBytes() } catch { throw .reading(error) }
  }
}
