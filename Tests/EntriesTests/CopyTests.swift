// SPDX-License-Identifier: Apache-2.0
import Entries
import Testing

/// Hands out what it was given, three bytes at a time, until its n-th call.
private struct ListReader: EntryReader {
  struct Failure: Error, Equatable, CustomStringConvertible {
    var description: String { "tar: ends within a file" }
  }

  var entries: [(entry: Entry, bytes: [UInt8])]
  var callsUntilFailure = Int.max
  private var rest: [UInt8] = []
  private var piece: [UInt8] = []

  init(_ entries: [(entry: Entry, bytes: [UInt8])], callsUntilFailure: Int = .max) {
    self.entries = entries
    self.callsUntilFailure = callsUntilFailure
  }

  mutating func next() throws(Failure) -> Entry? {
    try call()
    guard !entries.isEmpty else { return nil }
    let (entry, bytes) = entries.removeFirst()
    rest = bytes
    return entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(Failure) -> RawSpan {
    try call()
    piece = Array(rest.prefix(3))
    rest.removeFirst(piece.count)
    return piece.span.bytes
  }

  private mutating func call() throws(Failure) {
    callsUntilFailure -= 1
    if callsUntilFailure == 0 { throw Failure() }
  }
}

/// Notes what it gets, until its n-th call.
private struct ListWriter: EntryWriter {
  struct Failure: Error, Equatable, CustomStringConvertible {
    var description: String { "volume: full" }
  }

  var entries: [(entry: Entry, pieces: [[UInt8]])] = []
  var callsUntilFailure = Int.max
  var isFinished = false

  mutating func add(_ entry: Entry) throws(Failure) {
    try call()
    entries.append((entry, []))
  }

  mutating func append(_ bytes: RawSpan) throws(Failure) {
    try call()
    entries[entries.count - 1].pieces.append(bytes.withUnsafeBytes(Array.init))
  }

  mutating func finish() throws(Failure) { isFinished = true }

  private mutating func call() throws(Failure) {
    callsUntilFailure -= 1
    if callsUntilFailure == 0 { throw Failure() }
  }
}

@Suite struct CopyTests {
  private typealias Failure = CopyError<ListReader.Failure, ListWriter.Failure>

  private let entries: [(entry: Entry, bytes: [UInt8])] = [
    (Entry(EntryPath("boot"), .directory, mode: 0o755, modificationTime: Timestamp(seconds: 1)), []),
    (
      Entry(
        EntryPath("boot/a"), .regular(.init(size: 7)), mode: 0o644, modificationTime: Timestamp(seconds: 2)),
      [1, 2, 3, 4, 5, 6, 7]
    ),
    (
      Entry(
        EntryPath("empty"), .regular(.init(size: 0)), mode: 0o644, modificationTime: Timestamp(seconds: 3)),
      []
    ),
    (
      Entry(
        EntryPath("link"), .symbolicLink(target: [0x61]), mode: 0o777,
        modificationTime: Timestamp(seconds: 4)), []
    ),
  ]

  @Test func `every entry comes over with its bytes, in order`() throws {
    var reader = ListReader(entries)
    var writer = ListWriter()
    try writer.add(contentsOf: &reader)
    #expect(writer.entries.map(\.entry) == entries.map(\.entry))
    #expect(writer.entries.map(\.pieces) == [[], [[1, 2, 3], [4, 5, 6], [7]], [], []])
    #expect(!writer.isFinished)
  }

  @Test func `what is left of one entry comes over by itself`() throws {
    var reader = ListReader(Array(entries[1...2]))
    var writer = ListWriter()
    try writer.add(#require(try reader.next()))
    _ = try reader.nextBytes()
    try writer.addBytes(from: &reader)
    #expect(writer.entries.map(\.pieces) == [[[4, 5, 6], [7]]])
  }

  @Test(arguments: 1...11)
  func `a reader's error comes as the reader's, whichever call it was`(call: Int) {
    // next, next, 4 × nextBytes, next, nextBytes, next, next: ten calls in all.
    var reader = ListReader(entries, callsUntilFailure: call)
    var writer = ListWriter()
    var failure: Failure?
    do throws(Failure) { try writer.add(contentsOf: &reader) } catch { failure = error }
    #expect(failure == (call <= 10 ? .reading(ListReader.Failure()) : nil))
  }

  @Test(arguments: 1...8)
  func `a writer's error comes as the writer's, whichever call it was`(call: Int) {
    // add, add, 3 × append, add, add: seven calls in all.
    var reader = ListReader(entries)
    var writer = ListWriter(callsUntilFailure: call)
    var failure: Failure?
    do throws(Failure) { try writer.add(contentsOf: &reader) } catch { failure = error }
    #expect(failure == (call <= 7 ? .writing(ListWriter.Failure()) : nil))
  }

  @Test func `an error says what its side says`() {
    #expect(Failure.reading(ListReader.Failure()).description == "tar: ends within a file")
    #expect(Failure.writing(ListWriter.Failure()).description == "volume: full")
  }
}
