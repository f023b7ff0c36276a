// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// Something in a recipe file that can't be: where, and what would be right.
public struct RecipeComplaint: Equatable, Sendable {
  /// The first is 1.
  public let line: Int
  /// The first is 1; counted in Unicode scalars.
  public let column: Int
  /// Keys and numbers that lead to it, joined by dots: "users.0.name". Empty for the file as a whole.
  public let keyPath: String
  public let text: String

  public init(line: Int, column: Int, keyPath: String = "", _ text: String) {
    self.line = line
    self.column = column
    self.keyPath = keyPath
    self.text = text
  }
}

extension RecipeComplaint: CustomStringConvertible {
  /// To stand behind the file's name: "12:5: users.0.name: …".
  public var description: String {
    "\(line):\(column): " + (keyPath.isEmpty ? "" : "\(Array(keyPath.utf8).printable): ") + text
  }
}

/// A recipe file that can't be taken, with everything that is wrong with it.
public struct RecipeFileError: Error, Equatable, Sendable {
  /// At least one, in the order of the file.
  public let complaints: [RecipeComplaint]

  init(_ complaints: [RecipeComplaint]) {
    self.complaints = complaints.enumerated().sorted { left, right in
      (left.element.line, left.element.column, left.offset)
        < (right.element.line, right.element.column, right.offset)
    }.map(\.element)
  }
}

extension RecipeFileError: CustomStringConvertible {
  public var description: String { complaints.map(\.description).joined(separator: "\n") }
}
