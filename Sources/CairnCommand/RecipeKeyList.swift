// SPDX-License-Identifier: Apache-2.0
import Cairn

/// The keys of a recipe file as a list for people, those of a mapping below it.
struct RecipeKeyList {
  let keys: [RecipeKey]

  var text: String { lines(keys, indentation: "").map { $0 + "\n" }.joined() }

  private func lines(_ keys: [RecipeKey], indentation: String) -> [String] {
    keys.flatMap { key in
      ["\(indentation)\(key.name): <\(key.value)>", "\(indentation)    \(key.help)"]
        + lines(key.keys, indentation: indentation + "  ")
    }
  }
}
