// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Yams

/// What a command's option says, by the key of a recipe file that it stands for.
public struct RecipeOption: Sendable {
  /// As people type it: "--timezone".
  public let name: String
  public let keyPath: [String]
  public let value: Value

  /// As a recipe file would have it behind the key.
  public indirect enum Value: Sendable {
    case text(String)
    case list([Value])
    /// Each key once.
    case mapping([(key: String, value: Value)])
  }

  public init(_ name: String, _ keyPath: [String], _ value: Value) {
    self.name = name
    self.keyPath = keyPath
    self.value = value
  }
}

/// What is wrong with options, a line each, the option named first. At least one.
public struct RecipeOptionError: Error, Equatable, Sendable {
  public let problems: [String]
}

extension RecipeFile {
  /// Puts what options say in the place of what their keys have: a list in the place of the whole list.
  ///
  /// They are read as the keys are, with the same complaints, and so is the whole at the end.
  public mutating func apply(_ options: [RecipeOption]) throws(RecipeOptionError) {
    guard !options.isEmpty else { return }
    var problems: [String] = []
    for option in options { problems += apply(option) }
    if problems.isEmpty { problems = systemProblems(options) }
    guard problems.isEmpty else { throw RecipeOptionError(problems: problems) }
  }

  private mutating func apply(_ option: RecipeOption) -> [String] {
    // Its keys add to one another; a server that is described is wanted.
    if option.keyPath == ["services"] { recipe.system.addedServices = [] }
    if option.keyPath.count > 1, option.keyPath[0] == "ssh", recipe.system.sshServer == nil {
      recipe.system.sshServer = SystemSettings.SSHServer()
    }
    var reader = RecipeReader(YAMLDocument(root: option.node), outline: Self.keys)
    reader.read(
      RecipeValue(node: option.node, path: []), keys: Self.table, into: &self, expecting: "keys")
    return reader.complaints.map {
      option.sentence($0.text, at: $0.keyPath.split(separator: ".").map(String.init))
    }
  }

  /// Of options for a partition that the recipe leaves out.
  private func placeProblems(_ options: [RecipeOption]) -> [String] {
    options.compactMap { option in
      let key = option.keyPath[0]
      let isLost =
        !recipe.hasDataPartition && RecipeReader.keysOfApkovl.contains(key)
        || !recipe.hasBootPartition && key == "boot"
      return isLost ? "\(option.name): the recipe has no partition for it; leave one of them out" : nil
    }
  }

  /// Of the recipe as a whole: by the option where one has said it, else by the recipe's key.
  private func systemProblems(_ options: [RecipeOption]) -> [String] {
    placeProblems(options)
      + recipe.system.problems().map { problem in
        let path = problem.recipeKeyPath(in: recipe.system)
        let option = options.filter { path.starts(with: $0.keyPath) }.max {
          $0.keyPath.count < $1.keyPath.count
        }
        return option?.sentence(problem.reason, at: path)
          ?? "\(path.joined(separator: ".")): \(problem.reason)"
      }
  }
}

extension RecipeOption {
  /// The value below its keys, as a document of its own.
  fileprivate var node: Node {
    keyPath.reversed().reduce(value.node) { node, key in Node([(Node(key), node)]) }
  }

  /// "--user id: …": what is below the option's key is named, numbers aside.
  fileprivate func sentence(_ text: String, at path: [String]) -> String {
    let rest = path.dropFirst(keyPath.count).filter { Int($0) == nil }.joined(separator: ".")
    return "\(name)\(rest.isEmpty ? "" : " \(rest)"): \(text)"
  }
}

extension RecipeOption.Value {
  fileprivate var node: Node {
    switch self {
    // In quotes, so that an empty text is one.
    case .text(let text): Node(text, .implicit, .doubleQuoted)
    case .list(let values): Node(values.map(\.node))
    case .mapping(let pairs): Node(pairs.map { (Node($0.key), $0.value.node) })
    }
  }
}
