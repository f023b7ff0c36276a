// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Entries

/// The entries of the boot partition. A release among them is looked at as it passes, so that at the end it is known
/// which one it was.
struct BootReader: ~Copyable, EntryReader {
  typealias Failure = ArchiveError

  /// Told what the release holds; nil where there is none.
  private(set) var recognizer: ReleaseRecognizer?
  /// When the first entry was modified; nil where there is none.
  let time: Timestamp?
  private var chain: InputChain
  private var isObserving = false

  init(_ content: CardContent, monitor: BuildMonitor) throws(ArchiveError) {
    let chain = try InputChain(content.bootInputs, monitor: monitor)
    time = chain.time
    recognizer = content.release != nil ? ReleaseRecognizer() : nil
    self.chain = consume chain
  }

  mutating func next() throws(ArchiveError) -> Entry? {
    let entry = try chain.next()
    isObserving = false
    // The release is the first input.
    if chain.inputIndex == 0, let entry { isObserving = recognizer?.observe(entry) ?? false }
    return entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    let bytes = try chain.nextBytes()
    if isObserving { recognizer?.observe(bytes: bytes) }
    return bytes
  }
}
