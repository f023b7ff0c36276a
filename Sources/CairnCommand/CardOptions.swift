// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

/// What a card is, whatever it is put on: the options that win over a recipe's keys.
struct CardOptions: ParsableArguments {
  @OptionGroup(title: "What the card holds")
  var contentOptions: ContentOptions

  @OptionGroup(title: "What the card holds")
  var cacheOptions: PackageCacheOptions

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

  @OptionGroup(title: "What firmware and kernel are told")
  var bootOptions: BootOptions

  @OptionGroup(title: "How the system is set up")
  var systemOptions: SystemOptions

  func validate() throws {
    if contentOptions.noData, let option = systemOptions.recipeOptions.first {
      throw ValidationError("'--no-data' leaves no place for '\(option.name)'")
    }
    if contentOptions.noBoot, let option = bootOptions.recipeOptions.first {
      throw ValidationError("'--no-boot' leaves no place for '\(option.name)'")
    }
    if contentOptions.noData, try !dataOptions.areDefault {
      throw ValidationError("'--no-data' makes no partition for the options for the ext4 partition")
    }
    try cacheOptions.check(beside: contentOptions)
  }

  /// Whether nothing was asked for.
  var areDefault: Bool {
    get throws {
      var file = RecipeFile()
      contentOptions.apply(to: &file)
      cacheOptions.apply(to: &file)
      try apply(to: &file.recipe, environment: [:])
      return file == RecipeFile() && systemRecipeOptions.isEmpty
    }
  }

  /// Throws for options that need each other, where no recipe may name what is missing.
  func checkPresence() throws {
    try contentOptions.checkPresence()
    try cacheOptions.checkPresence(of: contentOptions.release)
    try PersistOption.validate(
      persist, hasRelease: contentOptions.release != nil, hasData: !contentOptions.noData)
    if contentOptions.release == nil, let option = systemRecipeOptions.first {
      throw ValidationError("'\(option.name)' is for an Alpine system; give '--release <tar>'")
    }
  }

  /// The recipe, with what the options say in the place of what it says.
  ///
  /// - Parameter path: of a recipe file; nil for a card of the options alone.
  func recipeFile(_ path: String?) throws -> RecipeFile {
    var file = RecipeFile()
    if let path {
      do { file = try RecipeFile(contentsOf: path) } catch { throw Failure(error, path: path) }
    }
    contentOptions.apply(to: &file)
    cacheOptions.apply(to: &file)
    try apply(to: &file.recipe, environment: ProcessInfo.processInfo.environment)
    do { try file.apply(systemRecipeOptions) } catch { throw Failure(error) }
    return file
  }

  private var systemRecipeOptions: [RecipeOption] {
    bootOptions.recipeOptions + systemOptions.recipeOptions
  }

  private func apply(to recipe: inout Recipe, environment: [String: String]) throws {
    if let bootSize { recipe.bootSize = bootSize }
    try dataOptions.apply(to: &recipe)
    if !persist.isEmpty { recipe.persistence = PersistOption.requests(persist) }
    if let hostname {
      do { recipe.hostname = try Hostname(hostname) } catch { throw Failure.recipe("--hostname: \(error)") }
    }
    if let epoch = environment["SOURCE_DATE_EPOCH"], !epoch.isEmpty {
      guard let seconds = UInt32(epoch) else {
        throw Failure.recipe(
          "SOURCE_DATE_EPOCH: \(epoch) is not a number of seconds from 1970 to 2106 (0 to 4294967295)")
      }
      recipe.epoch = Int64(seconds)
    }
  }
}
