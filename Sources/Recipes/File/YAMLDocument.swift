// SPDX-License-Identifier: Apache-2.0
internal import Entries
internal import Yams

/// The one document of a YAML file, as a tree of nodes without anchors and aliases, each at its place.
///
/// Source: YAML 1.1 as libyaml reads it; every scalar stays text.
struct YAMLDocument {
  let root: Node
  /// Where the text that Yams got has more than the file.
  private let insertions: [Insertion]

  /// What was put into the text at a place, on one line.
  private struct Insertion {
    let place: TextPlace
    let columnCount: Int
  }

  /// More than any recipe has; Yams' work grows with it.
  static let largestByteCount = 256 << 10

  /// - Throws: `RecipeFileError` where it is no YAML, is more than one document, or has anchors.
  init(_ bytes: [UInt8]) throws(RecipeFileError) {
    guard bytes.count <= Self.largestByteCount else {
      throw Self.error(
        "has more than \(ByteSize(byteCount: UInt64(Self.largestByteCount))), as no recipe has")
    }
    var text = try Self.text(bytes)
    try Self.checkAliases(text)
    var insertions: [Insertion] = []
    while true {
      switch try Self.compose(text) {
      case .tree(let root, let anchors):
        self.root = root
        self.insertions = insertions
        guard anchors.isEmpty else {
          throw RecipeFileError(Set(anchors).map { complaint(Self.noAnchors, at: $0) })
        }
        return
      case .duplicateKeys(let names, let place):
        guard insertions.count < Self.largestInsertionCount, let index = text.index(of: place) else {
          throw Self.error(
            "keys that are there twice: \(names.map { Array($0.utf8).printable }.joined(separator: ", "))",
            at: place)
        }
        let tag = "!\(insertions.count) "
        text.unicodeScalars.insert(contentsOf: tag.unicodeScalars, at: index)
        insertions.append(Insertion(place: place, columnCount: tag.utf8.count))
      }
    }
  }

  /// A tree that no file has: every place in it is the first.
  init(root: Node) {
    self.root = root
    insertions = []
  }

  /// Where a node stands in the file.
  func place(of node: Node) -> TextPlace { original(TextPlace(node.mark)) }

  private func original(_ place: TextPlace) -> TextPlace {
    insertions.reversed().reduce(place) { place, insertion in
      guard insertion.place.line == place.line, insertion.place.column < place.column else { return place }
      return TextPlace(line: place.line, column: place.column - insertion.columnCount)
    }
  }

  private func complaint(_ text: String, at place: TextPlace) -> RecipeComplaint {
    let place = original(place)
    return RecipeComplaint(line: place.line, column: place.column, text)
  }
}

// The text.
extension YAMLDocument {
  private static func text(_ bytes: [UInt8]) throws(RecipeFileError) -> String {
    guard var text = String(validating: bytes, as: UTF8.self) else {
      var cursor = TextCursor()
      var (decoder, iterator) = (UTF8(), bytes.makeIterator())
      while case .scalarValue(let scalar) = decoder.decode(&iterator) { cursor.advance(over: scalar) }
      throw error("is not UTF-8; save it as that", at: cursor.place)
    }
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    var cursor = TextCursor()
    for scalar in text.unicodeScalars {
      guard scalar.isYAML else {
        let number = String(scalar.value, radix: 16, uppercase: true)
        throw error(
          "has the character U+\(number) in it, which YAML doesn't allow; take it out", at: cursor.place)
      }
      cursor.advance(over: scalar)
    }
    return text
  }

  /// Refuses what could keep Yams busy for ever: it hashes each key, through all aliases in it, so that aliases of
  /// aliases of aliases take exponential time. Anchors are refused in any case, once the text is a tree.
  private static func checkAliases(_ text: String) throws(RecipeFileError) {
    var previous: Unicode.Scalar = " "
    var counts: [Unicode.Scalar: Int] = [:]
    var cursor = TextCursor()
    for scalar in text.unicodeScalars {
      if scalar.isInAnchor, previous == "&" || previous == "*" { counts[previous, default: 0] += 1 }
      if counts["*", default: 0] > 8, counts["&", default: 0] > 0 { throw error(noAnchors, at: cursor.place) }
      cursor.advance(over: scalar)
      previous = scalar
    }
  }

  private static let noAnchors = "anchors and aliases are not read; write the value where it is needed"

  private static func error(_ text: String, at place: TextPlace = .start) -> RecipeFileError {
    RecipeFileError([RecipeComplaint(line: place.line, column: place.column, text)])
  }
}

// The tree.
extension YAMLDocument {
  /// What Yams makes of a text.
  private enum Composition {
    /// With the places of nodes that have anchors.
    case tree(Node, anchors: [TextPlace])
    /// Yams ends at the first mapping with a key that is there twice; the place is that of the first of them. A tag makes
    /// it another key to Yams, and the text is read again, so that this is not the only complaint.
    case duplicateKeys([String], TextPlace)
  }

  /// Times that a text is read again.
  private static let largestInsertionCount = 50

  private static func compose(_ text: String) throws(RecipeFileError) -> Composition {
    do {
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      guard let root = try parser.singleRoot(), !root.isNothing else {
        return .tree(Node([(Node, Node)]()), anchors: [])
      }
      // Nodes hold their anchors weakly, the parser strongly.
      return withExtendedLifetime(parser) { .tree(root, anchors: root.anchoredPlaces) }
    } catch YamlError.duplicatedKeysInMapping(let names, let context) {
      return .duplicateKeys(names, TextPlace(context.mark))
    } catch let yamlError as YamlError {
      throw error(of: yamlError, in: text)
    } catch {
      throw Self.error("is not YAML: \(error)")
    }
  }

  private static func error(of error: YamlError, in text: String) -> RecipeFileError {
    switch error {
    case .composer(_, let problem, let mark, _) where problem.contains("another document"):
      return Self.error("is another document; a recipe is one", at: TextPlace(mark))
    case .composer(_, _, let mark, _): return Self.error(noAnchors, at: TextPlace(mark))
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      let place = TextPlace(mark)
      let origin = context.map { " (\($0.text) in line \($0.mark.line))" } ?? ""
      let isTab = text.index(of: place).map { text.unicodeScalars[$0] == "\t" } ?? false
      let hint = isTab ? "; indent with spaces, not with tabs" : ""
      return Self.error("is not YAML: \(problem)\(origin)\(hint)", at: place)
    case .reader(let problem, _, _, _): return Self.error("is not YAML: \(problem)")
    default: return Self.error("can't be read as YAML")
    }
  }
}

extension Node {
  /// Where the outermost nodes with anchors are. What an anchor is on is not looked into, and there is no alias without
  /// an anchor: so nothing is seen twice.
  fileprivate var anchoredPlaces: [TextPlace] {
    if anchor != nil { return [TextPlace(mark)] }
    return switch self {
    case .scalar, .alias: []
    case .sequence(let items): items.flatMap(\.anchoredPlaces)
    case .mapping(let pairs): pairs.flatMap { $0.key.anchoredPlaces + $0.value.anchoredPlaces }
    }
  }
}

extension Unicode.Scalar {
  /// Source: YAML 1.1, section 5.1, "Character Set".
  fileprivate var isYAML: Bool {
    switch value {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
      0x10000...0x10FFFF:
      true
    default: false
    }
  }

  /// What libyaml takes for a part of an anchor's name.
  fileprivate var isInAnchor: Bool {
    switch self {
    case "0"..."9", "A"..."Z", "a"..."z", "_", "-": true
    default: false
    }
  }
}
