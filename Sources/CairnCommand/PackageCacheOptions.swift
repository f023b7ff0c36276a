// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// Packages that the release hasn't.
struct PackageCacheOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Packages for apk's cache, so that the first boot needs no network: a directory or a tar of .apk files, with "
        + "APKINDEX.tar.gz of their repositories where there are any; many times.", valueName: "path"))
  var cache: [String] = []

  @Flag(
    inversion: .prefixedNo,
    help:
      "Whether the first boot has a network, and installs the packages that are neither in the release nor in the cache. (default: no)"
  )
  var onlineFirstBoot: Bool?

  func validate() throws {
    for path in cache { try FileArgument.check(input: path, "--cache") }
  }

  /// Throws where a partition is left out without which nothing makes sense of a cache.
  func check(beside content: ContentOptions) throws {
    if cache.isEmpty { return }
    if content.noData { throw ValidationError("'--no-data' makes no partition for '--cache'") }
    if content.noBoot { throw ValidationError("'--no-boot' leaves no release that '--cache' could be for") }
  }

  /// Throws where there is no release for a cache, and no recipe names one either.
  func checkPresence(of release: String?) throws {
    guard cache.isEmpty || release != nil else {
      throw ValidationError("'--cache' is for an Alpine system; give '--release <tar>'")
    }
  }

  /// Puts what was given in the place of what the recipe file has.
  func apply(to file: inout RecipeFile) {
    if !cache.isEmpty {
      file.inputs.cache = cache
      file.recipe.hasDataPartition = true
    }
    if let onlineFirstBoot { file.recipe.system.isOnlineAtFirstBoot = onlineFirstBoot }
  }
}
