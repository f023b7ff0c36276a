// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Foundation

/// Keeps what it is given.
struct Recorder: EntryWriter {
  private(set) var files: [(entry: Entry, bytes: [UInt8])] = []

  mutating func add(_ entry: Entry) throws(Never) { files.append((entry, [])) }

  mutating func append(_ bytes: RawSpan) throws(Never) {
    bytes.withUnsafeBytes { files[files.count - 1].bytes += Array($0) }
  }

  mutating func finish() throws(Never) {}

  subscript(_ path: EntryPath) -> (entry: Entry, bytes: [UInt8])? { files.first { $0.entry.path == path } }

  func text(_ path: EntryPath) -> String? { self[path].map { String(decoding: $0.bytes, as: UTF8.self) } }

  /// One line an entry: kind, mode, owner, path, size or target.
  var listing: [String] {
    files.map { file in
      let entry = file.entry
      let mode = String(entry.mode, radix: 8)
      return "\(entry.kindName) \(mode) \(entry.owner.user):\(entry.owner.group) \(entry.path)\(entry.tail)"
    }
  }
}

extension Entry {
  fileprivate var kindName: String {
    switch kind {
    case .directory: "d"
    case .regular: "f"
    case .symbolicLink: "l"
    default: "?"
    }
  }

  fileprivate var tail: String {
    if case .symbolicLink(let target) = kind { return " -> \(String(decoding: target, as: UTF8.self))" }
    return ""
  }
}

extension ReleaseRecognizer {
  /// Shows it all that was recorded, in that order.
  mutating func observe(_ files: [(entry: Entry, bytes: [UInt8])]) {
    for file in files where observe(file.entry) {
      // In two pieces, as a stream may bring it.
      let half = file.bytes.count / 2
      observe(bytes: file.bytes.span.bytes.extracting(first: half))
      observe(bytes: file.bytes.span.bytes.extracting(droppingFirst: half))
    }
  }
}
