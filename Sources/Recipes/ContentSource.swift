// SPDX-License-Identifier: Apache-2.0
public import Entries

/// A tar or a directory for the data partition, and where its entries go.
public struct ContentSource: Equatable, Sendable {
  public var path: String
  /// Directory on the volume that the input's "./" becomes. Made as root:root 0755 where no input has it.
  public var target: EntryPath

  public init(path: String, target: EntryPath = .root) {
    self.path = path
    self.target = target
  }

  /// "PATH" or "TARGET=PATH", split at the first "=": a path that has one itself is written "/=PATH".
  ///
  /// - Throws: `EntryPathError` for a target that leads out of the volume.
  public init(_ text: String) throws(EntryPathError) {
    guard let separator = text.firstIndex(of: "=") else {
      self.init(path: text)
      return
    }
    let target = text[..<separator].utf8.drop { $0 == UInt8(ascii: "/") }
    self.init(path: String(text[text.index(after: separator)...]), target: try EntryPath(target))
  }
}
