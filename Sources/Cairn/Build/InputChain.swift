// SPDX-License-Identifier: Apache-2.0
internal import Archive
internal import Entries

/// The entries of several inputs, one input behind the other, each below its target directory.
struct InputChain: ~Copyable, EntryReader {
  typealias Failure = ArchiveError

  /// Index of the input that the last entry came from.
  private(set) var inputIndex = 0
  /// When the first entry was modified; nil where there is none.
  let time: Timestamp?

  private let inputs: [CardContent.Input]
  private let directoryOwner: Entry.Owner?
  private var reader: InputReader?
  /// Read ahead to learn the time, and not yet handed out.
  private var firstEntry: Entry?
  private let monitor: BuildMonitor

  /// Opens the first input and reads its first entry.
  init(
    _ inputs: [CardContent.Input], directoryOwner: Entry.Owner? = nil, monitor: BuildMonitor
  ) throws(ArchiveError) {
    var reader: InputReader?
    if let first = inputs.first { reader = try InputReader(path: first.path, directoryOwner: directoryOwner) }
    let firstEntry = try reader?.next()
    self.inputs = inputs
    self.directoryOwner = directoryOwner
    self.monitor = monitor
    self.reader = consume reader
    self.firstEntry = firstEntry
    time = firstEntry?.modificationTime
  }

  mutating func next() throws(ArchiveError) -> Entry? {
    var entry = firstEntry.take()
    if entry == nil { entry = try reader?.next() } else { monitor.sourceProgress = reader?.progress }
    while entry == nil, inputIndex + 1 < inputs.count {
      inputIndex += 1
      reader = try InputReader(path: inputs[inputIndex].path, directoryOwner: directoryOwner)
      monitor.sourceProgress = reader?.progress
      entry = try reader?.next()
    }
    guard let entry, !inputs[inputIndex].target.isRoot else { return entry }
    return entry.moved(below: inputs[inputIndex].target)
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    if let bytes = try reader?.nextBytes() { return bytes }
    return RawSpan()
  }
}

extension Entry {
  fileprivate func moved(below target: EntryPath) -> Entry {
    var entry = self
    entry.path = target.appending(path)
    if case .hardLink(let other) = kind { entry.kind = .hardLink(to: target.appending(other)) }
    return entry
  }
}
