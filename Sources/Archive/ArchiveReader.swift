// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Entries

/// The entries of a tar archive, as it is or compressed, in one pass.
///
/// A thread of its own reads, decompresses and parses ahead, in a few MiB of memory whatever the archive's size.
/// Owners are numbers: the names that a tar may have for them are passed over. The end is reached only when the whole
/// file was read and every checksum in it was right, so that a copy of the entries may be trusted then, and not before.
public struct ArchiveReader: ~Copyable, EntryReader {
  public let compression: Compression
  /// How far the file has been read.
  public let progress: ArchiveProgress
  private let thread: ReadingThread
  private var batch: Batch?
  private var nextItemIndex = 0
  private var ending: BatchQueue.Ending?

  /// Opens the file, tells its compression by its first bytes and begins to read ahead.
  ///
  /// - Throws: `system`, `library`. What is wrong inside shows with the entries.
  public init(path: String) throws(ArchiveError) {
    let file = try ArchiveFile.open(path)
    try file.peek(Compression.magicByteCount)
    let compression = Compression.recognized(by: unsafe file.bytes.bytes)
    thread = try ReadingThread.start(file, compression)
    self.compression = compression
    progress = file.progress
  }

  /// - Throws: `tar`, `compressed`, `system`; and again with every call after it.
  public mutating func next() throws(ArchiveError) -> Entry? {
    while let item = try peekItem() {
      nextItemIndex += 1
      if case .entry(let entry) = item { return entry }
    }
    return nil
  }

  /// - Throws: as `next()` does.
  @_lifetime(&self)
  public mutating func nextBytes() throws(ArchiveError) -> RawSpan {
    guard case .content(let range) = try peekItem(), let batch else { return RawSpan() }
    nextItemIndex += 1
    // The batch is ours until the next call gives it back.
    return unsafe _overrideLifetime(batch.bytes(range).bytes, mutating: &self)
  }

  /// Nil at the end.
  private mutating func peekItem() throws(ArchiveError) -> TarParser.Item? {
    while true {
      if let batch, nextItemIndex < batch.items.count { return batch.items[nextItemIndex] }
      if ending == nil { takeBatch() }
      switch ending {
      case nil: continue
      case .complete: return nil
      case .failed(let error): throw error
      }
    }
  }

  private mutating func takeBatch() {
    nextItemIndex = 0
    let last = batch.take()
    let start = linux_monotonic_nanoseconds()
    let taken = thread.next(givingBack: last)
    progress.countWaiting(since: start)
    switch taken {
    case .batch(let next): batch = next
    case .ending(let how): ending = how
    }
  }
}
