// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Entries

/// How far the bytes of the current file have come. FAT has no holes: those of a sparse file become zeros.
struct FileContent {
  /// Bytes that are still to come from the reader.
  private(set) var missingByteCount: Int
  private let size: UInt64
  /// Where bytes lie; one range where all come.
  private let ranges: [Range<UInt64>]?
  private var rangeIndex = 0
  /// Bytes of the file that stand in the stream.
  private var position: UInt64 = 0

  init(_ content: Entry.Content) {
    size = content.size
    ranges = content.dataRanges
    missingByteCount = Int(clamping: content.storedByteCount)
  }

  /// Takes the next bytes, at most as many as are missing.
  mutating func append(
    _ bytes: RawSpan, to stream: inout SequentialWriter, isWriting: Bool
  ) throws(BlockError) {
    missingByteCount -= bytes.byteCount
    guard isWriting else { return }
    guard let ranges else {
      try stream.append(bytes)
      position += UInt64(bytes.byteCount)
      return
    }
    var rest = bytes
    while !rest.isEmpty {
      let range = ranges[rangeIndex]
      try appendZeros(upTo: range.lowerBound, to: &stream)
      let count = min(rest.byteCount, Int(range.upperBound - position))
      try stream.append(rest.extracting(first: count))
      rest = rest.extracting(droppingFirst: count)
      position += UInt64(count)
      if position == range.upperBound { rangeIndex += 1 }
    }
  }

  /// Writes the hole at the end of a sparse file.
  mutating func end(in stream: inout SequentialWriter) throws(BlockError) {
    try appendZeros(upTo: size, to: &stream)
  }

  private mutating func appendZeros(
    upTo offset: UInt64, to stream: inout SequentialWriter
  ) throws(BlockError) {
    guard offset > position else { return }
    try stream.appendZeros(offset - position)
    position = offset
  }
}
