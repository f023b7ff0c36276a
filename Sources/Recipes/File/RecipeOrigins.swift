// SPDX-License-Identifier: Apache-2.0

/// Where in a recipe file words stand whose meaning shows only beside a release: names of packages and of services.
struct RecipeOrigins: Sendable {
  private var places: [Word: (path: [String], place: TextPlace)] = [:]

  private struct Word: Hashable {
    let key: String
    let text: String
  }

  /// The keys whose words are of that kind.
  private static let keys: Set<String> = ["packages", "services"]

  /// Takes note of a scalar; of equal ones, the first counts.
  mutating func note(_ text: String, path: [String], place: TextPlace) {
    guard let key = path.first, Self.keys.contains(key) else { return }
    let word = Word(key: key, text: text)
    if places[word] == nil { places[word] = (path, place) }
  }

  func complaint(_ reason: String, about text: String, in key: String) -> RecipeComplaint? {
    guard let (path, place) = places[Word(key: key, text: text)] else { return nil }
    return RecipeComplaint(
      line: place.line, column: place.column, keyPath: path.joined(separator: "."), reason)
  }
}
