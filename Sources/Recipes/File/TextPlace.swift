// SPDX-License-Identifier: Apache-2.0
internal import Yams

/// A place in a text. The first line is 1, and so is the first column; columns count Unicode scalars.
struct TextPlace: Hashable {
  let line: Int
  let column: Int

  static let start = TextPlace(line: 1, column: 1)

  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Nil is a node of no text.
  init(_ mark: Mark?) {
    self.init(line: mark?.line ?? 1, column: mark?.column ?? 1)
  }
}

/// A place that moves on through a text, whose lines end as libyaml has it.
struct TextCursor {
  private var line = 1
  private var column = 1
  private var isAfterReturn = false

  var place: TextPlace { TextPlace(line: line, column: column) }

  mutating func advance(over scalar: Unicode.Scalar) {
    switch scalar {
    case "\n" where isAfterReturn: break
    case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": (line, column) = (line + 1, 1)
    default: column += 1
    }
    isAfterReturn = scalar == "\r"
  }
}

extension String {
  /// Nil behind the end of the text or of a line.
  func index(of place: TextPlace) -> String.Index? {
    var cursor = TextCursor()
    for index in unicodeScalars.indices {
      if cursor.place == place { return index }
      cursor.advance(over: unicodeScalars[index])
    }
    return nil
  }
}
