// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// The content of a file of a tree, while it is read.
struct TreeContent {
  let path: EntryPath
  private let file: TreeFile
  /// When it was opened.
  private let status: FileStatus
  private let ranges: [Range<UInt64>]
  private var rangeIndex = 0
  /// Of the next byte, in the range.
  private var offset: UInt64

  init(_ path: EntryPath, _ file: TreeFile, _ status: FileStatus, _ content: Entry.Content) {
    self.path = path
    self.file = file
    self.status = status
    ranges = content.dataRanges ?? (content.size > 0 ? [0..<content.size] : [])
    offset = ranges.first?.lowerBound ?? 0
  }

  /// How many bytes were read into the buffer; 0 when all have come.
  ///
  /// - Throws: `changed` instead of the last of them where the file isn't what it was.
  mutating func read(into buffer: inout ReadBuffer) throws(TreeFailure) -> Int {
    guard rangeIndex < ranges.count else { return 0 }
    let end = ranges[rangeIndex].upperBound
    let count = try file.read(at: offset, Int(min(end - offset, UInt64(ReadBuffer.byteCount))), into: &buffer)
    guard count > 0 else { throw .changed(.shrank) }
    offset += UInt64(count)
    if offset == end { try endRange() }
    return count
  }

  private mutating func endRange() throws(TreeFailure) {
    rangeIndex += 1
    if rangeIndex < ranges.count {
      offset = ranges[rangeIndex].lowerBound
    } else {
      try checkUnchanged()
    }
  }

  private func checkUnchanged() throws(TreeFailure) {
    let now = try file.status()
    guard now.size >= status.size else { throw .changed(.shrank) }
    guard now.size == status.size else { throw .changed(.grew) }
    guard now.modificationTime == status.modificationTime else { throw .changed(.rewritten) }
  }
}
