// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Makes a FAT32 volume and fills it, in one pass: each file's bytes go to their final place as they come, in one
/// piece; what describes them is written at the end. Memory grows with the number of files, not with their size.
///
/// No byte is written twice, and each one is written, zeroed or free space that is left as it is. The boot sector is
/// the last thing that is written: a volume that was not finished is none.
///
/// - Names are written as they come. One that is an upper-case 8.3 name has no other; every other one is a long name
///   with an 8.3 alias.
/// - Times are UTC, of the entry's modification; that of directories that no entry names is the volume's.
/// - Permissions and owners are dropped: FAT has none. So are extended attributes.
/// - What FAT can't hold is collected and thrown as one error by `finish()`; from the first such entry on, nothing is
///   written any more. The same holds for a content that is too large.
///
/// Source: Microsoft FAT32 File System Specification 1.03.
public struct VolumeWriter: ~Copyable, EntryWriter {
  public let geometry: Geometry
  /// Files so far.
  public private(set) var fileCount = 0
  /// Entries so far whose time is before 1980 or after 2107, and was moved to the nearer end of that.
  public private(set) var clampedTimeCount = 0

  let target: any BlockTarget
  let label: VolumeLabel
  let volumeID: UInt32
  var tree: DirectoryTree
  var table = FileAllocationTable()
  /// Clusters of the files so far, in the end of the directories, too.
  var demand = ClusterDemand()
  /// The data region from cluster 3 on.
  var stream: SequentialWriter
  private var problems: [Problem] = []
  private var content: FileContent?
  private var isFinished = false

  /// Linux' PATH_MAX without the NUL.
  private static let largestPathByteCount = 4095

  /// Begins a volume. Nothing is written yet.
  ///
  /// - Parameters:
  ///   - target: the partition: as large as the volume, but for a rest of less than a sector.
  ///   - volumeID: the serial number that Windows and Linux (as UUID, XXXX-XXXX) show.
  ///   - time: of the volume label, and of the directories that no entry names.
  /// - Throws: `targetSizeDiffers`.
  public init(
    formatting target: any BlockTarget, geometry: Geometry, label: VolumeLabel, volumeID: UInt32,
    time: Timestamp
  ) throws(FAT32Error) {
    guard target.size.roundedDown(to: Geometry.sectorSize) == geometry.volumeSize else {
      throw .targetSizeDiffers(targetSize: target.size, volumeSize: geometry.volumeSize)
    }
    self.target = target
    self.geometry = geometry
    self.label = label
    self.volumeID = volumeID
    tree = DirectoryTree(time: DateTime(time))
    stream = SequentialWriter(to: target, at: geometry.offset(ofCluster: BootSector.rootCluster + 1))
  }

  /// Directories so far, without the root.
  public var directoryCount: Int { tree.count }

  /// Clusters that hold something: those of the files so far, and once the volume is finished all of them.
  public var usedClusterCount: UInt64 { demand[geometry.clusterSize] }

  /// Begins an entry; a file of it has the archive attribute and no other.
  ///
  /// Read-only stays clear whatever the mode says: FAT has no owner who might write all the same, and Linux would
  /// refuse to replace the files of a read-only release with those of the next.
  public mutating func add(_ entry: Entry) throws(FAT32Error) { try add(entry, attributes: []) }

  /// Begins an entry with attributes on request.
  ///
  /// - Parameter attributes: `.readOnly`, `.hidden` and `.system` of a file; of other entries they are ignored.
  public mutating func add(_ entry: Entry, attributes: FileAttributes) throws(FAT32Error) {
    try endContent()
    if !DateTime.holds(entry.modificationTime) { clampedTimeCount += 1 }
    if case .regular(let content) = entry.kind { self.content = FileContent(content) }
    guard entry.path.bytes.count <= Self.largestPathByteCount else {
      problems.append(.pathTooLong(entry.path))
      return
    }
    switch entry.kind {
    case .directory:
      tree.declare(entry.path, time: DateTime(entry.modificationTime), problems: &problems)
    case .regular where entry.path.isRoot:
      problems.append(.kind(entry.path, .fileAsRoot))
    case .regular(let content):
      addFile(entry, size: content.size, attributes.intersection([.readOnly, .hidden, .system]))
    default:
      problems.append(.kind(entry.path, Problem.Kind(entry.kind)))
    }
  }

  /// - Precondition: no more bytes come than the entry has said.
  public mutating func append(_ bytes: RawSpan) throws(FAT32Error) {
    precondition(bytes.byteCount <= content?.missingByteCount ?? 0, "more bytes than the entry has")
    let isWriting = isWriting
    do throws(BlockError) {
      try content?.append(bytes, to: &stream, isWriting: isWriting)
    } catch {
      throw .target(error)
    }
  }

  /// Writes the directories, both FATs and the boot sectors. The volume is whole when it returns, but not flushed.
  ///
  /// - Throws: `unrepresentable` with everything that FAT can't hold, `contentTooLarge`, `contentBeyondFormat`,
  ///   `target`.
  public mutating func finish() throws(FAT32Error) {
    precondition(!isFinished, "a volume is finished once")
    isFinished = true
    try endContent()
    problems += tree.problems
    guard problems.isEmpty else { throw .unrepresentable(problems) }
    tree.add(to: &demand)
    try checkRoom()
    placeDirectories()
    do throws(BlockError) {
      try writeDirectories()
      try writeMetadata()
    } catch {
      throw .target(error)
    }
  }
}

// Files.
extension VolumeWriter {
  /// False from the first entry on that makes the volume impossible.
  private var isWriting: Bool { problems.isEmpty && hasRoom }

  /// The root takes a cluster, too; the other directories are counted at the end.
  private var hasRoom: Bool { usedClusterCount < UInt64(geometry.clusterCount) }

  private mutating func addFile(_ entry: Entry, size: UInt64, _ attributes: FileAttributes) {
    if size <= UInt64(UInt32.max) {
      demand.add(size)
    } else {
      problems.append(.fileTooLarge(entry.path, size: size))
    }
    let clusterCount = size.dividedRoundingUp(by: geometry.clusterSize)
    let firstCluster = isWriting ? table.appendChain(UInt32(clusterCount)) : 0
    tree.append(
      entry.path, firstCluster: firstCluster, size: UInt32(truncatingIfNeeded: size),
      time: DateTime(entry.modificationTime), attributes: attributes, problems: &problems)
    fileCount += 1
  }

  /// Fills the last cluster up with zeros.
  private mutating func endContent() throws(FAT32Error) {
    guard var content else { return }
    precondition(content.missingByteCount == 0, "fewer bytes than the entry has")
    do throws(BlockError) {
      if isWriting {
        try content.end(in: &stream)
        try stream.pad(to: geometry.clusterSize, from: geometry.dataOffset)
      }
    } catch {
      throw .target(error)
    }
    self.content = nil
  }

  private func checkRoom() throws(FAT32Error) {
    guard usedClusterCount > UInt64(geometry.clusterCount) else { return }
    let smallest = Geometry.smallest(
      hiddenSectorCount: geometry.hiddenSectorCount, dataAlignment: geometry.requestedDataAlignment
    ) { demand[$0] }
    guard let smallest else { throw .contentBeyondFormat(largest: Geometry.largestVolumeSize) }
    throw .contentTooLarge(neededVolumeSize: smallest.volumeSize, volumeSize: geometry.volumeSize)
  }
}

extension Problem.Kind {
  /// - Parameter kind: one that FAT has no place for.
  fileprivate init(_ kind: Entry.Kind) {
    self =
      switch kind {
      case .symbolicLink: .symbolicLink
      case .hardLink: .hardLink
      case .characterDevice: .characterDevice
      case .blockDevice: .blockDevice
      case .fifo: .fifo
      case .socket: .socket
      case .directory, .regular: .fileAsRoot
      }
  }
}
