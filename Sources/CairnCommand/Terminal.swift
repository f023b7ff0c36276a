// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Standard output for plans and results, standard error for everything else.
enum Terminal {
  /// - Throws: `Failure` where it is closed or full: a script must not take half a plan for a whole one.
  static func standardOutput(_ text: String) throws { try standardOutput(Data(text.utf8)) }

  static func standardOutput(_ bytes: Data) throws {
    do { try FileHandle.standardOutput.write(contentsOf: bytes) } catch {
      throw Failure(
        message: "standard output: cannot write the result; what was asked for is done",
        exitCode: ExitStatus.write.rawValue)
    }
  }

  /// Where nobody listens there is nobody to tell.
  static func standardError(_ text: String) {
    do { try FileHandle.standardError.write(contentsOf: Data(text.utf8)) } catch {}
  }

  /// One line that begins with the program's name, in the place of a progress line, and indented lines for what it
  /// lists.
  static func complain(_ message: String, details: [String] = []) {
    standardError((showsProgress ? wipe : "") + "cairn: \(message)\n" + details.map { "  \($0)\n" }.joined())
  }

  /// Back to the start of the line, and the line empty.
  static let wipe = "\r\u{1B}[K"

  /// Whether a person may be looking at standard error.
  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }
}
