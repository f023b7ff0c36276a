// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Entries

/// The entries of all inputs of the boot partition, one input behind the other. A release among them is looked at as it
/// passes, so that at the end it is known which one it was.
struct ContentReader: ~Copyable, EntryReader {
  typealias Failure = ArchiveError

  /// Told what the release holds; nil where there is none.
  private(set) var recognizer: ReleaseRecognizer?
  /// When the first entry was modified; 1970 where there is no entry.
  let time: Timestamp

  private var input: InputReader
  /// Inputs that have not been opened.
  private var paths: ArraySlice<String>
  /// Read ahead to learn the time, and not yet handed out.
  private var firstEntry: Entry?
  private var isRelease: Bool
  private var isObserving = false
  private let monitor: BuildMonitor

  /// Opens the first input and reads its first entry. Nil where there is no input.
  static func open(
    _ content: CardContent, monitor: BuildMonitor
  ) throws(ArchiveError) -> ContentReader? {
    guard let path = content.paths.first else { return nil }
    var input = try InputReader(path: path)
    let firstEntry = try input.next()
    return ContentReader(content, input, firstEntry, monitor)
  }

  private init(
    _ content: CardContent, _ input: consuming InputReader, _ firstEntry: Entry?, _ monitor: BuildMonitor
  ) {
    isRelease = content.release != nil
    recognizer = isRelease ? ReleaseRecognizer() : nil
    time = firstEntry?.modificationTime ?? Timestamp(seconds: 0)
    paths = content.paths.dropFirst()
    monitor.sourceProgress = input.progress
    self.input = input
    self.firstEntry = firstEntry
    self.monitor = monitor
  }

  mutating func next() throws(ArchiveError) -> Entry? {
    var entry = firstEntry.take()
    if entry == nil { entry = try input.next() }
    while entry == nil, let path = paths.popFirst() {
      try open(path)
      entry = try input.next()
    }
    if isRelease, let entry { isObserving = recognizer?.observe(entry) ?? false }
    return entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    let bytes = try input.nextBytes()
    if isObserving { recognizer?.observe(bytes: bytes) }
    return bytes
  }

  private mutating func open(_ path: String) throws(ArchiveError) {
    input = try InputReader(path: path)
    monitor.sourceProgress = input.progress
    isRelease = false
    isObserving = false
  }
}
