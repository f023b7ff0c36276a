// SPDX-License-Identifier: Apache-2.0
import Entries
import Testing

/// A file of a tree of the test's own.
private struct TreeItem: LookupItem {
  var entry: Entry
  /// All that the file has, holes as zeros.
  var bytes: [UInt8] = []
  var identity: UInt64?
}

/// Hands out what it was given, five bytes at a time.
private struct TreeReader: EntryReader {
  struct Failure: Error, Equatable { let path: EntryPath }

  var items: [TreeItem]
  var failingPath: EntryPath?
  private var pieces: [UInt8] = []
  private var piece: [UInt8] = []

  init(_ items: [TreeItem], failingPath: EntryPath? = nil) {
    self.items = items
    self.failingPath = failingPath
  }

  mutating func next() throws(Failure) -> Entry? {
    guard !items.isEmpty else { return nil }
    let item = items.removeFirst()
    guard item.entry.path != failingPath else { throw Failure(path: item.entry.path) }
    pieces = []
    guard case .regular(let content) = item.entry.kind else { return item.entry }
    for range in content.dataRanges ?? [0..<content.size] {
      pieces += item.bytes[Int(range.lowerBound)..<Int(range.upperBound)]
    }
    return item.entry
  }

  @_lifetime(&self)
  mutating func nextBytes() throws(Failure) -> RawSpan {
    piece = Array(pieces.prefix(5))
    pieces.removeFirst(piece.count)
    return piece.span.bytes
  }
}

private struct TreeVolume: EntryLookup {
  struct Failure: Error, Equatable, CustomStringConvertible {
    let path: EntryPath
    var isOfOneItem = false
    var description: String { "\(path) is damaged" }
  }

  var items: [TreeItem]
  var failingPath: EntryPath?
  var damagedPath: EntryPath?

  static func isOfOneItem(_ failure: Failure) -> Bool { failure.isOfOneItem }

  func find(_ path: EntryPath) throws(Failure) -> TreeItem? {
    guard path != failingPath else { throw Failure(path: path) }
    guard path != damagedPath else { throw Failure(path: path, isOfOneItem: true) }
    return items.last { $0.entry.path == path }
  }

  func paths(in directory: TreeItem) -> [EntryPath] {
    items.map(\.entry.path).filter { !$0.isRoot && $0.parent == directory.entry.path }
  }

  func firstDifference(of file: TreeItem, from bytes: RawSpan, at offset: UInt64) -> UInt64? {
    let count = min(bytes.byteCount, file.bytes.count - Int(offset))
    let given = bytes.withUnsafeBytes(Array.init)
    return (0..<count).first { given[$0] != file.bytes[Int(offset) + $0] }.map { offset + UInt64($0) }
  }

  func firstNonzeroByte(of file: TreeItem, in range: Range<UInt64>) -> UInt64? {
    range.first { file.bytes[Int($0)] != 0 }
  }

  func extents(of file: TreeItem) -> [Range<UInt64>] { [] }
}

@Suite struct ComparisonTests {
  private typealias Failure = ComparisonError<TreeReader.Failure, TreeVolume.Failure>

  private static let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)
  private static let attribute = Entry.ExtendedAttribute(name: Array("user.a".utf8), value: [1])

  private static func item(
    _ path: StaticString, _ kind: Entry.Kind, _ bytes: [UInt8] = [], mode: UInt16 = 0o644,
    identity: UInt64? = nil
  ) -> TreeItem {
    let entry = Entry(
      EntryPath(path), kind, mode: mode, modificationTime: time, extendedAttributes: [attribute])
    return TreeItem(entry: entry, bytes: bytes, identity: identity)
  }

  private static let root = item("", .directory, mode: 0o755)
  private static let directory = item("dir", .directory, mode: 0o755)
  private static let bytes: [UInt8] = (1...23).map { $0 }
  private static let file = item("dir/file", .regular(.init(size: 23)), bytes)
  private static let link = item("dir/link", .symbolicLink(target: [0x61]))
  private static let device = item("dir/device", .characterDevice(major: 1, minor: 3))
  private static let other = item("dir/other", .regular(.init(size: 2)), [1, 2], identity: 7)
  private static let name = item("dir/name", .regular(.init(size: 2)), [1, 2], identity: 7)
  private static let nameInSource = item("dir/name", .hardLink(to: EntryPath("dir/other")))

  private static let source = [root, directory, file, link, device, other, nameInSource]
  private static let volume = [root, directory, file, link, device, other, name]

  private func differences(
    _ source: [TreeItem] = Self.source, _ volume: [TreeItem] = Self.volume,
    _ options: Comparison.Options = .init()
  ) throws -> [Difference] {
    var reader = TreeReader(source)
    var lookup = TreeVolume(items: volume)
    var comparison = Comparison(options)
    try comparison.add(contentsOf: &reader, on: &lookup)
    try comparison.finish(on: &lookup)
    #expect(comparison.differenceCount == comparison.differences.count)
    return comparison.differences
  }

  /// The volume's items, one of them changed.
  private func volume(_ path: StaticString, _ change: (inout TreeItem) -> Void) -> [TreeItem] {
    var items = Self.volume
    for index in items.indices where items[index].entry.path == EntryPath(path) { change(&items[index]) }
    return items
  }

  @Test func `equal trees differ in nothing, whatever the order`() throws {
    #expect(try differences() == [])
    #expect(try differences(Self.source, Self.volume.reversed()) == [])
    #expect(try differences(Self.source.reversed()) == [])
  }

  @Test func `each difference is found, alone, and says what it is`() throws {
    let plants: [(path: StaticString, change: (inout TreeItem) -> Void, text: String)] = [
      (
        "dir/file", { $0.entry.mode = 0o4755 },
        "dir/file: mode 0644 in the source, 4755 on the volume"
      ),
      (
        "dir", { $0.entry.mode = 0 }, "dir: mode 0755 in the source, 0000 on the volume"
      ),
      (
        "", { $0.entry.mode = 0o700 }, "./: mode 0755 in the source, 0700 on the volume"
      ),
      (
        "dir/link", { $0.entry.owner = .init(user: 7, group: 8) },
        "dir/link: owner 0:0 in the source, 7:8 on the volume"
      ),
      (
        "dir/file", { $0.entry.modificationTime.nanoseconds = 500_000_000 },
        "dir/file: modification time 1700000000.000000005 in the source, 1700000000.5 on the volume"
      ),
      (
        "dir/file", { $0.entry.modificationTime = Timestamp(seconds: -2, nanoseconds: 750_000_000) },
        "dir/file: modification time 1700000000.000000005 in the source, -1.25 on the volume"
      ),
      (
        "dir/file", { $0.entry.kind = .regular(.init(size: 22)) },
        "dir/file: 23 bytes in the source, 22 on the volume"
      ),
      ("dir/file", { $0.bytes[22] = 0 }, "dir/file: content differs from byte 22 on"),
      (
        "dir/file", { $0.entry.kind = .fifo }, "dir/file: a file in the source, a FIFO on the volume"
      ),
      (
        "dir/link", { $0.entry.kind = .symbolicLink(target: [0x62, 0x0A]) },
        "dir/link: leads to a in the source, b\\x0a on the volume"
      ),
      (
        "dir/device", { $0.entry.kind = .characterDevice(major: 1, minor: 5) },
        "dir/device: device 1:3 in the source, 1:5 on the volume"
      ),
      (
        "dir/file", { $0.entry.extendedAttributes = [] },
        "dir/file: extended attribute user.a is missing on the volume"
      ),
      (
        "dir/file", { $0.entry.extendedAttributes.append(.init(name: [0x62], value: [])) },
        "dir/file: extended attribute b is not in the source"
      ),
      (
        "dir", { $0.entry.extendedAttributes[0].value = [] },
        "dir: extended attribute user.a has another value on the volume"
      ),
      (
        "dir/name", { $0.identity = nil },
        "dir/name: a hard link to dir/other in the source, a file of its own on the volume"
      ),
      (
        "dir/file", { $0.identity = 7 },
        "dir/other: a file of its own in the source, a hard link to dir/file on the volume"
      ),
    ]
    for (path, change, text) in plants {
      #expect(try differences(Self.source, volume(path, change)).map(\.description) == [text])
    }
  }

  @Test func `what one side has alone is told once, without what lies below it`() throws {
    let extra = [
      Self.item("new", .directory), Self.item("new/file", .fifo), Self.item("dir/new", .fifo),
    ]
    #expect(
      try differences(Self.source, Self.volume + extra) == [
        Difference(EntryPath("new"), .extra), Difference(EntryPath("dir/new"), .extra),
      ])
    #expect(
      try differences(Self.source + extra).map(\.description) == [
        "new/file: missing on the volume", "dir/new: missing on the volume", "new: missing on the volume",
      ])
  }

  @Test func `a name that is missing is not missed again by the links to it`() throws {
    let volume = Self.volume.filter { $0.entry.path != EntryPath("dir/other") }
    #expect(try differences(Self.source, volume) == [Difference(EntryPath("dir/other"), .missing)])
  }

  @Test func `a link to a link is a name of the same file`() throws {
    let third = Self.item("dir/third", .regular(.init(size: 2)), [1, 2], identity: 7)
    let link = Self.item("dir/third", .hardLink(to: EntryPath("dir/name")))
    #expect(try differences(Self.source + [link], Self.volume + [third]) == [])
  }

  @Test func `directories on the way may be anything, and the last word on a directory counts`() throws {
    #expect(try differences(Self.source.filter { $0.entry.path != EntryPath("dir") }) == [])
    var first = Self.directory
    first.entry.mode = 0
    #expect(try differences([first] + Self.source) == [])
    #expect(try differences(Self.source + [first]).count == 1)
  }

  @Test(arguments: [[0..<5, 20..<23], [7..<12], [], [3..<3, 5..<6, 6..<7, 23..<23], [0..<23]])
  func `holes are zeros, and data anywhere else is found`(ranges: [Range<UInt64>]) throws {
    let data = Set(ranges.flatMap { $0 })
    let bytes = (0..<23).map { data.contains($0) ? UInt8($0 + 1) : 0 }
    let sparse = Self.item("file", .regular(.init(size: 23, dataRanges: ranges)), bytes)
    let whole = Self.item("file", .regular(.init(size: 23)), bytes)
    #expect(try differences([Self.root, sparse], [Self.root, whole]) == [])
    #expect(try differences([Self.root, whole], [Self.root, sparse]) == [])
    for offset in 0..<23 {
      var changed = whole
      changed.bytes[offset] ^= 0x80
      #expect(
        try differences([Self.root, sparse], [Self.root, changed]) == [
          Difference(EntryPath("file"), .content(offset: UInt64(offset)))
        ])
    }
  }

  @Test func `what FAT can't hold is passed over, and times are told from two seconds on`() throws {
    let isSame = [
      Timestamp(seconds: 1_699_999_998, nanoseconds: 6), Timestamp(seconds: 1_700_000_002, nanoseconds: 4),
    ]
    for time in isSame {
      let volume = Self.volume.map { item in
        var item = item
        item.entry.modificationTime = time
        item.entry.mode = 0
        item.entry.owner = .init(user: 1, group: 1)
        item.entry.extendedAttributes = []
        return item
      }
      #expect(try differences(Self.source, volume, .fat) == [])
    }
    for time in [Timestamp(seconds: 1_699_999_998, nanoseconds: 5), Timestamp(seconds: .min)] {
      let volume = volume("dir/file") { $0.entry.modificationTime = time }
      #expect(try differences(Self.source, volume, .fat).count == 1)
    }
  }

  @Test func `more differences than are wanted are only counted`() throws {
    var options = Comparison.Options()
    options.largestDifferenceCount = 2
    var reader = TreeReader(Self.source)
    var lookup = TreeVolume(items: [Self.root])
    var comparison = Comparison(options)
    try comparison.add(contentsOf: &reader, on: &lookup)
    try comparison.finish(on: &lookup)
    #expect(comparison.differences.count == 2)
    #expect(comparison.differenceCount == 6)
  }

  @Test func `several sources are one tree`() throws {
    var first = TreeReader(Array(Self.source[..<3]))
    var second = TreeReader(Array(Self.source[3...]))
    var lookup = TreeVolume(items: Self.volume)
    var comparison = Comparison()
    try comparison.add(contentsOf: &first, on: &lookup)
    try comparison.add(contentsOf: &second, on: &lookup)
    try comparison.finish(on: &lookup)
    #expect(comparison.differences == [])
  }

  @Test(arguments: ["dir/file", "dir/link"])
  func `what is damaged on the volume is a difference, and the rest is compared`(name: String) throws {
    let path = try EntryPath(Array(name.utf8))
    var reader = TreeReader(Self.source)
    var lookup = TreeVolume(items: volume("dir/device") { $0.entry.mode = 0 }, damagedPath: path)
    var comparison = Comparison()
    try comparison.add(contentsOf: &reader, on: &lookup)
    try comparison.finish(on: &lookup)
    #expect(
      comparison.differences.map(\.description) == [
        "\(path): can't be read on the volume: \(path) is damaged",
        "dir/device: mode 0644 in the source, 0000 on the volume",
      ])
  }

  @Test func `an error comes as that of its side`() {
    let path = EntryPath("dir/link")
    for (failingSource, failingVolume, expected) in [
      (path, nil, Failure.source(.init(path: path))), (nil, path, Failure.volume(.init(path: path))),
    ] as [(EntryPath?, EntryPath?, Failure)] {
      var reader = TreeReader(Self.source, failingPath: failingSource)
      var lookup = TreeVolume(items: Self.volume, failingPath: failingVolume)
      var comparison = Comparison()
      #expect(throws: expected) { try comparison.add(contentsOf: &reader, on: &lookup) }
    }
  }
}
