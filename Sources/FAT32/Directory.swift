// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Entries

/// One directory while its volume is being written: what it holds, in the order in which it came.
struct Directory {
  let path: EntryPath
  /// The directory that holds it, as an index in the tree; the root's is the root.
  let parent: Int
  /// Of its creation and last write: the volume's until an entry of its own comes.
  var time: DateTime
  /// 0 until the volume is finished.
  var firstCluster: UInt32 = 0
  private(set) var records: [Record] = []
  /// 32-byte entries in use.
  private(set) var slotCount: Int
  /// The names of all records, one behind the other: a buffer each would cost more than the rest of a record.
  private var names: [UInt8] = []

  /// What is in the directory under one name.
  struct Record {
    fileprivate let nameStart: Int
    fileprivate let nameEnd: Int
    /// In UTF-16; 0 where the name is an upper-case 8.3 name and needs no long one.
    fileprivate let longNameUnitCount: Int
    let node: Node
  }

  enum Node {
    case file(firstCluster: UInt32, size: UInt32, time: DateTime, attributes: FileAttributes)
    /// Index in the tree.
    case directory(Int)
  }

  /// 2 MiB.
  static let largestSlotCount = 65_536

  static func root(time: DateTime) -> Directory {
    // The volume label takes an entry.
    Directory(path: .root, parent: 0, time: time, slotCount: 1)
  }

  /// - Parameter parent: index in the tree.
  init(path: EntryPath, in parent: Int, time: DateTime) {
    // "." and "..".
    self.init(path: path, parent: parent, time: time, slotCount: 2)
  }

  private init(path: EntryPath, parent: Int, time: DateTime, slotCount: Int) {
    self.path = path
    self.parent = parent
    self.time = time
    self.slotCount = slotCount
  }

  var isRoot: Bool { path.isRoot }
  /// Bytes in use.
  var byteCount: UInt64 { UInt64(slotCount * DirectoryEntry.byteCount) }

  /// Puts `node` behind what is there. Whether the name is free is asked at the end.
  ///
  /// - Throws: what is wrong with the name; the directory stays as it was.
  mutating func append(_ name: ArraySlice<UInt8>, _ node: Node) throws(Problem.NameFault) {
    if let device = DeviceName(of: name) { throw .deviceName(device) }
    let unitCount = ShortName.isShortName(name) ? 0 : try LongName.unitCount(checking: name)
    let start = names.count
    names += name
    records.append(
      Record(nameStart: start, nameEnd: names.count, longNameUnitCount: unitCount, node: node))
    slotCount += 1 + LongName.slotCount(unitCount: unitCount)
  }

  fileprivate func name(of record: Record) -> ArraySlice<UInt8> { names[record.nameStart..<record.nameEnd] }
}

// What only the whole directory shows.
extension Directory {
  /// Names that come twice, but for case, and too many of them.
  var problems: [Problem] {
    var problems = hasDistinctNames ? [] : repeatedNames
    if slotCount > Self.largestSlotCount {
      problems.append(.directoryTooLarge(path, entryCount: slotCount))
    }
    return problems
  }

  /// Names whose hashes differ are different ones: that is the case of nearly every directory, and asked in a third of
  /// the time that the names themselves take.
  private var hasDistinctNames: Bool {
    var hashes = Set<Int>(minimumCapacity: records.count)
    return records.allSatisfy { hashes.insert(LongName.foldedHash(name(of: $0))).inserted }
  }

  private var repeatedNames: [Problem] {
    var problems: [Problem] = []
    var firsts = [[UInt8]: Int](minimumCapacity: records.count)
    for (index, record) in records.enumerated() {
      let name = name(of: record)
      guard let first = firsts.updateValue(index, forKey: LongName.folded(name)) else { continue }
      let other = self.name(of: records[first])
      problems.append(
        name == other
          ? .repeatedPath(path(of: name))
          : .sameNameButForCase(path: path(of: name), other: path(of: other)))
    }
    return problems
  }

  /// A name that has been a path's is one that stands for itself.
  private func path(of name: ArraySlice<UInt8>) -> EntryPath {
    (try? EntryPath(name)).map(path.appending) ?? path
  }
}

// The directory as it stands on the volume.
extension Directory {
  /// Writes all entries into `bytes`, which are zero and as many as `byteCount` says at least.
  ///
  /// - Parameters:
  ///   - label: the volume's; only the root has it.
  ///   - tree: for the places and times of the directories in this one, all placed.
  func encode(into bytes: inout MutableRawSpan, label: VolumeLabel, tree: DirectoryTree) {
    var slots = SlotCursor()
    if isRoot {
      slots.append(.label(label, time: time), to: &bytes)
    } else {
      let parent = tree[parent]
      slots.append(.directory(.dot, firstCluster: firstCluster, time: time), to: &bytes)
      // The specification has 0 for the root, wherever it begins.
      slots.append(
        .directory(.dotDot, firstCluster: parent.isRoot ? 0 : parent.firstCluster, time: parent.time),
        to: &bytes)
    }
    var shortNames = reservedShortNames()
    for record in records {
      let name = name(of: record)
      let longName = record.longNameUnitCount == 0 ? nil : LongName(name)
      let shortName = ShortName(name) ?? shortNames.alias(for: longName ?? LongName(name))
      if let longName { slots.append(longName, checksum: shortName.checksum, to: &bytes) }
      slots.append(entry(shortName, record.node, tree: tree), to: &bytes)
    }
  }

  /// Those that no alias may have.
  private func reservedShortNames() -> ShortNameTable {
    var table = ShortNameTable(capacity: records.count)
    for record in records {
      if let name = ShortName(name(of: record)) { table.reserve(name) }
    }
    return table
  }

  private func entry(_ name: ShortName, _ node: Node, tree: DirectoryTree) -> DirectoryEntry {
    switch node {
    case .file(let firstCluster, let size, let time, let attributes):
      .file(name, firstCluster: firstCluster, size: size, time: time, attributes: attributes)
    case .directory(let index):
      .directory(name, firstCluster: tree[index].firstCluster, time: tree[index].time)
    }
  }

  /// Where the next entry goes.
  private struct SlotCursor {
    private var offset = 0

    mutating func append(_ entry: DirectoryEntry, to bytes: inout MutableRawSpan) {
      var slot = nextSlot(of: &bytes)
      entry.encode(into: &slot)
    }

    mutating func append(_ name: LongName, checksum: UInt8, to bytes: inout MutableRawSpan) {
      for index in 0..<name.slotCount {
        var slot = nextSlot(of: &bytes)
        name.encode(slot: index, checksum: checksum, into: &slot)
      }
    }

    @_lifetime(&bytes)
    private mutating func nextSlot(of bytes: inout MutableRawSpan) -> MutableRawSpan {
      defer { offset += DirectoryEntry.byteCount }
      return bytes._mutatingExtracting(offset..<offset + DirectoryEntry.byteCount)
    }
  }
}
