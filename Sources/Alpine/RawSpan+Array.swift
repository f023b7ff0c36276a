// SPDX-License-Identifier: Apache-2.0
import Entries

extension [UInt8] {
  /// A copy of `bytes`.
  init(copying bytes: RawSpan) {
    self = unsafe bytes.withUnsafeBytes { unsafe Self($0) }
  }
}

extension EntryWriter where Self: ~Copyable {
  /// Adds an entry with all of its bytes, which are none for what is no regular file.
  mutating func add(_ entry: Entry, bytes: [UInt8]) throws(Failure) {
    try add(entry)
    if !bytes.isEmpty { try append(bytes) }
  }

  mutating func append(_ bytes: [UInt8]) throws(Failure) {
    try append(unsafe bytes.span.bytes)
  }

  /// Appends the first `byteCount` bytes of `words`, as they lie in memory.
  mutating func append(_ words: [UInt64], byteCount: Int) throws(Failure) {
    try append(unsafe words.span.bytes.extracting(first: byteCount))
  }
}
