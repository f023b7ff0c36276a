// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
internal import Yams

/// Goes through a document, key by key, and collects what is wrong with it.
struct RecipeReader {
  private let document: YAMLDocument
  /// All keys that there are.
  private let outline: [RecipeKey]
  private(set) var complaints: [RecipeComplaint] = []
  private(set) var origins = RecipeOrigins()
  /// Where the values are, by the keys and numbers that lead to them.
  private var places: [[String]: TextPlace] = [:]
  /// Where the keys of mappings are.
  private var keyPlaces: [[String]: TextPlace] = [:]

  init(_ document: YAMLDocument, outline: [RecipeKey]) {
    self.document = document
    self.outline = outline
  }

  /// Whether the document has something at a path.
  func has(_ path: [String]) -> Bool { places[path] != nil }

  mutating func complain(_ text: String, at value: RecipeValue) {
    complain(text, path: value.path, at: document.place(of: value.node))
  }

  /// Complains of what a path leads to, or the longest beginning of it that the document has.
  mutating func complain(_ text: String, at path: [String]) {
    let path = known(path)
    complain(text, path: path, at: places[path] ?? .start)
  }

  /// Whether something is wrong with what a path leads to, or with a part of it.
  func hasComplaint(below path: [String]) -> Bool {
    let keyPath = known(path).joined(separator: ".")
    return complaints.contains { $0.keyPath == keyPath || $0.keyPath.hasPrefix("\(keyPath).") }
  }

  private func known(_ path: [String]) -> [String] {
    var known = path
    while !known.isEmpty, places[known] == nil { known.removeLast() }
    return known
  }

  private mutating func complain(_ text: String, path: [String], at place: TextPlace) {
    complaints.append(
      RecipeComplaint(
        line: place.line, column: place.column, keyPath: path.joined(separator: "."), text))
  }
}

/// A node and the keys and numbers that lead to it.
struct RecipeValue {
  let node: Node
  let path: [String]
}

// Mappings.
extension RecipeReader {
  /// Reads a mapping, or complains that `value` is none.
  mutating func read<Target>(
    _ value: RecipeValue, keys: [Key<Target>], into target: inout Target, expecting form: String
  ) {
    for (name, value) in pairs(of: value, expecting: form) {
      if let key = keys.first(where: { $0.name == name }) {
        key.read(value, &target, &self)
      } else {
        complain(
          unknown(name, among: keys.map(\.name)), path: value.path, at: keyPlaces[value.path] ?? .start)
      }
    }
  }

  /// The pairs of a mapping, each key once. Complains of what is there twice, and of keys that are no words.
  mutating func pairs(of value: RecipeValue, expecting form: String) -> [(String, RecipeValue)] {
    note(value)
    guard case .mapping(let mapping) = value.node else {
      complain(Self.mismatch(value.node, form), at: value)
      return []
    }
    var pairs: [(String, RecipeValue)] = []
    for (key, node) in mapping {
      let place = document.place(of: key)
      guard case .scalar(let scalar) = key else {
        complain("a key is a word, not \(key.kind)", path: value.path, at: place)
        continue
      }
      let path = value.path + [scalar.string]
      if let first = keyPlaces[path] {
        complain("is there twice, first in line \(first.line); leave one out", path: path, at: place)
        continue
      }
      keyPlaces[path] = place
      pairs.append((scalar.string, RecipeValue(node: node, path: path)))
    }
    return pairs
  }

  /// What an unknown key may have been meant to be.
  private func unknown(_ name: String, among names: [String]) -> String {
    if let nearest = name.nearest(of: names) { return "no such key; did you mean \"\(nearest)\"?" }
    if let path = outline.lazy.compactMap({ $0.path(to: name) }).first {
      return "no such key here; it is \"\(path)\""
    }
    return "no such key; there are " + names.joined(separator: ", ")
  }
}

// Scalars and lists.
extension RecipeReader {
  /// The text of a scalar; nil, with a complaint, for what is none or has nothing in it.
  mutating func text(of value: RecipeValue, expecting form: String) -> String? {
    note(value)
    guard case .scalar(let scalar) = value.node, !value.node.isNothing else {
      complain(Self.mismatch(value.node, form), at: value)
      return nil
    }
    origins.note(scalar.string, path: value.path, place: places[value.path] ?? .start)
    return scalar.string
  }

  /// What a scalar means; nil, with a complaint, for what it can't.
  mutating func scalar<Value>(
    _ value: RecipeValue, expecting form: String, _ parse: (String) throws -> Value
  ) -> Value? {
    guard let text = text(of: value, expecting: form) else { return nil }
    do { return try parse(text) } catch {
      complain((error as? SettingProblem)?.reason ?? "\(error)", at: value)
      return nil
    }
  }

  /// The items of a list; what is no list is a list of one.
  mutating func items(of value: RecipeValue) -> [RecipeValue] {
    guard case .sequence(let nodes) = value.node else { return [value] }
    note(value)
    return nodes.enumerated().map { RecipeValue(node: $1, path: value.path + ["\($0)"]) }
  }

  mutating func note(_ value: RecipeValue) { places[value.path] = document.place(of: value.node) }

  private static func mismatch(_ node: Node, _ form: String) -> String {
    node.isNothing ? "has no value; give \(form)" : "is \(node.kind); give \(form)"
  }
}

extension Node {
  /// Whether it stands for a value that was left out.
  var isNothing: Bool {
    if case .scalar(let scalar) = self { scalar.string.isEmpty && scalar.style == .plain } else { false }
  }

  fileprivate var kind: String {
    switch self {
    case .scalar, .alias: "text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

extension RecipeKey {
  /// The way to a key of this name, this one or one in it: "data.journal".
  fileprivate func path(to name: String) -> String? {
    if self.name == name { return name }
    return keys.lazy.compactMap { $0.path(to: name) }.first.map { "\(self.name).\($0)" }
  }
}
