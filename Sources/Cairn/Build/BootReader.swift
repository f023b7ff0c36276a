// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Entries

/// The entries of the boot partition. A release among them is looked at as it passes, so that at the end it is known
/// which one it was; two of its files get what the settings add to them, and behind all comes the card's note.
struct BootReader: ~Copyable, EntryReader {
  typealias Failure = BuildError

  /// Told what the release holds; nil where there is none.
  private(set) var recognizer: ReleaseRecognizer?
  /// Told which packages the release brings.
  private(set) var packages = ReleasePackages()
  /// Told what its packages hold; nil where nobody asks.
  private(set) var scripts: PackageScripts?
  /// What came of that, if it failed.
  private(set) var scriptError: AlpineError?
  /// When the first entry was modified; nil where there is none.
  let time: Timestamp?
  /// Apkovls in the root.
  private(set) var overlayPaths: [EntryPath] = []

  private var chain: InputChain
  private var settings = SystemSettings.BootSettings()
  /// Of what no input brings.
  private var additionTime = Timestamp(seconds: 0)
  private var recipeDigest: [UInt8] = []
  /// Files that the settings change and that have not come yet.
  private var awaitedFiles: [BootFile] = []
  private var hasNote = false
  /// Of the current entry, where they don't come from the chain.
  private var ownBytes: [UInt8]?
  /// What the last call lent.
  private var lentBytes: [UInt8] = []
  private var observers = Observers()

  /// Who wants the bytes of the current entry.
  private struct Observers {
    var recognizer = false
    var packages = false
    var scripts = false
  }

  /// - Parameter wantsScripts: whether the release's packages are searched for the services that they bring.
  init(_ content: CardContent, wantsScripts: Bool, monitor: BuildMonitor) throws(ArchiveError) {
    let chain = try InputChain(content.bootInputs, monitor: monitor)
    time = chain.time
    recognizer = content.release != nil ? ReleaseRecognizer() : nil
    scripts = wantsScripts ? PackageScripts() : nil
    self.chain = consume chain
  }

  /// Says what is to be added. Without a release nothing is.
  mutating func begin(for plan: Plan) {
    guard recognizer != nil else { return }
    settings = plan.system.boot
    additionTime = plan.time
    recipeDigest = plan.recipeDigest
    awaitedFiles = BootFile.allCases.filter { $0.isChanged(by: plan.system.boot) }
  }

  mutating func next() throws(BuildError) -> Entry? {
    ownBytes = nil
    while let entry = try nextInput() {
      // It would tell of another card.
      if recognizer != nil, CardNote.isPath(entry.path) { continue }
      if entry.path.isOverlay, entry.kind != .directory { overlayPaths.append(entry.path) }
      guard let file = BootFile(entry.path), let index = awaitedFiles.firstIndex(of: file) else {
        return entry
      }
      awaitedFiles.remove(at: index)
      return try changed(entry, file)
    }
    return try nextAddition()
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(BuildError) -> RawSpan {
    guard let bytes = ownBytes else { return try nextInputBytes() }
    lentBytes = bytes
    ownBytes = []
    return unsafe lentBytes.span.bytes
  }
}

// What the inputs bring.
extension BootReader {
  private mutating func nextInput() throws(BuildError) -> Entry? {
    let entry: Entry?
    do { entry = try chain.next() } catch { throw .source(error) }
    observers = Observers()
    // The release is the first input.
    if chain.inputIndex == 0, let entry, recognizer != nil {
      observers.recognizer = recognizer?.observe(entry) ?? false
      observers.packages = packages.observe(entry)
      observers.scripts = scripts?.observe(entry) ?? false
    }
    return entry
  }

  @_lifetime(&self)
  private mutating func nextInputBytes() throws(BuildError) -> RawSpan {
    do {
      let bytes = try chain.nextBytes()
      if observers.recognizer { recognizer?.observe(bytes: bytes) }
      if observers.packages { packages.observe(bytes: bytes) }
      if observers.scripts, scriptError == nil {
        do throws(AlpineError) { try scripts?.take(bytes) } catch { scriptError = error }
      }
      return bytes
    } catch { throw .source(error) }
  }

  /// All that is left of the current entry, which is small.
  private mutating func allBytes(of content: Entry.Content) throws(BuildError) -> [UInt8] {
    var stored: [UInt8] = []
    while true {
      let piece = try nextInputBytes()
      if piece.isEmpty { break }
      stored += piece.copy(0..<piece.byteCount)
    }
    guard let ranges = content.dataRanges else { return stored }
    var bytes = [UInt8](repeating: 0, count: Int(content.size))
    var rest = stored[...]
    for range in ranges {
      let count = Int(range.upperBound - range.lowerBound)
      bytes.replaceSubrange(Int(range.lowerBound)..<Int(range.upperBound), with: rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return bytes
  }
}

// What is added.
extension BootReader {
  private mutating func changed(_ entry: Entry, _ file: BootFile) throws(BuildError) -> Entry {
    guard case .regular(let content) = entry.kind else {
      throw .bootFile(.bootFile(entry.path, .notAFile))
    }
    guard content.size <= UInt64(BootFile.largestByteCount) else {
      throw .bootFile(.bootFile(entry.path, .tooLarge(byteCount: content.size)))
    }
    let bytes = try adding(to: try allBytes(of: content), of: file)
    ownBytes = bytes
    var entry = entry
    entry.kind = .regular(Entry.Content(size: UInt64(bytes.count)))
    return entry
  }

  private func adding(to content: [UInt8], of file: BootFile) throws(BuildError) -> [UInt8] {
    do { return try file.adding(settings, to: content) } catch { throw .bootFile(error) }
  }

  /// The user's configuration where no input brought one, and the note.
  private mutating func nextAddition() throws(BuildError) -> Entry? {
    guard let recognizer else { return nil }
    if let file = awaitedFiles.popLast() {
      guard file == .userConfiguration else { throw .bootFile(.bootFile(file.path, .missing)) }
      return own(file.path, try adding(to: [], of: file))
    }
    guard !hasNote else { return nil }
    hasNote = true
    let release: Release?
    do throws(AlpineError) { release = try recognizer.recognize() } catch { release = nil }
    let note = CardNote(version: CairnVersion.current, release: release, recipeDigest: recipeDigest)
    return own(CardNote.path, Array(note.text.utf8))
  }

  private mutating func own(_ path: EntryPath, _ bytes: [UInt8]) -> Entry {
    ownBytes = bytes
    return Entry(
      path, .regular(Entry.Content(size: UInt64(bytes.count))), mode: 0o644, modificationTime: additionTime)
  }
}
