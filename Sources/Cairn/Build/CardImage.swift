// SPDX-License-Identifier: Apache-2.0
internal import Archive
internal import Blocks
internal import CLinux
public import Recipes

/// A card as an image file, from a recipe and its content, in one call.
public struct CardImage: Sendable {
  public var recipe: Recipe
  public var content: CardContent

  public init(recipe: Recipe, content: CardContent) {
    self.recipe = recipe
    self.content = content
  }

  /// Builds the image and gives it its name at the very end: until then, and if anything fails, `path` is as it was.
  ///
  /// - Parameter isDurable: everything is on storage before the name is there.
  public func build(
    to path: String, isDurable: Bool, monitor: BuildMonitor = BuildMonitor()
  ) throws(BuildError) -> BuildSummary {
    try checkInputs(against: path)
    var builder = try builder(monitor: monitor)
    let image: ImageFile
    do { image = try ImageFile(path: path, size: builder.plan.size) } catch { throw .target(error) }
    monitor.watch(image)
    let summary = try builder.build(on: image, isDurable: isDurable)
    do { try image.commit(isDurable: isDurable) } catch { throw .target(error) }
    return summary
  }

  /// Does everything but write: every complaint about the content comes, and the summary of what would be written.
  public func rehearse(monitor: BuildMonitor = BuildMonitor()) throws(BuildError) -> BuildSummary {
    var builder = try builder(monitor: monitor)
    return try builder.build(on: NullTarget(size: builder.plan.size), isDurable: false)
  }

  private func builder(monitor: BuildMonitor) throws(BuildError) -> CardBuilder {
    try CardBuilder(
      recipe, from: content, for: .image, monitor: monitor)
  }

  /// Finds out before anything is written that an input is missing, or that the output would replace one.
  private func checkInputs(against path: String) throws(BuildError) {
    var output = stat()
    let hasOutput = unsafe stat(path, &output) == 0
    for input in content.paths {
      var status = stat()
      guard unsafe stat(input, &status) == 0 else {
        throw .source(.system(.open, path: input, number: linux_errno()))
      }
      if hasOutput, status.st_dev == output.st_dev, status.st_ino == output.st_ino {
        throw .outputIsInput(path: path)
      }
    }
  }
}
