// SPDX-License-Identifier: Apache-2.0
import Entries

extension [UInt8] {
  /// A copy of `bytes`.
  init(copying bytes: RawSpan) {
    self = unsafe bytes.withUnsafeBytes { unsafe Self($0) }
  }
}

extension Array where Element: BitwiseCopyable & FixedWidthInteger {
  /// Its elements as they lie in memory.
  var rawBytes: RawSpan {
    @_lifetime(borrow self) get { unsafe span.bytes }
  }
}

extension EntryWriter where Self: ~Copyable {
  /// Adds an entry with all of its bytes, which are none for what is no regular file.
  mutating func add(_ entry: Entry, bytes: [UInt8]) throws(Failure) {
    try add(entry)
    if !bytes.isEmpty { try append(bytes.rawBytes) }
  }
}
