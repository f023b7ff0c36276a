// SPDX-License-Identifier: Apache-2.0
internal import Blocks

extension Checker {
  /// Entries of the FAT in any order: a few pages of it are kept.
  struct TableWindow: ~Copyable {
    private let reader: Reader
    private let start: UInt64
    private let byteCount: UInt64
    private var pages = AlignedBuffer(byteCount: pageCount * pageSize)
    /// Which page of the FAT stands at each place.
    private var numbers = [UInt64](repeating: .max, count: pageCount)

    private static let pageSize = 4096
    private static let pageCount = 16

    init(_ reader: Reader, _ layout: Layout) {
      self.reader = reader
      start = layout.offset(ofFAT: layout.activeFAT)
      byteCount = layout.fatSize
    }

    /// The 28 bits of a cluster's entry.
    ///
    /// - Parameter cluster: one of the volume's.
    mutating func entry(_ cluster: UInt32) throws(FAT32Error) -> UInt32 {
      let offset = UInt64(cluster) * 4
      let number = offset / UInt64(Self.pageSize)
      let place = Int(number % UInt64(Self.pageCount))
      if numbers[place] != number { try load(number, to: place) }
      let index = place * Self.pageSize + Int(offset % UInt64(Self.pageSize))
      return pages.bytes.load(UInt32.self, at: index) & 0x0FFF_FFFF
    }

    private mutating func load(_ number: UInt64, to place: Int) throws(FAT32Error) {
      let reader = reader
      let offset = number * UInt64(Self.pageSize)
      let count = Int(min(UInt64(Self.pageSize), byteCount - offset))
      let position = start + offset
      numbers[place] = .max
      var all = pages.mutableBytes
      var page = all._mutatingExtracting(place * Self.pageSize..<place * Self.pageSize + count)
      guard try reader.read(into: &page, at: position) else { return }
      numbers[place] = number
    }
  }

  /// What the 28 bits of an entry say.
  enum Link {
    case free
    case next(UInt32)
    case endOfChain
    case bad
    /// The number of a cluster that is not there.
    case outside(UInt32)

    init(_ entry: UInt32, lastCluster: UInt32) {
      switch entry {
      case 0: self = .free
      case 0x0FFF_FFF8...: self = .endOfChain
      case 0x0FFF_FFF7: self = .bad
      case 2...lastCluster: self = .next(entry)
      default: self = .outside(entry)
      }
    }
  }
}

// One pass over all copies of the FAT.
//
// Source: Microsoft FAT32 File System Specification 1.03, "FAT Data Structure".
extension Checker.Run {
  private static var pieceSize: UInt64 { 64 << 10 }
  private static var sectorSize: Int { Int(Geometry.sectorSize) }

  /// Clusters that follow each other and have the same fault.
  private struct ClusterRun {
    let kind: Finding.Kind
    var first: UInt32 = 0
    var count: UInt32 = 0
  }

  /// Sectors of one copy that follow each other and differ from the first copy's.
  private struct Difference {
    let copy: UInt64
    var offset: UInt64 = 0
    var sectorCount: UInt64 = 0
  }

  /// What goes on from one piece of the FAT to the next.
  private struct TableScan {
    var reserved = ClusterRun(kind: .fatReservedBits)
    var bad = ClusterRun(kind: .badClusters)
    var differences: [Difference]
    var hasTail = false
  }

  /// Counts free clusters, learns which ones are in use, compares the copies.
  mutating func scanTable() throws(FAT32Error) {
    let others = layout.isMirrored ? (0..<layout.fatCount).filter { $0 != layout.activeFAT } : []
    var scan = TableScan(differences: others.map { Difference(copy: $0) })
    var piece = AlignedBuffer(byteCount: Int(Self.pieceSize))
    var other = AlignedBuffer(byteCount: others.isEmpty ? 0 : Int(Self.pieceSize))
    var offset: UInt64 = 0
    while offset < layout.fatSize {
      let count = Int(min(Self.pieceSize, layout.fatSize - offset))
      _ = try reader.read(
        into: &piece, byteCount: count, at: layout.offset(ofFAT: layout.activeFAT) + offset)
      let bytes = piece.bytes.extracting(first: count)
      let isZero = bytes.isZero
      if isZero { countFree(offset, count) } else { examine(bytes, at: offset, &scan) }
      for index in others.indices {
        let start = layout.offset(ofFAT: others[index]) + offset
        _ = try reader.read(into: &other, byteCount: count, at: start)
        let copy = other.bytes.extracting(first: count)
        if isZero && copy.isZero { continue }
        compare(bytes, copy, at: start, &scan.differences[index])
      }
      offset += Self.pieceSize
    }
    flush(&scan.reserved)
    flush(&scan.bad)
    for index in scan.differences.indices { flush(&scan.differences[index]) }
  }

  private mutating func examine(_ bytes: RawSpan, at offset: UInt64, _ scan: inout TableScan) {
    for start in stride(from: 0, to: bytes.byteCount, by: Self.sectorSize) {
      let sector = bytes.extracting(start..<start + Self.sectorSize)
      let position = offset + UInt64(start)
      if sector.isZero {
        countFree(position, Self.sectorSize)
        continue
      }
      for index in stride(from: 0, to: Self.sectorSize, by: 4) {
        let entry: UInt32 = sector.load(at: index)
        // A FAT that is much too long has more entries than there are numbers of clusters.
        guard let cluster = UInt32(exactly: position / 4 + UInt64(index / 4)), cluster <= layout.lastCluster
        else {
          if entry != 0 { noteTail(at: position + UInt64(index), entry, &scan) }
          continue
        }
        switch (cluster, entry) {
        case (..<2, _): checkReservedEntry(cluster, entry)
        case (_, 0): summary.freeClusterCount += 1
        default: examine(cluster, entry, &scan)
        }
      }
    }
  }

  private mutating func examine(_ cluster: UInt32, _ entry: UInt32, _ scan: inout TableScan) {
    if entry >> 28 != 0 { extend(&scan.reserved, cluster) }
    switch Checker.Link(entry & 0x0FFF_FFFF, lastCluster: layout.lastCluster) {
    case .free: summary.freeClusterCount += 1
    case .bad: extend(&scan.bad, cluster)
    case .next, .endOfChain, .outside: _ = allocated.insert(cluster)
    }
  }

  /// For a part of the FAT that is all zeros.
  private mutating func countFree(_ offset: UInt64, _ byteCount: Int) {
    let first = max(offset / 4, 2)
    let end = min((offset + UInt64(byteCount)) / 4, UInt64(layout.lastCluster) + 1)
    if first < end { summary.freeClusterCount += UInt32(end - first) }
    if offset == 0 {
      checkReservedEntry(0, 0)
      checkReservedEntry(1, 0)
    }
  }

  /// The media byte, and the end mark with the flags of a clean shutdown and of no error.
  private mutating func checkReservedEntry(_ cluster: UInt32, _ entry: UInt32) {
    let offset = layout.offset(ofEntry: cluster)
    let found = UInt64(entry & 0x0FFF_FFFF)
    if cluster == 0 {
      let expected = 0x0FFF_FF00 | UInt64(layout.media)
      if found != expected { note(Finding(.fatMedia, offset: offset, found: found, expected: expected)) }
      return
    }
    if found & 0x03FF_FFFF != 0x03FF_FFFF {
      note(Finding(.fatEndMark, offset: offset, found: found, expected: 0x0FFF_FFFF))
      return
    }
    if found & 0x0800_0000 == 0 { note(Finding(.volumeDirty, offset: offset)) }
    if found & 0x0400_0000 == 0 { note(Finding(.volumeHasErrors, offset: offset)) }
  }

  /// - Parameter offset: in bytes from the start of the FAT.
  private mutating func noteTail(at offset: UInt64, _ entry: UInt32, _ scan: inout TableScan) {
    guard !scan.hasTail else { return }
    scan.hasTail = true
    note(
      Finding(
        .fatTail, offset: layout.offset(ofFAT: layout.activeFAT) + offset, found: UInt64(entry), expected: 0))
  }

  private mutating func extend(_ run: inout ClusterRun, _ cluster: UInt32) {
    if run.first + run.count != cluster {
      flush(&run)
      run.first = cluster
    }
    run.count += 1
  }

  private mutating func flush(_ run: inout ClusterRun) {
    guard run.count > 0 else { return }
    note(
      Finding(
        run.kind, offset: layout.offset(ofEntry: run.first), cluster: run.first, found: UInt64(run.count)))
    run.count = 0
  }
}

// The other copies.
extension Checker.Run {
  private mutating func compare(
    _ bytes: RawSpan, _ copy: RawSpan, at offset: UInt64, _ difference: inout Difference
  ) {
    for start in stride(from: 0, to: bytes.byteCount, by: Self.sectorSize) {
      let range = start..<start + Self.sectorSize
      if Self.isEqual(bytes.extracting(range), copy.extracting(range)) { continue }
      let position = offset + UInt64(start)
      if difference.offset + difference.sectorCount * Geometry.sectorSize != position {
        flush(&difference)
        difference.offset = position
      }
      difference.sectorCount += 1
    }
  }

  private static func isEqual(_ left: RawSpan, _ right: RawSpan) -> Bool {
    if left.isZero { return right.isZero }
    for offset in stride(from: 0, to: left.byteCount, by: 8)
    where left.load(UInt64.self, at: offset) != right.load(UInt64.self, at: offset) {
      return false
    }
    return true
  }

  private mutating func flush(_ difference: inout Difference) {
    guard difference.sectorCount > 0 else { return }
    note(Finding(.fatCopiesDiffer, offset: difference.offset, found: difference.sectorCount))
    difference.sectorCount = 0
  }
}
