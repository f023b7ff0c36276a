// SPDX-License-Identifier: Apache-2.0

/// Elements of an SVG file as text.
enum SVG {
  static func text(_ text: String, at x: Double, _ y: Double, _ style: String, anchor: String = "start")
    -> String
  {
    "<text class=\"\(style)\" x=\"\(x.text(1))\" y=\"\(y.text(1))\" text-anchor=\"\(anchor)\">\(escaped(text))</text>"
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    "<line class=\"\(style)\" x1=\"\(x1.text(1))\" y1=\"\(y1.text(1))\" x2=\"\(x2.text(1))\" y2=\"\(y2.text(1))\"/>"
  }

  static func circle(_ x: Double, _ y: Double, _ style: String) -> String {
    "<circle class=\"\(style)\" cx=\"\(x.text(1))\" cy=\"\(y.text(1))\" r=\"3.5\"/>"
  }

  /// What XML takes for itself as references; control characters, which it has no way to write, as U+FFFD.
  static func escaped(_ text: String) -> String {
    String(
      text.unicodeScalars.flatMap { scalar -> [Character] in
        switch scalar {
        case "&": Array("&amp;")
        case "<": Array("&lt;")
        case ">": Array("&gt;")
        case "\"": Array("&quot;")
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): ["\u{FFFD}"]
        case _ where scalar.value & 0xFFFE == 0xFFFE: ["\u{FFFD}"]
        default: [Character(scalar)]
        }
      })
  }
}
