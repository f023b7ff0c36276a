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

extension CardContent.Input: ExpressibleByArgument {
  public init?(argument: String) {
    do { try self.init(argument) } catch { return nil }
  }
}

extension ErrorBehavior: ExpressibleByArgument {}

extension Entry.Owner: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
