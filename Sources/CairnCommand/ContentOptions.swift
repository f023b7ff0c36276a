// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// What goes onto the card.
struct ContentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The release: .tar, .tar.gz, .tar.xz or .tar.zst.", valueName: "tar"))
  var release: String?

  @Option(
    help: ArgumentHelp(
      "More for the boot partition: a tar or a directory; many times, beside a release or instead of one.",
      valueName: "path"))
  var boot: [String] = []

  @Option(
    help: ArgumentHelp(
      "For the ext4 partition: a tar or a directory, put below a directory of it where that is named; many times.",
      valueName: "[target=]path"),
    transform: { try CardContent.Input(argument: $0) })
  var data: [CardContent.Input] = []

  @Option(
    help: ArgumentHelp(
      "Whom all that comes from directories of --data belongs to, such as root:root or 1000:1000.",
      valueName: "user:group"),
    transform: { try Entry.Owner(argument: $0) })
  var owner: Entry.Owner?

  @Option(
    help: ArgumentHelp(
      "Who owns what on the ext4 partition, and its devices: a device table of genext2fs or Buildroot.",
      valueName: "file"))
  var deviceTable: String?

  @Flag(help: "Make no FAT32 partition.")
  var noBoot = false

  @Flag(help: "Make no ext4 partition.")
  var noData = false

  @Option(
    help: ArgumentHelp(
      "Take what Cairn would refuse: a source that is no release; for `cairn write`, a card that is not removable, or "
        + "larger than 2 TiB. Many times.",
      valueName: "what"))
  var allow: [AllowOption] = []

  /// What may be allowed that is refused by default.
  enum AllowOption: String, ExpressibleByArgument, CaseIterable {
    case unknownRelease = "unknown-release"
    case nonRemovable = "non-removable"
    case large
  }

  /// Of those, what is about the card and not its content.
  var deviceAllowances: Set<Allowance> { Set(allow.compactMap { Allowance(rawValue: $0.rawValue) }) }

  func validate() throws {
    try checkContradictions()
    try checkPaths()
  }

  /// Throws where nothing is named for the card, and no recipe names it either.
  func checkPresence() throws {
    if noBoot, data.isEmpty { throw ValidationError("Missing '--data <path>'") }
    if !noBoot, release == nil, boot.isEmpty {
      throw ValidationError(
        "Missing '--release <tar>' or '--boot <path>'; '--no-boot' makes no boot partition")
    }
  }

  private func checkContradictions() throws {
    if noBoot, noData { throw ValidationError("'--no-boot' and '--no-data' leave nothing to make") }
    if noBoot, release != nil || !boot.isEmpty {
      throw ValidationError("'--no-boot' makes no partition for '--release' and '--boot'")
    }
    if noData, !data.isEmpty || deviceTable != nil || owner != nil {
      throw ValidationError("'--no-data' makes no partition for '--data', '--device-table' and '--owner'")
    }
  }

  private func checkPaths() throws {
    if let release { try FileArgument.check(input: release, "--release") }
    for path in boot { try FileArgument.check(input: path, "--boot") }
    for input in data { try FileArgument.check(input: input.path, "--data") }
    if let deviceTable { try FileArgument.check(input: deviceTable, "--device-table") }
  }

  /// Puts what was given in the place of what the recipe file has. An input that is named here brings its partition back; a
  /// partition that is left out here takes the recipe's inputs with it.
  func apply(to file: inout RecipeFile) {
    if release != nil || !boot.isEmpty { file.recipe.hasBootPartition = true }
    if !data.isEmpty || deviceTable != nil { file.recipe.hasDataPartition = true }
    if noBoot {
      file.recipe.hasBootPartition = false
      file.inputs.release = nil
      file.inputs.boot = []
      file.inputs.cache = []
    }
    if noData {
      file.recipe.hasDataPartition = false
      file.inputs.data = []
      file.inputs.cache = []
      file.inputs.deviceTable = nil
    }
    apply(to: &file.inputs)
  }

  private func apply(to inputs: inout RecipeFile.Inputs) {
    if let release { inputs.release = release }
    if !boot.isEmpty { inputs.boot = boot }
    if !data.isEmpty { inputs.data = data }
    if let owner { inputs.directoryOwner = owner }
    if let deviceTable { inputs.deviceTable = deviceTable }
    if allow.contains(.unknownRelease) { inputs.acceptsAnyRelease = true }
  }
}
