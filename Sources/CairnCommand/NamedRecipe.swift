// SPDX-License-Identifier: Apache-2.0
import Cairn

/// A recipe file and what it is called.
struct NamedRecipe {
  let path: String
  let file: RecipeFile

  /// What an error lists, each with its place in the recipe where that has one; nil for an error that knows of none.
  func details(of error: BuildError) -> [String]? {
    switch error {
    case .packages(let dependencies):
      details(dependencies.map { ("\($0)", file.complaint("\($0)", aboutPackage: $0.dependency)) })
    case .services(let services):
      details(services.map { ("\($0)", file.complaint("\($0)", aboutService: $0.service.name)) })
    default: nil
    }
  }

  /// Those of the file in its order, then the others.
  private func details(_ problems: [(text: String, complaint: RecipeComplaint?)]) -> [String] {
    let complaints = problems.compactMap(\.complaint).sorted {
      ($0.line, $0.column) < ($1.line, $1.column)
    }
    return complaints.map { "\(path):\($0)" } + problems.filter { $0.complaint == nil }.map(\.text)
  }
}
