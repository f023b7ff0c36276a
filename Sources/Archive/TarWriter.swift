// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Writes a tar: ustar headers, and PAX records for what they can't hold.
///
/// The same entries give the same bytes: there is no clock in it, and no names of owners, only their numbers.
/// Directories on the way that have not come stay unsaid, as whoever unpacks makes them. Sparse files are written
/// whole, with their zeros, since not every tar knows of holes. Names are bytes as they are, as GNU tar has them, also
/// in the records, where POSIX asks for UTF-8.
///
/// Source: POSIX.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format".
public struct TarWriter: ~Copyable, EntryWriter {
  private let sink: any ByteSink
  /// What has come, and whether a hard link may point there: it is no directory.
  private var written: [EntryPath: Bool] = [:]
  private var content: OpenContent?

  public init(to sink: any ByteSink) { self.sink = sink }

  /// - Throws: `duplicate`, `missingLinkTarget`, `unrepresentable`; `contentSize` where the entry before is not
  ///   complete; what the sink throws.
  public mutating func add(_ entry: Entry) throws(ArchiveError) {
    try endContent()
    try checkOrder(of: entry)
    let content = try Self.content(of: entry)
    let (header, records) = try Self.header(of: entry)
    if !records.isEmpty { try write(records, of: entry.path) }
    try sink.write(header.encoded())
    written[entry.path] = entry.kind != .directory
    self.content = content
  }

  /// - Throws: `contentSize` where it is more than the entry has; what the sink throws.
  public mutating func append(_ bytes: RawSpan) throws(ArchiveError) {
    precondition(content != nil, "bytes before the first entry")
    try content?.append(bytes, to: sink)
  }

  /// Writes the two blocks of zeros that end an archive, and finishes the sink. Nothing is padded to a record.
  public mutating func finish() throws(ArchiveError) {
    try endContent()
    try sink.writeZeros(UInt64(2 * TarHeader.byteCount))
    try sink.finish()
  }

  private mutating func endContent() throws(ArchiveError) {
    try content?.end(sink)
    content = nil
  }

  /// What is no regular file has none.
  private static func content(of entry: Entry) throws(ArchiveError) -> OpenContent {
    guard case .regular(let content) = entry.kind else { return try OpenContent(entry.path, .init(size: 0)) }
    return try OpenContent(entry.path, content)
  }

  private func checkOrder(of entry: Entry) throws(ArchiveError) {
    guard !entry.path.isRoot || entry.kind == .directory else { throw .unrepresentable(entry.path, .root) }
    if let canBeLinked = written[entry.path], canBeLinked || entry.kind != .directory {
      throw .duplicate(entry.path)
    }
    guard case .hardLink(let target) = entry.kind else { return }
    guard written[target] == true else { throw .missingLinkTarget(entry.path, target: target) }
  }
}

// MARK: Headers

extension TarWriter {
  private static func header(of entry: Entry) throws(ArchiveError) -> (TarHeader, PAXRecords) {
    var header = TarHeader()
    var records = PAXRecords()
    try header.describe(entry)
    header.mode = UInt64(entry.mode & 0o7777)
    header.user = UInt64(entry.owner.user)
    header.group = UInt64(entry.owner.group)
    header.modificationTime = entry.modificationTime.seconds
    records.appendWhatIsMissing(in: header, of: entry)
    try records.append(entry.extendedAttributes, of: entry.path)
    return (header, records)
  }

  /// A header of its own, whose content the records are.
  private func write(_ records: PAXRecords, of path: EntryPath) throws(ArchiveError) {
    let content = records.encoded()
    let name = Array("PaxHeaders/".utf8) + (path.isRoot ? [UInt8(ascii: ".")] : path.name)
    let header = TarHeader(
      path: Array(name.prefix(TarHeader.Field.name.count)), mode: 0o644, size: UInt64(content.count),
      type: .extendedHeader)
    try sink.write(header.encoded())
    try sink.write(content)
    try sink.writePadding(after: UInt64(content.count))
  }
}

extension TarHeader {
  /// Sets what depends on the kind of entry.
  fileprivate mutating func describe(_ entry: Entry) throws(ArchiveError) {
    path = entry.path.isRoot ? [UInt8(ascii: ".")] : entry.path.bytes
    switch entry.kind {
    case .directory:
      type = .directory
      path.append(UInt8(ascii: "/"))
    case .regular(let content):
      size = content.size
    case .symbolicLink(let target):
      guard !target.isEmpty, !target.contains(0) else { throw .unrepresentable(entry.path, .linkTarget) }
      type = .symbolicLink
      linkPath = target
    case .hardLink(let target):
      type = .hardLink
      linkPath = target.bytes
    case .characterDevice(let major, let minor):
      try setDevice(.characterDevice, major, minor, entry.path)
    case .blockDevice(let major, let minor):
      try setDevice(.blockDevice, major, minor, entry.path)
    case .fifo:
      type = .fifo
    case .socket:
      throw .unrepresentable(entry.path, .socket)
    }
  }

  private mutating func setDevice(
    _ type: TypeFlag, _ major: UInt32, _ minor: UInt32, _ path: EntryPath
  ) throws(ArchiveError) {
    self.type = type
    deviceMajor = UInt64(major)
    deviceMinor = UInt64(minor)
    guard max(deviceMajor, deviceMinor) <= Self.maximumShortNumber else {
      throw .unrepresentable(path, .deviceNumber)
    }
  }
}

extension PAXRecords {
  /// Records for the fields of `header` that are too small.
  fileprivate mutating func appendWhatIsMissing(in header: TarHeader, of entry: Entry) {
    if TarHeader.split(header.path) == nil { append("path", header.path) }
    if header.linkPath.count > TarHeader.Field.linkname.count { append("linkpath", header.linkPath) }
    if header.size > TarHeader.maximumLongNumber { append("size", String(header.size).utf8) }
    if header.user > TarHeader.maximumShortNumber { append("uid", String(header.user).utf8) }
    if header.group > TarHeader.maximumShortNumber { append("gid", String(header.group).utf8) }
    let time = entry.modificationTime
    if !(0...Int64(TarHeader.maximumLongNumber)).contains(time.seconds) || time.nanoseconds != 0 {
      append("mtime", time.decimal.utf8)
    }
  }

  fileprivate mutating func append(
    _ attributes: [Entry.ExtendedAttribute], of path: EntryPath
  ) throws(ArchiveError) {
    for attribute in attributes {
      guard !attribute.name.isEmpty, !attribute.name.contains(0) else {
        throw .unrepresentable(path, .attributeName)
      }
      append(Self.attributePrefix + Self.escaped(attribute.name), attribute.value)
    }
  }

  /// What stands before the names of extended attributes, in star and GNU tar.
  static let attributePrefix = Array("SCHILY.xattr.".utf8)

  /// A "=" would end the keyword: GNU tar writes it as %3D, and % as %25.
  private static func escaped(_ name: [UInt8]) -> [UInt8] {
    name.flatMap { byte in
      switch byte {
      case UInt8(ascii: "="): Array("%3D".utf8)
      case UInt8(ascii: "%"): Array("%25".utf8)
      default: [byte]
      }
    }
  }
}

extension Timestamp {
  /// Seconds with a fraction where there is one: "-0.5" is half a second before 1970.
  var decimal: String {
    let isNegative = seconds < 0
    // The time's distance from 1970. Seconds are rounded down, so before 1970 the fraction counts backwards.
    let borrowed = isNegative && nanoseconds > 0
    let whole = borrowed ? (seconds + 1).magnitude : seconds.magnitude
    let fraction = borrowed ? 1_000_000_000 - nanoseconds : nanoseconds
    let digits = String(fraction + 1_000_000_000).dropFirst()
    let tail = fraction == 0 ? "" : "." + digits.prefix(9 - digits.reversed().prefix { $0 == "0" }.count)
    return "\(isNegative ? "-" : "")\(whole)\(tail)"
  }
}

// MARK: Content

/// The content of the entry that is being written: holes become zeros, the end is padded to a block.
private struct OpenContent {
  private let path: EntryPath
  private let size: UInt64
  private let expectedByteCount: UInt64
  private var takenByteCount: UInt64 = 0
  /// Where data lies that has not come, the next one first.
  private var ranges: ArraySlice<Range<UInt64>>
  /// How far the file is written.
  private var offset: UInt64 = 0

  init(_ path: EntryPath, _ content: Entry.Content) throws(ArchiveError) {
    self.path = path
    size = content.size
    let ranges = content.dataRanges ?? [0..<content.size]
    guard Self.areAscending(ranges, within: content.size) else {
      throw .unrepresentable(path, .dataRanges)
    }
    self.ranges = ranges.filter { !$0.isEmpty }[...]
    expectedByteCount = content.storedByteCount
  }

  mutating func append(_ bytes: RawSpan, to sink: any ByteSink) throws(ArchiveError) {
    let (total, overflows) = takenByteCount.addingReportingOverflow(UInt64(bytes.byteCount))
    guard !overflows, total <= expectedByteCount else {
      throw .contentSize(path, byteCount: total, expected: expectedByteCount)
    }
    takenByteCount = total
    var rest = bytes
    while rest.byteCount > 0, let range = ranges.first {
      try fillHole(upTo: range.lowerBound, sink)
      let count = Int(min(UInt64(rest.byteCount), range.upperBound - offset))
      try sink.write(rest.extracting(first: count))
      rest = rest.extracting(droppingFirst: count)
      offset += UInt64(count)
      if offset == range.upperBound { ranges.removeFirst() }
    }
  }

  mutating func end(_ sink: any ByteSink) throws(ArchiveError) {
    guard takenByteCount == expectedByteCount else {
      throw .contentSize(path, byteCount: takenByteCount, expected: expectedByteCount)
    }
    try fillHole(upTo: size, sink)
    try sink.writePadding(after: size)
  }

  private mutating func fillHole(upTo end: UInt64, _ sink: any ByteSink) throws(ArchiveError) {
    guard offset < end else { return }
    try sink.writeZeros(end - offset)
    offset = end
  }

  private static func areAscending(_ ranges: [Range<UInt64>], within size: UInt64) -> Bool {
    var end: UInt64 = 0
    for range in ranges {
      guard range.lowerBound >= end else { return false }
      end = range.upperBound
    }
    return end <= size
  }
}

extension ByteSink {
  fileprivate func write(_ bytes: [UInt8]) throws(ArchiveError) {
    try write(unsafe bytes.span.bytes)
  }

  fileprivate func writeZeros(_ byteCount: UInt64) throws(ArchiveError) {
    var rest = byteCount
    while rest > 0 {
      let count = Int(min(rest, UInt64(zeros.count)))
      try write(unsafe zeros.span.bytes.extracting(first: count))
      rest -= UInt64(count)
    }
  }

  /// Fills up the last block of content.
  fileprivate func writePadding(after byteCount: UInt64) throws(ArchiveError) {
    let blockSize = UInt64(TarHeader.byteCount)
    try writeZeros((blockSize - byteCount % blockSize) % blockSize)
  }
}

private let zeros = [UInt8](repeating: 0, count: 32 << 10)
