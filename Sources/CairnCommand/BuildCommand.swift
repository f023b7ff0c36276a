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

      A recipe is a YAML file with a key for each option that decides what the card is; --recipe-keys lists them. An \
      option wins over its key, and --boot and --data over all that the recipe's lists name.
      """)

  @Argument(help: ArgumentHelp("A YAML file that says what the card is; options win over it."))
  var recipe: String?

  @Flag(help: "Print the keys that a recipe can have, and make nothing.")
  var recipeKeys = false

  @OptionGroup(title: "What the card holds")
  var contentOptions: ContentOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The image to make; a file that is there is replaced.", valueName: "file"))
  var output = "card.img"

  @Option(
    help: ArgumentHelp(
      "Size of the whole card, such as 3600MiB or 4GB. (default: 2GiB, or what the partitions take)",
      valueName: "size"))
  var size: ByteSize?

  @Option(help: ArgumentHelp("Size of the FAT32 partition. (default: 256MiB)", valueName: "size"))
  var bootSize: ByteSize?

  @OptionGroup(title: "Options for the ext4 partition")
  var dataOptions: DataOptions

  @Option(
    help: ArgumentHelp(
      "A directory that survives a reboot, by overlay (what is written lies on the ext4 partition), bind (all of "
        + "it does), file (an ext4 in a file of that partition) or partition (an ext4 of its own); or none. Many "
        + "times. (default: /var/lib/docker; bind for container engines, else overlay; a file of 1GiB, at most half "
        + "of the partition; a partition with an even share of the card)",
      valueName: "path[:strategy[,size=size]]"),
    transform: PersistOption.init)
  var persist: [PersistOption] = []

  @Option(
    help: ArgumentHelp(
      "The Pi's host name, and the name of its overlay. (default: alpine)", valueName: "name"))
  var hostname: String?

  @Flag(help: "Don't wait until the image is on storage.")
  var noSync = false

  @Flag(name: [.long, .customShort("n")], help: "Read the inputs and print the plan, but make no image.")
  var dryRun = false

  @Flag(help: "Print plan and result as JSON.")
  var json = false

  func validate() throws {
    if contentOptions.noData, try !dataOptions.areDefault {
      throw ValidationError("'--no-data' makes no partition for the options for the ext4 partition")
    }
    // A recipe may name what is missing.
    if recipe == nil, !recipeKeys {
      try contentOptions.checkPresence()
      try PersistOption.validate(
        persist, hasRelease: contentOptions.release != nil, hasData: !contentOptions.noData)
    }
    try FileArgument.check(output: output, "--output")
  }

  mutating func run() throws {
    if recipeKeys { return try Terminal.standardOutput(RecipeKeyList(keys: RecipeFile.keys).text) }
    let card = try card()
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
    for warning in summary.plan.warnings { Terminal.complain("warning: \(warning)") }
    if summary.data?.overlayPath != nil, !summary.plan.system.letsSomebodyIn {
      Terminal.complain("warning: nobody can log in: root is locked, and no key or password lets anybody in")
    }
    guard let count = summary.boot?.clampedTimeCount, count > 0 else { return }
    Terminal.complain(
      "warning: boot partition: \(count) entries have times before 1980 or after 2107, which FAT can't hold; "
        + "they got the nearest one")
  }
}

// The recipe file, and the options that win over it.
extension BuildCommand {
  private func card() throws -> CardImage {
    var file = RecipeFile()
    if let recipe {
      do { file = try RecipeFile(contentsOf: recipe) } catch { throw Failure(error, path: recipe) }
    }
    contentOptions.apply(to: &file)
    try apply(to: &file.recipe)
    return CardImage(recipe: file.recipe, content: CardContent(file.inputs))
  }

  private func apply(to recipe: inout Recipe) throws {
    if let size { recipe.size = size }
    if let bootSize { recipe.bootSize = bootSize }
    try dataOptions.apply(to: &recipe)
    if !persist.isEmpty { recipe.persistence = PersistOption.requests(persist) }
    if let hostname {
      do { recipe.hostname = try Hostname(hostname) } catch { throw Failure.recipe("--hostname: \(error)") }
    }
    if let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"], !epoch.isEmpty {
      guard let seconds = UInt32(epoch) else {
        throw Failure.recipe(
          "SOURCE_DATE_EPOCH: \(epoch) is not a number of seconds from 1970 to 2106 (0 to 4294967295)")
      }
      recipe.epoch = Int64(seconds)
    }
  }
}
