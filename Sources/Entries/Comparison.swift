// SPDX-License-Identifier: Apache-2.0

/// Holds streams of entries against a volume and tells what is not the same.
///
///     var comparison = Comparison()
///     try comparison.add(contentsOf: &tar, on: &volume)
///     try comparison.finish(on: &volume)
///     for difference in comparison.differences { print(difference) }
///
/// The order of the source does not matter: the volume is asked for each path. Several sources are one tree, as they
/// are to an `EntryWriter`: directories on the way that no entry describes are root's with mode 0755 there, and may be
/// anything here; of a directory that comes twice, the last entry counts. Holes are zeros.
///
/// A file or directory that the volume can't give is a difference, too, and the rest is compared.
///
/// Memory is taken for the paths of the sources, for their directories and for the differences that are kept; content
/// passes through.
public struct Comparison {
  /// In the order of the source; then directories; then what only the volume has.
  public private(set) var differences: [Difference] = []
  /// How many there are, those that were not kept included.
  public private(set) var differenceCount = 0
  private let options: Options

  /// Every path that the sources name.
  private var paths: Set<EntryPath> = []
  /// Directories that lie on the way to a path.
  private var ways: Set<EntryPath> = [.root]
  /// Directories with what was said of them last, in the order in which they came.
  private var directories: [Entry] = []
  private var directoryIndices: [EntryPath: Int] = [:]
  /// The first name of a file, by another name that the source has for it.
  private var firstNames: [EntryPath: EntryPath] = [:]
  /// Files with several names on the volume: the first name in the source.
  private var filePaths: [UInt64: EntryPath] = [:]

  public init(_ options: Options = Options()) { self.options = options }

  /// What counts as a difference.
  public struct Options: Equatable, Sendable {
    public var comparesModes = true
    public var comparesOwners = true
    public var comparesAttributes = true
    /// Whether the root directory's own attributes are compared; what is in it always is.
    public var comparesRoot = true
    /// Whole seconds from which on two times of modification differ; 0 where each nanosecond counts, nil where times
    /// don't.
    public var timeTolerance: Int64? = 0
    /// Differences that are kept; more are only counted.
    public var largestDifferenceCount = 1000

    public init() {}

    /// For FAT, which has neither owners nor modes nor extended attributes, and times to two seconds.
    public static var fat: Options {
      var options = Options()
      options.comparesModes = false
      options.comparesOwners = false
      options.comparesAttributes = false
      options.comparesRoot = false
      options.timeTolerance = 2
      return options
    }
  }
}

/// Which side of a comparison could not be read.
public enum ComparisonError<Source: Error, Volume: Error>: Error {
  case source(Source)
  case volume(Volume)
}

extension ComparisonError: Equatable where Source: Equatable, Volume: Equatable {}

extension ComparisonError: CustomStringConvertible {
  /// What that side says.
  public var description: String {
    switch self {
    case .source(let error): "\(error)"
    case .volume(let error): "\(error)"
    }
  }
}

extension Comparison {
  /// Compares every entry that is left in `source`, with its bytes.
  public mutating func add<Source: EntryReader & ~Copyable, Volume: EntryLookup & ~Copyable>(
    contentsOf source: inout Source, on volume: inout Volume
  ) throws(ComparisonError<Source.Failure, Volume.Failure>) {
    while true {
      var next: Entry?
      do throws(Source.Failure) { next = try source.next() } catch { throw .source(error) }
      guard let entry = next else { return }
      note(entry.path)
      if entry.kind == .directory {
        note(directory: entry)
        continue
      }
      do throws(ComparisonError<Source.Failure, Volume.Failure>) {
        try compare(entry, from: &source, on: &volume)
      } catch {
        guard case .volume(let failure) = error, Volume.isOfOneItem(failure) else { throw error }
        tell(entry.path, .unreadable(reason: "\(failure)"))
      }
    }
  }

  /// Compares the directories, and looks for what the sources don't have.
  public mutating func finish<Volume: EntryLookup & ~Copyable>(
    on volume: inout Volume
  ) throws(Volume.Failure) {
    for directory in directories where !directory.path.isRoot || options.comparesRoot {
      do throws(Volume.Failure) {
        _ = try compare(directory, on: &volume)
      } catch {
        guard Volume.isOfOneItem(error) else { throw error }
        tell(directory.path, .unreadable(reason: "\(error)"))
      }
    }
    try findExtras(on: &volume)
  }
}

// What the sources have.
extension Comparison {
  private mutating func note(_ path: EntryPath) {
    paths.insert(path)
    var parent = path.parent
    while ways.insert(parent).inserted { parent = parent.parent }
  }

  private mutating func note(directory: Entry) {
    if let index = directoryIndices[directory.path] {
      directories[index] = directory
    } else {
      directoryIndices[directory.path] = directories.count
      directories.append(directory)
    }
  }

  private mutating func tell(_ path: EntryPath, _ kind: Difference.Kind) {
    differenceCount += 1
    if differences.count < options.largestDifferenceCount { differences.append(Difference(path, kind)) }
  }
}

// Attributes.
extension Comparison {
  private mutating func compare<Source: EntryReader & ~Copyable, Volume: EntryLookup & ~Copyable>(
    _ entry: Entry, from source: inout Source, on volume: inout Volume
  ) throws(ComparisonError<Source.Failure, Volume.Failure>) {
    var item: Volume.Item?
    do throws(Volume.Failure) { item = try compare(entry, on: &volume) } catch { throw .volume(error) }
    guard let item, case .regular(let content) = entry.kind else { return }
    try compareContent(content, of: entry.path, from: &source, with: item, on: &volume)
  }

  /// - Returns: what the volume has of the same type.
  private mutating func compare<Volume: EntryLookup & ~Copyable>(
    _ entry: Entry, on volume: inout Volume
  ) throws(Volume.Failure) -> Volume.Item? {
    guard let item = try volume.find(entry.path) else {
      tell(entry.path, .missing)
      return nil
    }
    if case .hardLink(let target) = entry.kind {
      try compareLink(entry.path, to: target, item, on: &volume)
      return nil
    }
    let isSameType = compareType(entry, item.entry)
    if isSameType { compareIdentity(entry.path, item.identity) }
    compareAttributes(entry, item.entry)
    return isSameType ? item : nil
  }

  private mutating func compareType(_ source: Entry, _ volume: Entry) -> Bool {
    guard let sourceType = source.kind.fileType, let volumeType = volume.kind.fileType else { return false }
    if sourceType != volumeType { tell(source.path, .fileType(source: sourceType, volume: volumeType)) }
    return sourceType == volumeType
  }

  private mutating func compareAttributes(_ source: Entry, _ volume: Entry) {
    let path = source.path
    switch (source.kind, volume.kind) {
    case (.symbolicLink(let target), .symbolicLink(let other)) where target != other:
      tell(path, .linkTarget(source: target, volume: other))
    case (.characterDevice(let major, let minor), .characterDevice(let otherMajor, let otherMinor)),
      (.blockDevice(let major, let minor), .blockDevice(let otherMajor, let otherMinor)):
      let source = Difference.DeviceNumber(major: major, minor: minor)
      let volume = Difference.DeviceNumber(major: otherMajor, minor: otherMinor)
      if source != volume { tell(path, .deviceNumber(source: source, volume: volume)) }
    default: break
    }
    if options.comparesModes, source.mode != volume.mode {
      tell(path, .mode(source: source.mode, volume: volume.mode))
    }
    if options.comparesOwners, source.owner != volume.owner {
      tell(path, .owner(source: source.owner, volume: volume.owner))
    }
    if !isSame(source.modificationTime, volume.modificationTime) {
      tell(path, .modificationTime(source: source.modificationTime, volume: volume.modificationTime))
    }
    if options.comparesAttributes {
      compareExtended(path, source.extendedAttributes, volume.extendedAttributes)
    }
  }

  private func isSame(_ source: Timestamp, _ volume: Timestamp) -> Bool {
    guard let tolerance = options.timeTolerance, source != volume else { return true }
    let (earlier, later) = (min(source, volume), max(source, volume))
    let (seconds, isFar) = later.seconds.subtractingReportingOverflow(earlier.seconds)
    guard !isFar, tolerance > 0 else { return false }
    // A second is not whole where the later time has fewer nanoseconds.
    return seconds - (later.nanoseconds < earlier.nanoseconds ? 1 : 0) < tolerance
  }

  private mutating func compareExtended(
    _ path: EntryPath, _ source: [Entry.ExtendedAttribute], _ volume: [Entry.ExtendedAttribute]
  ) {
    if source == volume { return }
    for attribute in source {
      guard let other = volume.first(where: { $0.name == attribute.name }) else {
        tell(path, .missingAttribute(name: attribute.name))
        continue
      }
      if other.value != attribute.value { tell(path, .attributeValue(name: attribute.name)) }
    }
    for attribute in volume where !source.contains(where: { $0.name == attribute.name }) {
      tell(path, .extraAttribute(name: attribute.name))
    }
  }
}

// Hard links.
extension Comparison {
  private mutating func compareLink<Volume: EntryLookup & ~Copyable>(
    _ path: EntryPath, to target: EntryPath, _ item: Volume.Item, on volume: inout Volume
  ) throws(Volume.Failure) {
    let first = firstNames[target] ?? target
    firstNames[path] = first
    // Where the other name is missing, that is told with its own entry.
    guard let other = try volume.find(first) else { return }
    if other.identity == nil || other.identity != item.identity { tell(path, .notLinked(to: first)) }
  }

  private mutating func compareIdentity(_ path: EntryPath, _ identity: UInt64?) {
    guard let identity else { return }
    if let first = filePaths[identity], first != path {
      tell(path, .linked(to: first))
    } else {
      filePaths[identity] = path
    }
  }
}

// Content.
extension Comparison {
  /// Goes through the source's bytes and the holes between them to the first difference.
  private mutating func compareContent<Source: EntryReader & ~Copyable, Volume: EntryLookup & ~Copyable>(
    _ content: Entry.Content, of path: EntryPath, from source: inout Source, with item: Volume.Item,
    on volume: inout Volume
  ) throws(ComparisonError<Source.Failure, Volume.Failure>) {
    guard case .regular(let other) = item.entry.kind else { return }
    guard content.size == other.size else {
      return tell(path, .size(source: content.size, volume: other.size))
    }
    var holes = HoleCursor()
    var data = DataCursor(content)
    while true {
      do throws(Volume.Failure) {
        if let offset = try holes.firstDifference(upTo: data.position, item, on: &volume) {
          return tell(path, .content(offset: offset))
        }
      } catch {
        throw .volume(error)
      }
      if data.isAtEnd { return }
      let difference = try Self.nextDifference(&data, &holes, from: &source, with: item, on: &volume)
      if let difference { return tell(path, .content(offset: difference)) }
    }
  }

  /// Compares the next bytes that come from the source, and the holes among them.
  private static func nextDifference<Source: EntryReader & ~Copyable, Volume: EntryLookup & ~Copyable>(
    _ data: inout DataCursor, _ holes: inout HoleCursor, from source: inout Source, with item: Volume.Item,
    on volume: inout Volume
  ) throws(ComparisonError<Source.Failure, Volume.Failure>) -> UInt64? {
    var bytes: RawSpan
    do throws(Source.Failure) { bytes = try source.nextBytes() } catch { throw .source(error) }
    if bytes.isEmpty {
      data.end()
      return nil
    }
    do throws(Volume.Failure) {
      while !bytes.isEmpty, !data.isAtEnd {
        if let offset = try holes.firstDifference(upTo: data.position, item, on: &volume) { return offset }
        let piece = data.take(atMost: bytes.byteCount)
        holes.skip(piece)
        let part = bytes.extracting(first: piece.count)
        if let offset = try volume.firstDifference(of: item, from: part, at: piece.lowerBound) {
          return offset
        }
        bytes = bytes.extracting(droppingFirst: piece.count)
      }
    } catch {
      throw .volume(error)
    }
    return nil
  }
}

/// Where in a file the bytes that come from its reader belong.
private struct DataCursor {
  private let ranges: [Range<UInt64>]
  private let size: UInt64
  private var index = 0
  /// Of the next byte, in the file; the file's size behind the last.
  private(set) var position: UInt64 = 0

  init(_ content: Entry.Content) {
    size = content.size
    ranges = (content.dataRanges ?? [0..<content.size]).filter { !$0.isEmpty }
    position = ranges.first?.lowerBound ?? size
  }

  var isAtEnd: Bool { index >= ranges.count }

  /// The next bytes that lie side by side. Not at the end.
  mutating func take(atMost limit: Int) -> Range<UInt64> {
    let start = position
    position = min(ranges[index].upperBound, start + UInt64(limit))
    let piece = start..<position
    if position == ranges[index].upperBound {
      index += 1
      position = isAtEnd ? size : ranges[index].lowerBound
    }
    return piece
  }

  /// No more bytes come.
  mutating func end() {
    index = ranges.count
    position = size
  }
}

/// What the source has no bytes for, which has to be zero on the volume.
private struct HoleCursor {
  /// Up to which all has been looked at.
  private var position: UInt64 = 0

  mutating func skip(_ data: Range<UInt64>) { position = data.upperBound }

  mutating func firstDifference<Volume: EntryLookup & ~Copyable>(
    upTo end: UInt64, _ item: Volume.Item, on volume: inout Volume
  ) throws(Volume.Failure) -> UInt64? {
    guard position < end else { return nil }
    let hole = position..<end
    position = end
    return try volume.firstNonzeroByte(of: item, in: hole)
  }
}

// What only the volume has.
extension Comparison {
  private mutating func findExtras<Volume: EntryLookup & ~Copyable>(
    on volume: inout Volume
  ) throws(Volume.Failure) {
    var waiting: [EntryPath] = [.root]
    while let path = waiting.popLast() {
      for path in try paths(in: path, on: &volume) {
        if ways.contains(path) || directoryIndices[path] != nil {
          waiting.append(path)
        } else if !paths.contains(path) {
          tell(path, .extra)
        }
      }
    }
  }

  private mutating func paths<Volume: EntryLookup & ~Copyable>(
    in directory: EntryPath, on volume: inout Volume
  ) throws(Volume.Failure) -> [EntryPath] {
    do throws(Volume.Failure) {
      guard let item = try volume.find(directory) else { return [] }
      return try volume.paths(in: item)
    } catch {
      guard Volume.isOfOneItem(error) else { throw error }
      tell(directory, .unreadable(reason: "\(error)"))
      return []
    }
  }
}
