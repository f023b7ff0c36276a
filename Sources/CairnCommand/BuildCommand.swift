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
      option wins over its key, and one that may come many times over the recipe's whole list.
      """)

  @Argument(help: ArgumentHelp("A YAML file that says what the card is; options win over it."))
  var recipe: String?

  @Flag(help: "Print the keys that a recipe can have, and make nothing.")
  var recipeKeys = false

  @OptionGroup
  var cardOptions: CardOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The image to make; a file that is there is replaced.", valueName: "file"))
  var output = "card.img"

  @Option(
    help: ArgumentHelp(
      "Size of the whole card, such as 3600MiB or 4GB. (default: 2GiB, or what the partitions take)",
      valueName: "size"))
  var size: ByteSize?

  @Flag(help: "Don't wait until the image is on storage.")
  var noSync = false

  @Flag(name: [.long, .customShort("n")], help: "Read the inputs and print the plan, but make no image.")
  var dryRun = false

  @Flag(help: "Print where the time went, too, and what memory and system calls it took.")
  var stats = false

  @Flag(help: "Print plan and result as JSON.")
  var json = false

  func validate() throws {
    // A recipe may name what is missing.
    if recipe == nil, !recipeKeys { try cardOptions.checkPresence() }
    try FileArgument.check(output: output, "--output")
  }

  mutating func run() throws {
    if recipeKeys { return try Terminal.standardOutput(RecipeKeyList(keys: RecipeFile.keys).text) }
    let file = try recipeFile()
    let card = CardImage(recipe: file.recipe, content: CardContent(file.inputs))
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
      throw Failure(
        error, signal: signals.signal, recipe: recipe.map { NamedRecipe(path: $0, file: file) })
    }
    progress.end()
    for warning in BuildReport.warnings(of: summary) { Terminal.complain("warning: \(warning)") }
    let elapsed = start.duration(to: .now)
    let statistics = stats ? monitor.takeStatistics() : nil
    let output = dryRun ? nil : output
    if json {
      return try Terminal.standardOutput(
        summary.json(output: output, elapsed: elapsed, statistics: statistics))
    }
    try Terminal.standardOutput(BuildReport(summary: summary, output: output, elapsed: elapsed).text)
    try statistics.map { try Terminal.standardOutput("\n" + StatisticsReport(statistics: $0).text) }
  }
}

extension BuildCommand {
  private func recipeFile() throws -> RecipeFile {
    var file = try cardOptions.recipeFile(recipe)
    if let size { file.recipe.size = size }
    return file
  }
}
