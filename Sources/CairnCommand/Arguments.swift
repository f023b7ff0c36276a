// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Cairn

// The library's values as arguments.

extension ByteSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// One word, so that what help shows can be typed: "256MiB".
  public var defaultValueDescription: String { description.filter { $0 != " " } }
}

extension Architecture: ExpressibleByArgument {}

// Values whose refusal takes a reason.

extension ErrorBehavior: ExpressibleByArgument {}

extension CardWriter.VerificationExtent: ExpressibleByArgument {}

extension CardContent.Input {
  init(argument: String) throws {
    do { try self.init(argument) } catch { throw ValidationError("the target \(error)") }
  }
}

extension Entry.Owner {
  init(argument: String) throws {
    guard let owner = Self(argument) else { throw ValidationError("give two numbers, or root for 0") }
    self = owner
  }
}

/// What names no file, though it is meant to.
enum FileArgument {
  /// - Parameter name: of the option or the argument.
  static func check(input path: String, _ name: String) throws {
    try checkName(path, name)
    if path == "-" {
      throw ValidationError("'\(name)' takes a path; standard input is /dev/stdin, and a file ./-")
    }
  }

  static func check(output path: String, _ name: String) throws {
    try checkName(path, name)
    if path == "-" {
      throw ValidationError(
        "'\(name)' takes a path: what is made gets its name when it is whole; for a file, ./-")
    }
  }

  private static func checkName(_ path: String, _ name: String) throws {
    if path.isEmpty { throw ValidationError("'\(name)' takes a path, and it is empty") }
  }
}
