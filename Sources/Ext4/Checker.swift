// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// Looks at all metadata of an ext4 volume, whoever made it, and tells what is not as the format has it.
///
/// It only reads: superblocks, descriptors, bitmaps, inode tables, extent trees and indirect blocks, directories with
/// their indexes, and blocks of extended attributes; neither the content of files nor the journal's. Whatever they
/// hold, it comes to an end: each block is followed once. It takes memory for two bits for each block, for
/// five bytes for each inode, for the parents of each directory, and for the block numbers of one directory.
///
/// Volumes with features that it can't judge (bigalloc, inline data, attributes in inodes of their own, case folding)
/// or with changes in the journal get a warning, and no more.
///
/// Source: kernel documentation, ext4, "Data Structures and Algorithms"; `Finding.Kind` has the section of each rule.
public struct Checker {
  private let target: any BlockTarget

  /// - Parameter target: the volume: a partition, or an image of one.
  public init(_ target: any BlockTarget) { self.target = target }

  /// What a volume is, and how much was found.
  public struct Summary: Equatable, Sendable {
    /// Whether all could be looked at: false where the superblock does not tell where everything lies, or names
    /// features that this checker can't judge, or changes that stand in the journal alone.
    public internal(set) var isComplete = false
    /// Bytes of a block.
    public internal(set) var blockSize: UInt64 = 0
    public internal(set) var blockCount: UInt64 = 0
    /// As the bitmaps have it.
    public internal(set) var freeBlockCount: UInt64 = 0
    public internal(set) var inodeCount: UInt32 = 0
    /// As the bitmaps have it.
    public internal(set) var freeInodeCount: UInt64 = 0
    /// Inodes in use that are neither directories nor reserved.
    public internal(set) var fileCount = 0
    /// Directories, the root among them.
    public internal(set) var directoryCount = 0
    public internal(set) var errorCount = 0
    public internal(set) var warningCount = 0
  }

  /// Checks the volume from its superblock to its last directory.
  ///
  /// - Parameter report: gets each finding when it is made; a volume of garbage can have millions.
  /// - Throws: `target`, where the storage itself can't be read; `library`, where libext2fs refuses a volume whose
  ///   superblock seems sound.
  public func check(report: @escaping (Finding) -> Void) throws(Ext4Error) -> Summary {
    let source = VolumeSource(target)
    var superblock = SuperblockCheck(source, report: report)
    guard let layout = try superblock.layout() else { return superblock.summary }
    let system = try CheckedFileSystem.open(source)
    var run = Run(source, system, layout, summary: superblock.summary, report: report)
    try run.checkGroups()
    try run.takeCensus()
    try run.checkFiles()
    run.checkLinks()
    run.checkPaths()
    run.checkBlocks()
    run.checkTotals()
    if let failure = source.failure { throw .target(failure) }
    return run.summary
  }
}

extension Checker {
  /// The state of one check, from the group descriptors on.
  struct Run: ~Copyable {
    let source: VolumeSource
    let system: CheckedFileSystem
    let layout: Layout
    var summary: Summary
    private let report: (Finding) -> Void

    /// Of each group.
    var groups: [CheckedFileSystem.Group] = []
    /// Blocks and inodes that the bitmaps have as in use.
    var allocatedBlocks: NumberSet
    var allocatedInodes: NumberSet
    /// Blocks that something has.
    var claimed: NumberSet
    /// How many blocks that are claimed already may be claimed again before files are left at the first of them: what
    /// keeps a volume of garbage from taking for ever.
    var overlapBudget: UInt64

    /// Of each inode, by its number: `i_links_count`, 0 for one that is not in use.
    var linkCounts: [UInt16]
    /// The same: the names that were found.
    var nameCounts: [UInt16]
    /// The same: the upper four bits of `i_mode`.
    var types: [InodeType?]
    /// Directories, by their inodes.
    var parents: [UInt32: Parents] = [:]
    /// Blocks of attributes: what they say of how many have them, and how many do.
    var attributeBlocks: [UInt64: (claimed: UInt32, found: UInt32)] = [:]

    /// Where a directory stands.
    struct Parents {
      /// Of the entry `..`; 0 where there is none.
      var dotDot: UInt32 = 0
      /// The directory that has its name; 0 where none was found.
      var directory: UInt32 = 0
    }

    init(
      _ source: VolumeSource, _ system: consuming CheckedFileSystem, _ layout: Layout, summary: Summary,
      report: @escaping (Finding) -> Void
    ) {
      self.source = source
      self.system = system
      self.layout = layout
      self.summary = summary
      self.report = report
      allocatedBlocks = NumberSet(limit: layout.blockCount)
      allocatedInodes = NumberSet(limit: UInt64(layout.inodeCount) + 1)
      claimed = NumberSet(limit: layout.blockCount)
      overlapBudget = layout.blockCount + 1_000_000
      linkCounts = Array(repeating: 0, count: Int(layout.inodeCount) + 1)
      nameCounts = linkCounts
      types = Array(repeating: nil, count: linkCounts.count)
    }

    mutating func note(
      _ kind: Finding.Kind, at offset: UInt64? = nil, group: UInt32? = nil, inode: UInt32? = nil,
      found: UInt64? = nil, expected: UInt64? = nil
    ) {
      let finding = Finding(
        kind, offset: offset, group: group, inode: inode, found: found, expected: expected)
      summary.count(finding)
      report(finding)
    }

    /// - Returns: false where the block is none of the target.
    func read(_ block: UInt64, into buffer: inout AlignedBuffer) throws(Ext4Error) -> Bool {
      guard layout.contains(block) else { return false }
      var bytes = buffer.mutableBytes
      return try source.read(into: &bytes, at: block * layout.blockSize)
    }

    func makeBlock() -> AlignedBuffer { AlignedBuffer(byteCount: Int(layout.blockSize)) }
  }
}

/// The type of file that an inode's mode tells, with what directory entries say of it.
///
/// Source: kernel documentation, ext4, "Index Nodes", `i_mode`.
enum InodeType: UInt8 {
  case fifo = 1
  case characterDevice = 2
  case directory = 4
  case blockDevice = 6
  case regular = 8
  case symbolicLink = 10
  case socket = 12

  init?(mode: UInt16) { self.init(rawValue: UInt8(mode >> 12)) }

  var entryType: FileType {
    switch self {
    case .fifo: .fifo
    case .characterDevice: .characterDevice
    case .directory: .directory
    case .blockDevice: .blockDevice
    case .regular: .regular
    case .symbolicLink: .symbolicLink
    case .socket: .socket
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
