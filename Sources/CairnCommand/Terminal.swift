// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Standard output for plans and results, standard error for everything else.
enum Terminal {
  static func standardOutput(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
  static func standardError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// One line that begins with the program's name, and indented lines for what it lists.
  static func complain(_ message: String, details: [String] = []) {
    standardError("cairn: \(message)\n" + details.map { "  \($0)\n" }.joined())
  }

  /// Whether a person may be looking at standard error.
  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }
}
