// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// A card's content and the card: a recipe or an image, unless options say it all, and a device.
struct CardOperands: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A recipe (.yaml), or an image; without one, options say what the card holds. Then the device.",
      valueName: "source and device"))
  var operands: [String] = []

  func validate(options: CardOptions) throws {
    guard let device = operands.last else { throw ValidationError("Missing '<device>'") }
    guard operands.count <= 2 else {
      throw ValidationError("Unexpected '\(operands[2])': there is one source, and one device")
    }
    try FileArgument.check(output: device, "<device>")
    guard let source else {
      do { return try options.checkPresence() } catch {
        throw ValidationError(
          "Missing a source: '\(device)' is the device; name a recipe, an image, or '--release <tar>'")
      }
    }
    try FileArgument.check(input: source, "<source>")
    if !Self.isRecipe(source), try !options.areDefault {
      throw ValidationError("'\(source)' is an image, which options for a card's content don't change")
    }
  }

  var device: String { operands.last ?? "" }

  private var source: String? { operands.count == 2 ? operands[0] : nil }

  private static func isRecipe(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

  /// The card's content, and the recipe that it is from, if it is from one.
  func content(options: CardOptions) throws -> (source: CardSource, recipe: NamedRecipe?) {
    if let source, !Self.isRecipe(source) { return (.image(path: source), nil) }
    let file = try options.recipeFile(source)
    let recipe = source.map { NamedRecipe(path: $0, file: file) }
    return (.recipe(file.recipe, CardContent(file.inputs)), recipe)
  }
}
