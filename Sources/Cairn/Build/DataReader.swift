// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Entries

/// The entries that the inputs bring to the data partition, with the owners that a device table gives them; behind them
/// the target directories that none had, and what the table alone has.
struct DataReader: ~Copyable, EntryReader {
  typealias Failure = ArchiveError

  /// When the first entry was modified; nil where there is none.
  let firstTime: Timestamp?
  /// Apkovls in the volume's root, which a diskless system would take for its own.
  private(set) var overlayPaths: [EntryPath] = []
  private(set) var entryCount = 0
  /// Told which packages come into apk's cache; nil where nobody asks.
  private(set) var cached: CachedPackages?
  private var isObserving = false

  private var chain: InputChain
  private var table: DeviceTableUse?
  /// Targets that no entry has been.
  private var unnamedTargets: Set<EntryPath>
  /// What comes behind the inputs; nil until they have ended.
  private var additions: ArraySlice<Entry>?
  /// When what no input brings was modified.
  private var time = Timestamp(seconds: 0)

  /// - Parameter cached: what is to be told which packages come into apk's cache.
  init(
    _ content: CardContent, tellingOf cached: CachedPackages? = nil, monitor: BuildMonitor
  ) throws(ArchiveError) {
    let table: DeviceTableUse? =
      if let path = content.deviceTable { DeviceTableUse(of: try DeviceTable(contentsOf: path)) } else { nil }
    let chain = try InputChain(content.data, directoryOwner: content.directoryOwner, monitor: monitor)
    firstTime = chain.time
    unnamedTargets = Set(content.data.map(\.target)).subtracting([.root])
    self.table = table
    self.cached = cached
    self.chain = consume chain
  }

  /// The last of them.
  var overlayPath: EntryPath? { overlayPaths.last }

  /// - Parameter time: of directories and devices that no input brings.
  mutating func begin(at time: Timestamp) { self.time = time }

  mutating func next() throws(ArchiveError) -> Entry? {
    guard additions == nil, var entry = try chain.next() else { return try nextAddition() }
    try table?.apply(to: &entry)
    entryCount += 1
    isObserving = cached?.observe(entry) ?? false
    if case .directory = entry.kind {
      if !unnamedTargets.isEmpty { unnamedTargets.remove(entry.path) }
    } else if entry.path.isOverlay {
      overlayPaths.append(entry.path)
    }
    return entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    guard additions == nil else { return RawSpan() }
    let bytes = try chain.nextBytes()
    if isObserving { cached?.observe(bytes: bytes) }
    return bytes
  }

  private mutating func nextAddition() throws(ArchiveError) -> Entry? {
    if additions == nil { additions = try makeAdditions()[...] }
    return additions?.popFirst()
  }

  private mutating func makeAdditions() throws(ArchiveError) -> [Entry] {
    var entries: [Entry] = []
    for path in unnamedTargets.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      var entry = Entry(path, .directory, mode: 0o755, modificationTime: time)
      try table?.apply(to: &entry)
      entries.append(entry)
    }
    return entries + (try table?.additions(time: time) ?? [])
  }
}
