// SPDX-License-Identifier: Apache-2.0

extension String {
  /// Without what a terminal acts on or what hides text: control, format and unassigned characters, and line and
  /// paragraph separators, are question marks.
  public var printable: String {
    var text = ""
    for scalar in unicodeScalars { text.unicodeScalars.append(scalar.isPrintable ? scalar : "?") }
    return text
  }

  /// A name that a device tells: printable, spaces collapsed, and cut to what fits a line. Nil where nothing is left.
  var deviceName: String? {
    let words = printable.split(separator: " ").joined(separator: " ")
    return words.isEmpty ? nil : String(words.prefix(128))
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: !properties.isDefaultIgnorableCodePoint
    }
  }
}
