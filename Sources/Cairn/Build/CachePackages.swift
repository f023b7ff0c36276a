// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Entries
internal import Ext4

/// Streams packages that somebody has collected into apk's cache on the data partition.
struct CachePackages {
  /// Each below a target that is its path, so that what is told of an entry tells which input it is in.
  private let inputs: [CardContent.Input]
  private let paths: [String]
  private let options: CacheOptions
  private let monitor: BuildMonitor

  init(_ content: CardContent, options: CacheOptions, monitor: BuildMonitor) {
    paths = content.cache
    inputs = content.cache.map { CardContent.Input(path: $0, target: Self.target(of: $0)) }
    self.options = options
    self.monitor = monitor
  }

  /// What came into the cache.
  struct Result {
    var packages: [Package] = []
    /// Of these packages, as far as somebody asked.
    var scripts = PackageScripts()
    /// Files that have no place there, or whose place was taken.
    var passedOver: [String] = []
  }

  /// Adds the packages, the indexes and the index of all packages. What the partition has already stays.
  ///
  /// - Parameter wantsScripts: whether packages are searched for the services that they bring.
  func add<Writer: PathHolder & ~Copyable>(
    to writer: inout Writer, wantsScripts: Bool
  ) throws(BuildError) -> Result {
    var result = Result()
    guard !inputs.isEmpty else { return result }
    var filler = CacheFiller(try open(), options: options)
    var packageCount = 0
    while let entry = try next(&filler) {
      let isPackage = filler.packages.count > packageCount
      packageCount = filler.packages.count
      if writer.contains(entry.path) {
        result.passedOver.append("\(entry.path)")
        continue
      }
      if monitor.writes.isStopped { throw .target(.cancelled) }
      let isSearched = wantsScripts && isPackage
      if isSearched, let package = filler.packages.last {
        result.scripts.begin(package.fullName, path: "\(entry.path)")
      }
      do { try writer.add(entry) } catch { throw .data(error) }
      try copy(&filler, to: &writer, &result.scripts, isSearched: isSearched)
    }
    result.packages = filler.packages
    result.passedOver += filler.passedOver.map { origin(of: "\($0)") }
    return result
  }
}

extension CachePackages {
  private func open() throws(BuildError) -> InputChain {
    do { return try InputChain(inputs, monitor: monitor) } catch { throw .source(error) }
  }

  private func next(_ filler: inout CacheFiller<InputChain>) throws(BuildError) -> Entry? {
    do throws(CacheError<ArchiveError>) { return try filler.next() } catch { throw buildError(error) }
  }

  private func copy<Writer: PathHolder & ~Copyable>(
    _ filler: inout CacheFiller<InputChain>, to writer: inout Writer, _ scripts: inout PackageScripts,
    isSearched: Bool
  ) throws(BuildError) {
    while true {
      let bytes = try piece(of: &filler)
      if bytes.isEmpty { return }
      if isSearched { do { try scripts.take(bytes) } catch { throw .cache(error) } }
      do { try writer.append(bytes) } catch { throw .data(error) }
    }
  }

  @_lifetime(&filler)
  private func piece(of filler: inout CacheFiller<InputChain>) throws(BuildError) -> RawSpan {
    do throws(CacheError<ArchiveError>) { return try filler.nextBytes() } catch { throw buildError(error) }
  }

  private func buildError(_ error: CacheError<ArchiveError>) -> BuildError {
    switch error {
    case .reading(let error): .source(error)
    case .cache(.package(let path, let problem)): .cache(.package(path: origin(of: path), problem))
    case .cache(let error): .cache(error)
    }
  }

  /// The path as a person finds it, of an entry's in the chain.
  private func origin(of path: String) -> String {
    for (input, own) in zip(inputs, paths) where path.hasPrefix("\(input.target)/") {
      let rest = path.dropFirst("\(input.target)/".count)
      return own.hasSuffix("/") ? own + rest : "\(own)/\(rest)"
    }
    return path
  }

  /// The names of a path, without those that lead back.
  private static func target(of path: String) -> EntryPath {
    let names = path.split(separator: "/").filter { $0 != "." && $0 != ".." }
    do { return try EntryPath(names.joined(separator: "/").utf8) } catch { return .root }
  }
}
