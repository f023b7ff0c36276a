// SPDX-License-Identifier: Apache-2.0
public import Alpine
public import Blocks
public import Entries
internal import Ext4
internal import FAT32

/// What a finished card holds and what it took to write it.
public struct BuildSummary: Sendable {
  public let plan: Plan
  /// Nil where there was none, or what was taken for one could not be recognised.
  public let release: Release?
  /// Nil for a card without a boot partition.
  public let boot: Boot?
  /// Nil for a card without a data partition.
  public let data: Data?
  /// What the content's owner may not know of; the plan has warnings of its own.
  public let warnings: [ContentWarning]
  /// Bytes written to the target.
  public let writtenByteCount: UInt64
  /// Bytes that read as zero without having been written.
  public let zeroedByteCount: UInt64
  /// Calls that wrote.
  public let writeCount: Int
  /// Bytes that were written more than once: 0, or something is wrong in here.
  public let repeatedByteCount: UInt64
  /// Every byte that is content: the rest of the card is free space.
  public let content: ExtentSet

  /// What came into the boot partition.
  public struct Boot: Equatable, Sendable {
    public let fileCount: Int
    public let directoryCount: Int
    public let usedByteCount: UInt64
    /// Entries whose time FAT can't hold, and which got the nearest one that it can.
    public let clampedTimeCount: Int

    init(_ writer: borrowing FAT32.VolumeWriter) {
      fileCount = writer.fileCount
      directoryCount = writer.directoryCount
      clampedTimeCount = writer.clampedTimeCount
      usedByteCount = writer.usedClusterCount * writer.geometry.clusterSize
    }
  }

  /// What the data partition is like, and what came into it.
  public struct Data: Equatable, Sendable {
    public let blockCount: UInt64
    /// Blocks of file content, directories and what goes with them.
    public let usedBlockCount: UInt64
    public let inodeCount: UInt32
    /// Inodes of files, directories and links.
    public let usedInodeCount: UInt32
    /// Entries that inputs brought; the rest is Cairn's own.
    public let inputEntryCount: Int
    /// Where the apkovl lies; nil where none is wanted.
    public let overlayPath: EntryPath?
    /// Whether an input brought the apkovl: what it mounts is its own affair.
    public let bringsOverlay: Bool
    /// Nil without a release.
    public let packages: Packages?

    init(
      _ writer: borrowing Ext4.VolumeWriter, inputEntryCount: Int, overlayPath: EntryPath?,
      bringsOverlay: Bool, packages: Packages?
    ) {
      blockCount = writer.blockCount
      usedBlockCount = writer.usedBlockCount
      inodeCount = writer.inodeCount
      usedInodeCount = writer.usedInodeCount
      self.inputEntryCount = inputEntryCount
      self.overlayPath = overlayPath
      self.bringsOverlay = bringsOverlay
      self.packages = packages
    }
  }

  init(
    plan: Plan, release: Release?, boot: Boot?, data: Data?, warnings: [ContentWarning], ledger: Ledger
  ) {
    self.warnings = warnings
    self.plan = plan
    self.release = release
    self.boot = boot
    self.data = data
    writtenByteCount = ledger.monitor.writtenByteCount
    zeroedByteCount = ledger.monitor.zeroedByteCount
    writeCount = ledger.writeCount
    repeatedByteCount = ledger.repeatedByteCount
    content = ledger.untouched.complement(in: 0..<ledger.size)
  }
}
