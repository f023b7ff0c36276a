// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CLinux
public import Recipes

/// A card as an image file, from a recipe and a release, in one call.
public struct CardImage: Sendable {
  public var recipe: Recipe
  /// Path of the release tarball.
  public var release: String
  /// Take what is no Alpine release, too.
  public var acceptsAnySource: Bool

  public init(recipe: Recipe, release: String, acceptsAnySource: Bool = false) {
    self.recipe = recipe
    self.release = release
    self.acceptsAnySource = acceptsAnySource
  }

  /// Builds the image and gives it its name at the very end: until then, and if anything fails, `path` is as it was.
  ///
  /// - Parameter isDurable: everything is on storage before the name is there.
  public func build(
    to path: String, isDurable: Bool, monitor: BuildMonitor = BuildMonitor()
  ) throws(BuildError) -> BuildSummary {
    try refuseToReplaceSource(path)
    var builder = try builder(monitor: monitor)
    let image: ImageFile
    do { image = try ImageFile(path: path, size: builder.plan.size) } catch { throw .target(error) }
    monitor.watch(image)
    let summary = try builder.build(on: image, isDurable: isDurable)
    do { try image.commit(isDurable: isDurable) } catch { throw .target(error) }
    return summary
  }

  /// Does everything but write: every complaint about the release comes, and the summary of what would be written.
  public func rehearse(monitor: BuildMonitor = BuildMonitor()) throws(BuildError) -> BuildSummary {
    var builder = try builder(monitor: monitor)
    return try builder.build(on: NullTarget(size: builder.plan.size), isDurable: false)
  }

  private func builder(monitor: BuildMonitor) throws(BuildError) -> CardBuilder {
    try CardBuilder(
      recipe, release: release, for: .file(byteCount: recipe.size.byteCount),
      acceptsAnySource: acceptsAnySource, monitor: monitor)
  }

  private func refuseToReplaceSource(_ path: String) throws(BuildError) {
    var source = stat()
    var output = stat()
    guard unsafe stat(release, &source) == 0, unsafe stat(path, &output) == 0 else { return }
    if source.st_dev == output.st_dev, source.st_ino == output.st_ino {
      throw .outputIsSource(path: path)
    }
  }
}
