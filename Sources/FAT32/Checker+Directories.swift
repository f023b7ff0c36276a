// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Entries

extension Checker {
  /// A directory that is still to be looked at; its chain has been followed.
  struct PendingDirectory {
    let chain: Chain
    /// 0 where the root holds it.
    let parentCluster: UInt32
    /// How much of the path that is current then leads to the directory above.
    let parentPathLength: Int
    let name: [UInt8]
    var isRoot = false
  }

  /// What goes on from one cluster of a directory to the next.
  struct DirectoryScan {
    let directory: PendingDirectory
    /// Of the entry that comes next.
    var index = 0
    var hasEnded = false
    var hasEntriesBehindEnd = false
    var hasSlack = false
    var longName = LongNameParts()
    var shortNames: Set<ShortName> = []
    /// Folded, in UTF-8.
    var longNames: Set<[UInt8]> = []
  }

  /// An entry's name, as much of it as is sound.
  struct EntryName {
    let short: ShortName
    let caseBits: ShortName.CaseBits
    /// In UTF-8; nil where there is no long name.
    let long: [UInt8]?

    /// What a path has: the long name, or the short one with its dot and the case that NT keeps for it.
    var bytes: [UInt8] { long ?? Array(short.text(caseBits).utf8) }
  }
}

// All directories, those of one directory in their order.
//
// Source: Microsoft FAT32 File System Specification 1.03, "FAT Directory Structure".
extension Checker.Run {
  /// Linux' PATH_MAX without the NUL.
  private static var largestPathByteCount: Int { 4095 }

  mutating func walk() throws(FAT32Error) {
    path = []
    entry = nil
    guard layout.contains(layout.rootCluster) else { return }
    let chain = try follow(layout.rootCluster, from: UInt64(BootSector.Field.rootCluster))
    hasRoot = chain.clusterCount > 0
    var next: Checker.PendingDirectory? = Checker.PendingDirectory(
      chain: chain, parentCluster: 0, parentPathLength: 0, name: [], isRoot: true)
    while let directory = next {
      path.removeLast(path.count - directory.parentPathLength)
      if !path.isEmpty { path.append(UInt8(ascii: "/")) }
      path += directory.name
      try check(directory)
      next = pending.popLast()
      // The second walk ends with the last question.
      if !isReporting && crossings.isEmpty {
        pending = []
        return
      }
    }
  }

  private mutating func check(_ directory: Checker.PendingDirectory) throws(FAT32Error) {
    let largestCount = (2 << 20) / layout.clusterSize
    let pendingCount = pending.count
    var scan = Checker.DirectoryScan(directory: directory)
    var buffer = AlignedBuffer(byteCount: Int(layout.clusterSize))
    var cluster = directory.chain.firstCluster
    for _ in 0..<min(UInt64(directory.chain.clusterCount), largestCount) {
      let offset = layout.offset(ofCluster: cluster)
      guard try reader.read(into: &buffer, byteCount: buffer.byteCount, at: offset) else { break }
      try checkSlots(buffer.bytes, at: offset, &scan)
      guard case .next(let next) = try link(cluster) else { break }
      cluster = next
    }
    entry = nil
    endLongName(&scan)
    // They are taken from the end.
    pending[pendingCount...].reverse()
  }

  private mutating func checkSlots(
    _ bytes: RawSpan, at offset: UInt64, _ scan: inout Checker.DirectoryScan
  ) throws(FAT32Error) {
    for start in stride(from: 0, to: bytes.byteCount, by: DirectoryEntry.byteCount) {
      if scan.hasEnded && bytes.extracting(droppingFirst: start).isZero { return }
      let slot = bytes.extracting(start..<start + DirectoryEntry.byteCount)
      let position = offset + UInt64(start)
      if scan.hasEnded {
        checkBehindEnd(slot, at: position, &scan)
      } else {
        if scan.index < 2 { checkDotPlace(slot, at: position, scan) }
        try checkSlot(slot, at: position, &scan)
        scan.index += 1
      }
    }
  }

  private mutating func checkSlot(
    _ slot: RawSpan, at offset: UInt64, _ scan: inout Checker.DirectoryScan
  ) throws(FAT32Error) {
    entry = nil
    let first: UInt8 = slot.load(at: DirectoryEntry.Field.name)
    let attributes = DirectoryEntry.Attributes(rawValue: slot.load(at: DirectoryEntry.Field.attributes))
    switch first {
    case 0:
      endLongName(&scan)
      scan.hasEnded = true
      checkBehindEnd(slot, at: offset, &scan)
    case 0xE5:
      // Deleted: anything may stand in it.
      endLongName(&scan)
    case _ where attributes.rawValue & 0x3F == DirectoryEntry.Attributes.longName.rawValue:
      checkPart(slot, at: offset, &scan)
    default:
      try checkShort(slot, attributes, at: offset, &scan)
    }
  }

  private mutating func checkBehindEnd(
    _ slot: RawSpan, at offset: UInt64, _ scan: inout Checker.DirectoryScan
  ) {
    let first: UInt8 = slot.load(at: DirectoryEntry.Field.name)
    if first != 0 {
      if !scan.hasEntriesBehindEnd { noteHere(.entriesBehindEnd, at: offset) }
      scan.hasEntriesBehindEnd = true
    } else if !scan.hasSlack && !slot.isZero {
      noteHere(.directorySlack, at: offset)
      scan.hasSlack = true
    }
  }
}

// Short entries.
extension Checker.Run {
  private typealias Field = DirectoryEntry.Field

  private mutating func checkShort(
    _ slot: RawSpan, _ attributes: DirectoryEntry.Attributes, at offset: UInt64,
    _ scan: inout Checker.DirectoryScan
  ) throws(FAT32Error) {
    let name = ShortName(decoding: slot, at: Field.name)
    let caseBits = ShortName.CaseBits(rawValue: slot.load(at: Field.caseBits))
    entry = Checker.EntryName(short: name, caseBits: caseBits, long: nil)
    if name == .dot || name == .dotDot {
      endLongName(&scan)
      checkFields(slot, attributes, at: offset)
      checkDot(slot, name, attributes, at: offset, scan)
      return
    }
    if attributes.contains(.volumeID) {
      endLongName(&scan)
      checkFields(slot, attributes, at: offset)
      checkLabelEntry(slot, name, attributes, at: offset, scan)
      return
    }
    let longName = takeLongName(for: name, &scan)
    entry = Checker.EntryName(short: name, caseBits: caseBits, long: longName)
    checkFields(slot, attributes, at: offset)
    checkName(name, at: offset)
    checkRepetition(at: offset, &scan)
    try checkContent(slot, attributes, at: offset, scan.directory)
  }

  /// What every short entry has.
  private mutating func checkFields(
    _ slot: RawSpan, _ attributes: DirectoryEntry.Attributes, at offset: UInt64
  ) {
    checkAttributes(attributes, at: offset)
    let caseBits: UInt8 = slot.load(at: Field.caseBits)
    // Bits 3 and 4: base and extension are to be shown in lower case.
    if caseBits & ~0x18 != 0 {
      noteHere(.ntReserved, at: offset + UInt64(Field.caseBits), found: UInt64(caseBits))
    }
    checkTimes(slot, at: offset)
  }

  private mutating func checkAttributes(_ attributes: DirectoryEntry.Attributes, at offset: UInt64) {
    if attributes.rawValue & 0xC0 != 0 {
      noteHere(
        .attributesReserved, at: offset + UInt64(Field.attributes), found: UInt64(attributes.rawValue))
    }
  }

  /// Only the last write must have a moment; the others are 0 where they are not kept.
  private mutating func checkTimes(_ slot: RawSpan, at offset: UInt64) {
    let hundredths: UInt8 = slot.load(at: Field.creationHundredths)
    if hundredths > 199 {
      noteHere(
        .creationHundredths, at: offset + UInt64(Field.creationHundredths), found: UInt64(hundredths))
    }
    let creationDate: UInt16 = slot.load(at: Field.creationDate)
    let creationTime: UInt16 = slot.load(at: Field.creationTime)
    if creationDate | creationTime != 0 {
      checkMoment(creationDate, creationTime, .creationTime, at: offset + UInt64(Field.creationTime))
    }
    let accessDate: UInt16 = slot.load(at: Field.accessDate)
    if accessDate != 0 { checkMoment(accessDate, 0, .accessDate, at: offset + UInt64(Field.accessDate)) }
    checkMoment(
      slot.load(at: Field.writeDate), slot.load(at: Field.writeTime), .writeTime,
      at: offset + UInt64(Field.writeTime))
  }

  private mutating func checkMoment(
    _ date: UInt16, _ time: UInt16, _ kind: Finding.Kind, at offset: UInt64
  ) {
    guard DateTime(date: date, time: time) == nil else { return }
    noteHere(kind, at: offset, found: UInt64(date) << 16 | UInt64(time))
  }

  private mutating func checkName(_ name: ShortName, at offset: UInt64) {
    guard let fault = name.fault else { return }
    noteHere(fault.kind, at: offset + UInt64(fault.index), found: UInt64(name[fault.index]))
  }

  /// Long and short names share one name space.
  private mutating func checkRepetition(at offset: UInt64, _ scan: inout Checker.DirectoryScan) {
    guard isReporting, let entry else { return }
    if !scan.shortNames.insert(entry.short).inserted { noteHere(.shortNameRepeated, at: offset) }
    let alias = Array(entry.short.text().utf8)
    guard let long = entry.long else {
      if scan.longNames.contains(alias) { noteHere(.longNameRepeated, at: offset) }
      return
    }
    let folded = LongName.folded(long)
    let isTaken = !scan.longNames.insert(folded).inserted || scan.hasShortName(folded, otherThan: entry.short)
    if isTaken || folded != alias && scan.longNames.contains(alias) {
      noteHere(.longNameRepeated, at: offset)
    }
  }

  private mutating func checkContent(
    _ slot: RawSpan, _ attributes: DirectoryEntry.Attributes, at offset: UInt64,
    _ directory: Checker.PendingDirectory
  ) throws(FAT32Error) {
    let isReachable = checkPath(at: offset)
    let cluster = Self.firstCluster(slot)
    let size: UInt32 = slot.load(at: Field.size)
    guard attributes.contains(.directory) else {
      if isReporting && isReachable { summary.fileCount += 1 }
      try checkFile(cluster, size, at: offset)
      return
    }
    if isReporting && isReachable { summary.directoryCount += 1 }
    if size != 0 { noteHere(.directorySize, at: offset + UInt64(Field.size), found: UInt64(size)) }
    try checkDirectory(cluster, at: offset, in: directory, isReachable: isReachable)
  }

  private mutating func checkPath(at offset: UInt64) -> Bool {
    guard let entry else { return false }
    let largest = Self.largestPathByteCount - path.count - 1
    // A name has at most three bytes for each unit.
    if largest >= 3 * LongName.largestUnitCount { return true }
    let count = path.count + 1 + entry.bytes.count
    if count <= Self.largestPathByteCount { return true }
    noteHere(
      .pathTooLong, at: offset, found: UInt64(count), expected: UInt64(Self.largestPathByteCount))
    return false
  }

  private static func firstCluster(_ slot: RawSpan) -> UInt32 {
    UInt32(slot.load(UInt16.self, at: Field.firstClusterHigh)) << 16
      | UInt32(slot.load(UInt16.self, at: Field.firstClusterLow))
  }

  private mutating func checkDirectory(
    _ cluster: UInt32, at offset: UInt64, in directory: Checker.PendingDirectory, isReachable: Bool
  ) throws(FAT32Error) {
    guard cluster != 0 else {
      noteHere(.directoryWithoutCluster, at: offset)
      return
    }
    let chain = try follow(cluster, from: offset)
    let byteCount = UInt64(chain.clusterCount) * layout.clusterSize
    if byteCount > 2 << 20 {
      noteHere(.directoryTooLarge, at: offset, cluster: cluster, found: byteCount, expected: 2 << 20)
    }
    guard chain.clusterCount > 0, isReachable, let entry else { return }
    pending.append(
      Checker.PendingDirectory(
        chain: chain, parentCluster: directory.isRoot ? 0 : directory.chain.firstCluster,
        parentPathLength: path.count, name: entry.bytes))
  }
}

// Files.
extension Checker.Run {
  private mutating func checkFile(_ cluster: UInt32, _ size: UInt32, at offset: UInt64) throws(FAT32Error) {
    switch (cluster, size) {
    case (0, 0): break
    case (0, _): noteHere(.fileWithoutCluster, at: offset, found: UInt64(size))
    case (_, 0):
      noteHere(.emptyFileWithCluster, at: offset, found: UInt64(cluster))
      _ = try follow(cluster, from: offset)
    default:
      let chain = try follow(cluster, from: offset)
      if chain.isWhole { try checkLength(chain, size: UInt64(size), at: offset) }
    }
  }

  private mutating func checkLength(
    _ chain: Checker.Chain, size: UInt64, at offset: UInt64
  ) throws(FAT32Error) {
    let needed = size.dividedRoundingUp(by: layout.clusterSize)
    let found = UInt64(chain.clusterCount)
    guard found == needed else {
      noteHere(
        found < needed ? .chainTooShort : .chainTooLong, at: offset, cluster: chain.firstCluster,
        found: found, expected: needed)
      return
    }
    if isReporting { try checkSlack(of: chain.lastCluster, from: size % layout.clusterSize) }
  }

  /// - Parameter start: bytes of the cluster that the file has; 0 for all.
  private mutating func checkSlack(of cluster: UInt32, from start: UInt64) throws(FAT32Error) {
    guard start != 0 else { return }
    // Whole sectors, which storage may ask for.
    let first = start.roundedDown(to: Geometry.sectorSize)
    let offset = layout.offset(ofCluster: cluster)
    let count = Int(layout.clusterSize - first)
    guard try reader.read(into: &slack, byteCount: count, at: offset + first) else { return }
    if slack.bytes.extracting(Int(start - first)..<count).isZero { return }
    noteHere(.fileSlack, at: offset + start, cluster: cluster)
  }
}

// Entries that are no files.
extension Checker.Run {
  /// The first two entries of every directory but the root are "." and "..".
  private mutating func checkDotPlace(
    _ slot: RawSpan, at offset: UInt64, _ scan: Checker.DirectoryScan
  ) {
    guard !scan.directory.isRoot else { return }
    let isFirst = scan.index == 0
    guard ShortName(decoding: slot, at: Field.name) != (isFirst ? .dot : .dotDot) else { return }
    entry = nil
    noteHere(isFirst ? .dotMissing : .dotDotMissing, at: offset)
  }

  private mutating func checkDot(
    _ slot: RawSpan, _ name: ShortName, _ attributes: DirectoryEntry.Attributes, at offset: UInt64,
    _ scan: Checker.DirectoryScan
  ) {
    entry = nil
    if scan.directory.isRoot {
      noteHere(.dotInRoot, at: offset)
      return
    }
    let isSecond = name == .dotDot
    guard scan.index == (isSecond ? 1 : 0) else {
      noteHere(.dotMisplaced, at: offset)
      return
    }
    if !attributes.contains(.directory) || attributes.contains(.volumeID) {
      noteHere(
        .dotAttributes, at: offset + UInt64(Field.attributes), found: UInt64(attributes.rawValue))
    }
    let cluster = Self.firstCluster(slot)
    let expected = isSecond ? scan.directory.parentCluster : scan.directory.chain.firstCluster
    if cluster != expected {
      noteHere(
        isSecond ? .dotDotCluster : .dotCluster, at: offset, found: UInt64(cluster),
        expected: UInt64(expected))
    }
    let size: UInt32 = slot.load(at: Field.size)
    if size != 0 { noteHere(.directorySize, at: offset + UInt64(Field.size), found: UInt64(size)) }
  }

  private mutating func checkLabelEntry(
    _ slot: RawSpan, _ name: ShortName, _ attributes: DirectoryEntry.Attributes, at offset: UInt64,
    _ scan: Checker.DirectoryScan
  ) {
    entry = nil
    if attributes.contains(.directory) {
      noteHere(
        .attributesContradict, at: offset + UInt64(Field.attributes), found: UInt64(attributes.rawValue))
    }
    checkName(name, at: offset)
    if Self.firstCluster(slot) != 0 || slot.load(UInt32.self, at: Field.size) != 0 {
      noteHere(.labelContent, at: offset)
    }
    guard scan.directory.isRoot else {
      noteHere(.labelOutsideRoot, at: offset)
      return
    }
    guard isReporting else { return }
    if label == nil { label = (name, offset) } else { noteHere(.labelRepeated, at: offset) }
  }

  /// Compares the root's label with the boot sector's, where "NO NAME" stands for none.
  mutating func checkLabel() {
    guard hasRoot else { return }
    path = []
    entry = nil
    let none = ShortName(padding: Array("NO NAME".utf8))
    let isNamed = layout.label != none && layout.label != .blank
    if let label {
      if label.name != layout.label { noteHere(.labelDiffers, at: label.offset) }
    } else if isNamed {
      noteHere(.labelMissing, at: layout.offset(ofCluster: layout.rootCluster))
    }
  }
}
