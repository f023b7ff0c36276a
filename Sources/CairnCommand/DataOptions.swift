// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// What the ext4 partition is to be like: options of mke2fs and tune2fs, by what they do.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Size of the ext4 partition, such as 1GiB; min for what its content takes, min+100MiB for so much more. "
        + "(default: the rest of the card)",
      valueName: "size|min"),
    transform: DataOptions.dataSize)
  var dataSize: Recipe.DataSize?

  @Option(
    help: ArgumentHelp("Its label, up to 16 bytes. (default: DATA)", valueName: "text"),
    transform: { try Ext4.VolumeLabel($0) })
  var dataLabel: Ext4.VolumeLabel?

  @Option(
    help: ArgumentHelp("Its UUID. (default: derived from host name, sizes and options)", valueName: "uuid"),
    transform: { try Identifier($0) })
  var dataUuid: Identifier?

  @Flag(help: "Make no journal.")
  var noJournal = false

  @Option(
    help: ArgumentHelp(
      "Size of the journal. (default: by that of the partition, up to 64MiB)", valueName: "size"))
  var journalSize: ByteSize?

  @Option(
    help: ArgumentHelp("Share of the blocks that only root may fill. (default: 5)", valueName: "percent"),
    transform: { try Percentage($0) })
  var reserved: Percentage?

  @Option(
    help: ArgumentHelp("One inode for so many bytes. (default: 16KiB, below 512MiB 4KiB)", valueName: "size"))
  var inodeRatio: ByteSize?

  @Option(help: ArgumentHelp("Inodes, whatever the ratio says.", valueName: "count"))
  var inodes: UInt32?

  @Option(
    help: ArgumentHelp(
      "Features as mke2fs -O has them (\"^metadata_csum,^64bit\"), old-kernels for those of Linux 2.6.28, or both.",
      valueName: "list"),
    transform: DataOptions.features)
  var features: FeatureSet?

  @Option(
    help: ArgumentHelp("Default mount options as tune2fs -o has them (\"discard,^acl\").", valueName: "list"),
    transform: { try MountOptions($0) })
  var mountOptions: MountOptions?

  @Option(help: ArgumentHelp("What Linux does where it finds damage.", valueName: "what"))
  var errors: ErrorBehavior?

  func validate() throws {
    guard let journalSize else { return }
    if noJournal { throw ValidationError("'--no-journal' and '--journal-size' exclude each other") }
    // What e2fsck takes for a journal.
    guard (4 << 20...40_000 << 20).contains(journalSize.byteCount) else {
      throw ValidationError("'--journal-size' takes 4MiB to 40000MiB")
    }
  }

  /// Whether nothing was asked for.
  var areDefault: Bool { dataSize == nil && format == DataFormat() }

  var format: DataFormat {
    var format = DataFormat(uuid: dataUuid, inodeRatio: inodeRatio?.byteCount, inodeCount: inodes)
    if let dataLabel { format.label = dataLabel }
    if noJournal { format.journal = .none }
    if let journalSize {
      format.journal = .blocks(UInt32(clamping: journalSize.byteCount / Ext4.Format.blockSize))
    }
    if let reserved { format.reservedBlockPercentage = reserved }
    if let features { format.features = features }
    if let mountOptions { format.mountOptions = mountOptions }
    if let errors { format.errorBehavior = errors }
    return format
  }
}

extension DataOptions {
  /// "min", "min+SIZE" or a size.
  private static func dataSize(_ text: String) throws -> Recipe.DataSize {
    let word = "min"
    guard text.hasPrefix(word) else { return .fixed(try byteSize(text[...])) }
    let slack = text.dropFirst(word.count)
    guard !slack.isEmpty else { return .smallest(slack: ByteSize(byteCount: 0)) }
    guard slack.hasPrefix("+") else { throw ValidationError("give a size, min or min+SIZE") }
    return .smallest(slack: try byteSize(slack.dropFirst()))
  }

  private static func byteSize(_ text: Substring) throws -> ByteSize {
    guard let size = ByteSize(String(text)) else {
      throw ValidationError("give a size such as 512MiB or 4GB, min or min+SIZE")
    }
    return size
  }

  /// The preset, then what changes it.
  private static func features(_ text: String) throws -> FeatureSet {
    let preset = "old-kernels"
    guard text.hasPrefix(preset) else { return try FeatureSet(text) }
    return try FeatureSet(String(text.dropFirst(preset.count)), changing: .oldKernels)
  }
}
