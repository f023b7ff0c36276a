// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Make a card image from an Alpine Raspberry Pi release, or from any boot files.",
    discussion: """
      The image holds an MBR, a bootable FAT32 partition with the release's files, and an ext4 partition that is \
      mounted as /media/mmcblk0p2 and keeps the lbu overlay, the apk cache and /var/lib/docker. No root, no mount. \
      The output's name holds the old file or the whole new one. Times are UTC. SOURCE_DATE_EPOCH, where set, \
      dates what no input dates; else it is the time of the first input's first entry.
      """)

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
    name: .shortAndLong,
    help: ArgumentHelp("The image to make; a file that is there is replaced.", valueName: "file"))
  var output = "card.img"

  @Option(
    help: ArgumentHelp(
      "Size of the whole card, such as 3600MiB or 4GB. (default: 2GiB, or what the partitions take)",
      valueName: "size"))
  var size: ByteSize?

  @Option(help: ArgumentHelp("Size of the FAT32 partition.", valueName: "size"))
  var bootSize = Recipe.defaultBootSize

  @OptionGroup(title: "Options for the ext4 partition")
  var dataOptions: DataOptions

  @Option(help: ArgumentHelp("The Pi's host name, and the name of its overlay.", valueName: "name"))
  var hostname = Hostname.default.name

  @Option(help: ArgumentHelp("Take a source that Cairn would refuse: unknown-release.", valueName: "what"))
  var allow: [Allowance] = []

  @Flag(help: "Don't wait until the image is on storage.")
  var noSync = false

  @Flag(name: [.long, .customShort("n")], help: "Read the release and print the plan, but make no image.")
  var dryRun = false

  @Flag(help: "Print plan and result as JSON.")
  var json = false

  /// What may be allowed that is refused by default.
  enum Allowance: String, ExpressibleByArgument, CaseIterable {
    case unknownRelease = "unknown-release"
  }

  func validate() throws {
    if noBoot, noData { throw ValidationError("'--no-boot' and '--no-data' leave nothing to make") }
    if noBoot, release != nil || !boot.isEmpty {
      throw ValidationError("'--no-boot' makes no partition for '--release' and '--boot'")
    }
    if noData, !data.isEmpty || deviceTable != nil {
      throw ValidationError("'--no-data' makes no partition for '--data' and '--device-table'")
    }
    if noData, owner != nil || !dataOptions.areDefault {
      throw ValidationError(
        "'--no-data' makes no partition for '--owner' and the options for the ext4 partition")
    }
    if noBoot, data.isEmpty { throw ValidationError("Missing '--data <path>'") }
    if !noBoot, release == nil, boot.isEmpty {
      throw ValidationError(
        "Missing '--release <tar>' or '--boot <path>'; '--no-boot' makes no boot partition")
    }
    try checkPaths()
  }

  private func checkPaths() throws {
    if let release { try FileArgument.check(input: release, "--release") }
    for path in boot { try FileArgument.check(input: path, "--boot") }
    for input in data { try FileArgument.check(input: input.path, "--data") }
    if let deviceTable { try FileArgument.check(input: deviceTable, "--device-table") }
    try FileArgument.check(output: output, "--output")
  }

  mutating func run() throws {
    let card = CardImage(
      recipe: try recipe(),
      content: CardContent(
        release: release, boot: boot, data: data, directoryOwner: owner, deviceTable: deviceTable,
        acceptsAnyRelease: allow.contains(.unknownRelease)))
    let monitor = BuildMonitor()
    let signals = SignalWatch(stopping: monitor)
    let start = ContinuousClock.now
    let progress = ProgressLine(of: monitor)
    let summary: BuildSummary
    do throws(BuildError) {
      summary =
        dryRun
        ? try card.rehearse(monitor: monitor)
        : try card.build(to: output, isDurable: !noSync, monitor: monitor)
    } catch {
      progress.end()
      throw Failure(error, signal: signals.signal)
    }
    progress.end()
    warn(of: summary)
    let elapsed = start.duration(to: .now)
    let output = dryRun ? nil : output
    if json {
      try Terminal.standardOutput(summary.json(output: output, elapsed: elapsed))
    } else {
      try Terminal.standardOutput(BuildReport(summary: summary, output: output, elapsed: elapsed).text)
    }
  }

  private func warn(of summary: BuildSummary) {
    guard let count = summary.boot?.clampedTimeCount, count > 0 else { return }
    Terminal.complain(
      "warning: boot partition: \(count) entries have times before 1980 or after 2107, which FAT can't hold; "
        + "they got the nearest one")
  }

  /// The flags and the environment as a recipe.
  private func recipe() throws -> Recipe {
    var recipe = Recipe(
      size: size, bootSize: bootSize, hasBootPartition: !noBoot, hasDataPartition: !noData,
      dataSize: dataOptions.dataSize ?? .rest, dataFormat: dataOptions.format)
    do { recipe.hostname = try Hostname(hostname) } catch { throw Failure.recipe("--hostname: \(error)") }
    if let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"], !epoch.isEmpty {
      guard let seconds = UInt32(epoch) else {
        throw Failure.recipe(
          "SOURCE_DATE_EPOCH: \(epoch) is not a number of seconds from 1970 to 2106 (0 to 4294967295)")
      }
      recipe.epoch = Int64(seconds)
    }
    return recipe
  }
}
