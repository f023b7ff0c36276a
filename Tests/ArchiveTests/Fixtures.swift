// SPDX-License-Identifier: Apache-2.0
import Archive
public import Entries

/// Paths as literals: trusted, as `EntryPath(StaticString)` is.
extension EntryPath: ExpressibleByStringLiteral {
  public init(stringLiteral text: StaticString) { self.init(text) }
}

/// The tar that `fill` writes.
func written(
  _ fill: (inout TarWriter) throws -> Void
) throws -> [UInt8] {
  let sink = MemorySink()
  var writer = TarWriter(to: sink)
  try fill(&writer)
  try writer.finish()
  return sink.bytes
}

func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

extension TarWriter {
  mutating func append(_ text: String) throws(ArchiveError) {
    let bytes = Array(text.utf8)
    try append(bytes.span.bytes)
  }
}

extension ByteSink {
  func write(_ text: String) throws(ArchiveError) {
    let bytes = Array(text.utf8)
    try write(bytes.span.bytes)
  }
}
