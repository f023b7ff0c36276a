// SPDX-License-Identifier: Apache-2.0
public import Blocks
internal import Entries

/// Looks at every field of a FAT32 volume, whoever made it, and tells what is not as the specification has it.
///
/// It only reads: boot sectors, FSInfo, all copies of the FAT, all directories, and of files the bytes behind their
/// end. Whatever they hold, it comes to an end: each cluster is visited once. It takes memory for three bits for each
/// cluster, for the names of one directory and for the directories that are still to come; nothing else grows.
///
/// Source: Microsoft FAT32 File System Specification 1.03; `Finding.Kind` has the section of each rule.
public struct Checker {
  private let target: any BlockTarget

  /// - Parameter target: the volume: a partition, or an image of one.
  public init(_ target: any BlockTarget) { self.target = target }

  /// What a volume is, and how much was found.
  public struct Summary: Equatable, Sendable {
    /// Whether the FAT and the directories could be looked at: false where the boot sector does not tell where they
    /// are.
    public internal(set) var isComplete = false
    /// Bytes of a cluster.
    public internal(set) var clusterSize: UInt64 = 0
    public internal(set) var clusterCount: UInt32 = 0
    public internal(set) var freeClusterCount: UInt32 = 0
    /// Files that a path leads to.
    public internal(set) var fileCount = 0
    /// Directories that a path leads to, without the root.
    public internal(set) var directoryCount = 0
    public internal(set) var errorCount = 0
    public internal(set) var warningCount = 0
  }

  /// Checks the volume from its first sector to its last directory.
  ///
  /// - Parameters:
  ///   - hiddenSectorCount: sectors of the disk before the volume; nil where that is not known or not to be compared.
  ///   - report: gets each finding when it is made; a volume of garbage can have millions.
  /// - Throws: `target`, where the storage itself can't be read.
  public func check(
    hiddenSectorCount: UInt32? = nil, report: @escaping (Finding) -> Void
  ) throws(FAT32Error) -> Summary {
    let reader = Reader(target)
    var boot = BootCheck(reader, report: report)
    guard let layout = try boot.layout(hiddenSectorCount: hiddenSectorCount) else { return boot.summary }
    var run = Run(reader, layout, summary: boot.summary, report: report)
    try run.scanTable()
    try run.checkFSInfo()
    try run.walk()
    try run.checkLostChains()
    run.checkLabel()
    try run.nameOwners()
    return run.summary
  }
}

extension Checker {
  /// Reads what lies within the target.
  struct Reader {
    private let target: any BlockTarget

    init(_ target: any BlockTarget) { self.target = target }

    var size: UInt64 { target.size }

    /// - Returns: false, and nothing is read, where the range reaches beyond the end of the target.
    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(FAT32Error) -> Bool {
      guard offset <= target.size, UInt64(bytes.byteCount) <= target.size - offset else { return false }
      do throws(BlockError) {
        try target.read(into: &bytes, at: offset)
      } catch {
        throw .target(error)
      }
      return true
    }

    /// Fills the beginning of `buffer`.
    func read(
      into buffer: inout AlignedBuffer, byteCount: Int, at offset: UInt64
    ) throws(FAT32Error) -> Bool {
      var bytes = buffer.mutableBytes
      var part = bytes._mutatingExtracting(0..<byteCount)
      return try read(into: &part, at: offset)
    }
  }

  /// Where everything lies, as the boot sector has it: the numbers that the rest relies on.
  struct Layout {
    /// Bytes.
    let sectorSize: UInt64
    /// Bytes.
    let clusterSize: UInt64
    let reservedSectorCount: UInt64
    let fatCount: UInt64
    /// The FAT that counts.
    let activeFAT: UInt64
    /// Whether all FATs are to be the same.
    let isMirrored: Bool
    /// Bytes of one FAT.
    let fatSize: UInt64
    let clusterCount: UInt32
    let rootCluster: UInt32
    let media: UInt8
    /// Sectors of the FSInfo structure and of its copy; nil where there is none.
    let fsInfoSector: UInt64?
    let backupFSInfoSector: UInt64?
    /// The eleven bytes of the boot sector.
    let label: ShortName

    /// Bytes from the start of the volume.
    func offset(ofFAT number: UInt64) -> UInt64 { reservedSectorCount * sectorSize + number * fatSize }
    /// Of its entry in the FAT that counts; bytes from the start of the volume.
    func offset(ofEntry cluster: UInt32) -> UInt64 { offset(ofFAT: activeFAT) + 4 * UInt64(cluster) }
    /// Bytes from the start of the volume.
    func offset(ofCluster cluster: UInt32) -> UInt64 {
      offset(ofFAT: fatCount) + UInt64(cluster - 2) * clusterSize
    }

    var lastCluster: UInt32 { clusterCount + 1 }
    func contains(_ cluster: UInt32) -> Bool { cluster >= 2 && cluster <= lastCluster }
  }

  /// The state of one check, from the FAT on.
  struct Run: ~Copyable {
    let reader: Reader
    let layout: Layout
    var summary: Summary
    private let report: (Finding) -> Void

    var table: TableWindow
    /// Clusters that the FAT says are in use.
    var allocated: ClusterSet
    /// Clusters of the chains that were followed so far.
    var claimed: ClusterSet
    /// Crossings that wait for the name of the other owner, by the cluster that both have.
    var crossings: [UInt32: [Finding]] = [:]
    var crossingCount = 0
    /// Whether a chain is being followed that no file has.
    var isLost = false
    /// False in the second walk, which looks for owners only.
    var isReporting = true

    /// Of the directory that is being looked at.
    var path: [UInt8] = [] { didSet { pathText = nil } }
    /// The entry in it, where it is about one.
    var entry: EntryName? { didSet { entryText = nil } }
    /// The same for people, once a finding has asked for it: garbage has a dozen findings an entry.
    private var pathText: String?
    private var entryText: String?
    var pending: [PendingDirectory] = []
    var hasRoot = false
    /// The root's first one.
    var label: (name: ShortName, offset: UInt64)?
    /// For the last clusters of files.
    var slack: AlignedBuffer

    /// So many crossings get the name of the other owner.
    static var largestCrossingCount: Int { 1000 }

    init(
      _ reader: Reader, _ layout: Layout, summary: Summary, report: @escaping (Finding) -> Void
    ) {
      self.reader = reader
      self.layout = layout
      self.summary = summary
      self.report = report
      table = TableWindow(reader, layout)
      allocated = ClusterSet(lastCluster: layout.lastCluster)
      claimed = ClusterSet(lastCluster: layout.lastCluster)
      slack = AlignedBuffer(byteCount: Int(layout.clusterSize))
    }

    mutating func note(_ finding: Finding) {
      guard isReporting else { return }
      summary.count(finding)
      report(finding)
    }

    /// Hands on what was counted already.
    func pass(_ finding: Finding) { report(finding) }

    /// Something about the entry or the directory that is being looked at.
    mutating func noteHere(
      _ kind: Finding.Kind, at offset: UInt64, cluster: UInt32? = nil, found: UInt64? = nil,
      expected: UInt64? = nil
    ) {
      guard isReporting else { return }
      let path = currentPath()
      note(
        Finding(kind, offset: offset, cluster: cluster, path: path, found: found, expected: expected))
    }

    /// Of the entry, or else of the directory, for people; nil for what no path leads to.
    mutating func currentPath() -> String? {
      if isLost { return nil }
      let directory = pathText ?? (path.isEmpty ? "./" : path.printable)
      pathText = directory
      guard let entry else { return directory }
      if let entryText { return entryText }
      let name = entry.bytes.printable
      let text = path.isEmpty ? name : directory + "/" + name
      entryText = text
      return text
    }
  }
}

extension Checker.Summary {
  mutating func count(_ finding: Finding) {
    switch finding.severity {
    case .error: errorCount += 1
    case .warning: warningCount += 1
    }
  }
}
