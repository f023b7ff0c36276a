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
    transform: { try Recipe.DataSize($0) })
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
    transform: { try FeatureSet(option: $0) })
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
    do { _ = try Ext4.Format.Journal(size: journalSize) } catch {
      throw ValidationError("'--journal-size' \(error)")
    }
  }

  /// Whether nothing was asked for.
  var areDefault: Bool {
    get throws {
      var recipe = Recipe()
      try apply(to: &recipe)
      return recipe == Recipe()
    }
  }

  /// Puts what was given in the place of what the recipe has.
  func apply(to recipe: inout Recipe) throws {
    if let dataSize { recipe.dataSize = dataSize }
    if let dataLabel { recipe.dataFormat.label = dataLabel }
    if let dataUuid { recipe.dataFormat.uuid = dataUuid }
    if noJournal { recipe.dataFormat.journal = .none }
    if let journalSize { recipe.dataFormat.journal = try Ext4.Format.Journal(size: journalSize) }
    if let reserved { recipe.dataFormat.reservedBlockPercentage = reserved }
    if let inodeRatio { recipe.dataFormat.inodeRatio = inodeRatio.byteCount }
    if let inodes { recipe.dataFormat.inodeCount = inodes }
    if let features { recipe.dataFormat.features = features }
    if let mountOptions { recipe.dataFormat.mountOptions = mountOptions }
    if let errors { recipe.dataFormat.errorBehavior = errors }
  }
}
