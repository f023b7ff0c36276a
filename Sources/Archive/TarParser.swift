// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// Takes a tar in pieces and gives its entries, and where in the piece their content lies.
///
/// Strict: what GNU tar warns of is an error here, but for what is said at `finish()`. A directory, a link or a
/// device has no content, whatever size its header tells. Type "7" is a regular file; volume labels ("V") are passed
/// over; every other type that is not here is an error, since no one knows what its content means. A regular file
/// whose name ends in "/" is a directory, as in V7.
///
/// Sources: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Tar Internals".
struct TarParser {
  enum Item: Equatable {
    case entry(Entry)
    /// Bytes of the current entry's content, in the piece that was given.
    case content(Range<Int>)
  }

  /// What the next block is.
  private enum State {
    case header
    /// Content of a header that is about the next entry, or about all that follow.
    case extensionData(ExtensionKind, remaining: UInt64)
    /// The map in front of a sparse file's data.
    case sparseMap(SparseMapReader, size: UInt64)
    /// A block behind a header of type "S".
    case oldSparseMap(SparseMap, size: UInt64)
    case content(remaining: UInt64)
    case skipped(remaining: UInt64)
    /// Behind the first block of zeros.
    case end
  }

  private enum ExtensionKind { case records, globalRecords, longPath, longLinkPath }

  private var state = State.header
  /// Where the next block lies in the stream.
  private var offset: UInt64 = 0
  /// The header that the next complaint is about.
  private var headerOffset: UInt64 = 0
  private var name: [UInt8]?
  private var globals = PAXAttributes()
  private var globalByteCount: UInt64 = 0
  private var pending = Pending()
  /// The content of the extended header that is being read.
  private var extensionData: [UInt8] = []
  private var hasHeaders = false
  private var endsWithinBlock = false

  /// Bytes that the records of one entry, or all global ones, may have.
  static let maximumExtensionByteCount = 1 << 20
  private static let blockSize = TarHeader.byteCount

  /// What is known of the entry that comes next.
  private struct Pending {
    var attributes: PAXAttributes?
    var longPath: [UInt8]?
    var longLinkPath: [UInt8]?
    /// Bytes that all these had in the archive.
    var extensionByteCount: UInt64 = 0
    /// The entry without its content, while the map of a sparse file is read.
    var entry: Entry?
    /// Bytes of it that follow its header, the map included.
    var storedByteCount: UInt64 = 0

    var isEmpty: Bool { attributes == nil && longPath == nil && longLinkPath == nil }
  }

  /// Appends to `items` what `piece` holds.
  ///
  /// - Precondition: pieces are whole blocks of 512 bytes, but for the last.
  mutating func parse(_ piece: RawSpan, into items: inout [Item]) throws(TarFailure) {
    precondition(!endsWithinBlock, "only the last piece may end within a block")
    var position = 0
    do throws(TarProblem) {
      while position < piece.byteCount { try step(piece, &position, &items) }
    } catch {
      throw failure(error)
    }
    offset += UInt64(piece.byteCount)
  }

  /// Checks that the archive ended where it may: behind two blocks of zeros, or one; GNU tar, too, takes one.
  consuming func finish() throws(TarFailure) {
    switch state {
    case .end: return
    case .header where !endsWithinBlock:
      guard pending.isEmpty, hasHeaders else { throw failure(hasHeaders ? .truncated : .notTar) }
      throw TarFailure(offset: offset, name: nil, problem: .missingEnd)
    default: throw failure(offset < UInt64(Self.blockSize) ? .notTar : .truncated)
    }
  }

  /// The entry that is not complete yet, for errors from elsewhere.
  var currentName: [UInt8]? {
    if case .header = state { return nil }
    if case .end = state { return nil }
    return name
  }

  private func failure(_ problem: TarProblem) -> TarFailure {
    TarFailure(offset: headerOffset, name: name, problem: problem)
  }
}

// MARK: Blocks

extension TarParser {
  private mutating func step(
    _ piece: RawSpan, _ position: inout Int, _ items: inout [Item]
  ) throws(TarProblem) {
    switch state {
    case .content(let remaining):
      let range = Self.take(remaining, of: piece, &position)
      items.append(.content(range))
      let rest = remaining - UInt64(range.count)
      state = rest == 0 ? .header : .content(remaining: rest)
    case .skipped(let remaining):
      let rest = remaining - UInt64(Self.take(remaining, of: piece, &position).count)
      state = rest == 0 ? .header : .skipped(remaining: rest)
    case .extensionData(let kind, let remaining):
      let range = Self.take(remaining, of: piece, &position)
      extensionData += piece.copy(range)
      let rest = remaining - UInt64(range.count)
      state = .extensionData(kind, remaining: rest)
      if rest == 0 { try endExtension(kind) }
    case .header, .sparseMap, .oldSparseMap, .end:
      guard let block = Self.takeBlock(of: piece, &position) else {
        endsWithinBlock = true
        return try endPiece(piece, &position)
      }
      try take(block, at: offset + UInt64(position - Self.blockSize), &items)
    }
  }

  private mutating func take(_ block: RawSpan, at offset: UInt64, _ items: inout [Item]) throws(TarProblem) {
    switch state {
    case .sparseMap(var reader, let size):
      state = .header  // lets go of the map, or each block would copy it
      let isComplete = try reader.append(block)
      state = .sparseMap(reader, size: size)
      try takeStored(UInt64(Self.blockSize))
      if isComplete { try begin(reader.map, size, &items) }
    case .oldSparseMap(var map, let size):
      state = .header
      let isExtended = try map.appendExtension(block)
      state = .oldSparseMap(map, size: size)
      if !isExtended { try begin(map, size, &items) }
    case .end:
      try checkZeros(block, at: offset)
    default:
      headerOffset = offset
      name = nil
      try takeHeader(block, &items)
    }
  }

  /// What is left of a piece that ends within a block: zeros at the end of the archive, or nothing that may be.
  private mutating func endPiece(_ piece: RawSpan, _ position: inout Int) throws(TarProblem) {
    let rest = piece.extracting(position..<piece.byteCount)
    if case .end = state { try checkZeros(rest, at: offset + UInt64(position)) }
    if case .header = state {
      headerOffset = offset + UInt64(position)
      name = nil
    }
    position = piece.byteCount
  }

  private mutating func checkZeros(_ bytes: RawSpan, at offset: UInt64) throws(TarProblem) {
    guard bytes.isZero else {
      (headerOffset, name) = (offset, nil)
      throw hasHeaders ? .trailingBytes : .notTar
    }
  }

  /// The next bytes of content; behind the last of them, the rest of the block is passed over.
  private static func take(_ remaining: UInt64, of piece: RawSpan, _ position: inout Int) -> Range<Int> {
    let start = position
    let count = Int(min(remaining, UInt64(piece.byteCount - start)))
    // The piece begins with a block, and content does: blocks end at multiples of 512 in both.
    position = min(piece.byteCount, (start + count + blockSize - 1) / blockSize * blockSize)
    return start..<start + count
  }

  /// Nil where the piece ends within the block.
  @_lifetime(copy piece)
  private static func takeBlock(of piece: RawSpan, _ position: inout Int) -> RawSpan? {
    guard piece.byteCount - position >= blockSize else { return nil }
    position += blockSize
    return piece.extracting(position - blockSize..<position)
  }
}

// MARK: Headers

extension TarParser {
  private mutating func takeHeader(_ block: RawSpan, _ items: inout [Item]) throws(TarProblem) {
    if block.isZero {
      guard pending.isEmpty else { throw .loneExtension }
      return state = .end
    }
    let header = try decode(block)
    switch header.type {
    case .extendedHeader: try beginExtension(.records, header)
    case .globalExtendedHeader: try beginExtension(.globalRecords, header)
    case .longPath: try beginExtension(.longPath, header)
    case .longLinkPath: try beginExtension(.longLinkPath, header)
    case .volumeLabel: if header.size > 0 { state = .skipped(remaining: header.size) }
    case .multiVolume: throw .multiVolume
    default: try begin(header, block, &items)
    }
    hasHeaders = true
  }

  private mutating func decode(_ block: RawSpan) throws(TarProblem) -> TarHeader {
    do throws(TarProblem) { return try TarHeader(decoding: block) } catch {
      // What the name is of a block that is no header is no use to anyone.
      if error != .checksum { name = TarHeader.path(in: block) }
      throw error == .checksum && !hasHeaders ? .notTar : error
    }
  }

  private mutating func beginExtension(_ kind: ExtensionKind, _ header: TarHeader) throws(TarProblem) {
    let rest = UInt64(Self.maximumExtensionByteCount) - globalByteCount - pending.extensionByteCount
    guard header.size <= rest else { throw .extensionTooLarge(limit: Self.maximumExtensionByteCount) }
    if kind == .globalRecords {
      globalByteCount += header.size
    } else {
      pending.extensionByteCount += header.size
    }
    extensionData = []
    state = .extensionData(kind, remaining: header.size)
    if header.size == 0 { try endExtension(kind) }
  }

  private mutating func endExtension(_ kind: ExtensionKind) throws(TarProblem) {
    state = .header
    switch kind {
    case .records:
      var attributes = pending.attributes ?? globals
      try attributes.apply(PAXRecords(decoding: extensionData))
      pending.attributes = attributes
    case .globalRecords:
      try globals.apply(PAXRecords(decoding: extensionData))
    case .longPath:
      pending.longPath = try longName()
    case .longLinkPath:
      pending.longLinkPath = try longName()
    }
    extensionData = []
  }

  /// A name that ends with a NUL.
  private func longName() throws(TarProblem) -> [UInt8] {
    let name = extensionData.prefix { $0 != 0 }
    guard extensionData[name.endIndex...].allSatisfy({ $0 == 0 }) else { throw .unsafePath(.containsNUL) }
    return Array(name)
  }
}

// MARK: Entries

extension TarParser {
  private mutating func begin(
    _ header: TarHeader, _ block: RawSpan, _ items: inout [Item]
  ) throws(TarProblem) {
    let attributes = pending.attributes ?? globals
    let rawPath = attributes.sparse.path ?? attributes.path ?? pending.longPath ?? header.path
    name = rawPath
    let rawLinkPath = attributes.linkPath ?? pending.longLinkPath ?? header.linkPath
    pending = Pending()
    pending.storedByteCount = attributes.size ?? header.size
    let entry = Entry(
      try Self.path(rawPath), try kind(header, rawPath, rawLinkPath), mode: UInt16(header.mode & 0o7777),
      owner: try Self.owner(header, attributes),
      modificationTime: attributes.modificationTime ?? Timestamp(seconds: header.modificationTime),
      extendedAttributes: attributes.extendedAttributes)
    guard entry.kind == .directory || !entry.path.isRoot else { throw .rootIsNoDirectory }
    if case .regular = entry.kind {
      pending.entry = entry
      try beginRegular(header, block, attributes.sparse.version(), &items)
    } else {
      items.append(.entry(entry))
    }
  }

  private mutating func beginRegular(
    _ header: TarHeader, _ block: RawSpan, _ sparse: SparseRecords.Version?, _ items: inout [Item]
  ) throws(TarProblem) {
    switch sparse {
    case .beforeData(let size):
      state = .sparseMap(SparseMapReader(), size: size)
    case .inRecords(let map, let size):
      try begin(map, size, &items)
    case nil where header.type == .oldSparse:
      var map = SparseMap()
      let isExtended = try map.appendHeader(block)
      let size = try SparseMap.size(in: block)
      state = .oldSparseMap(map, size: size)
      if !isExtended { try begin(map, size, &items) }
    case nil:
      beginContent(Entry.Content(size: pending.storedByteCount), &items)
    }
  }

  private mutating func begin(_ map: SparseMap, _ size: UInt64, _ items: inout [Item]) throws(TarProblem) {
    beginContent(try map.content(size: size, storedByteCount: pending.storedByteCount), &items)
  }

  private mutating func beginContent(_ content: Entry.Content, _ items: inout [Item]) {
    guard var entry = pending.entry else { return }
    entry.kind = .regular(content)
    items.append(.entry(entry))
    state = pending.storedByteCount == 0 ? .header : .content(remaining: pending.storedByteCount)
    pending = Pending()
  }

  private mutating func takeStored(_ byteCount: UInt64) throws(TarProblem) {
    guard pending.storedByteCount >= byteCount else { throw .malformedSparseMap }
    pending.storedByteCount -= byteCount
  }

  private func kind(
    _ header: TarHeader, _ path: [UInt8], _ linkPath: [UInt8]
  ) throws(TarProblem) -> Entry.Kind {
    switch header.type {
    case .regular, .oldRegular, .contiguous, .oldSparse:
      return path.last == UInt8(ascii: "/") ? .directory : .regular(Entry.Content(size: 0))
    case .directory: return .directory
    case .symbolicLink:
      guard !linkPath.isEmpty, !linkPath.contains(0) else { throw .malformedLinkTarget }
      return .symbolicLink(target: linkPath)
    case .hardLink: return .hardLink(to: try Self.linkTarget(linkPath))
    case .characterDevice:
      let (major, minor) = try Self.device(header)
      return .characterDevice(major: major, minor: minor)
    case .blockDevice:
      let (major, minor) = try Self.device(header)
      return .blockDevice(major: major, minor: minor)
    case .fifo: return .fifo
    default: throw .unknownType(header.type.byte)
    }
  }

  private static func path(_ bytes: [UInt8]) throws(TarProblem) -> EntryPath {
    guard !bytes.isEmpty else { throw .emptyName }
    do throws(EntryPathError) { return try EntryPath(bytes) } catch { throw .unsafePath(error) }
  }

  private static func linkTarget(_ bytes: [UInt8]) throws(TarProblem) -> EntryPath {
    guard !bytes.isEmpty else { throw .malformedLinkTarget }
    do throws(EntryPathError) { return try EntryPath(bytes) } catch { throw .unsafeLinkTarget(error) }
  }

  private static func owner(
    _ header: TarHeader, _ attributes: PAXAttributes
  ) throws(TarProblem) -> Entry.Owner {
    guard let user = UInt32(exactly: attributes.user ?? header.user) else { throw .numberTooLarge(.user) }
    guard let group = UInt32(exactly: attributes.group ?? header.group) else { throw .numberTooLarge(.group) }
    return Entry.Owner(user: user, group: group)
  }

  private static func device(_ header: TarHeader) throws(TarProblem) -> (UInt32, UInt32) {
    guard let major = UInt32(exactly: header.deviceMajor), let minor = UInt32(exactly: header.deviceMinor)
    else { throw .numberTooLarge(.device) }
    return (major, minor)
  }
}
