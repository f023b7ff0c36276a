// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Copies `range` of the file at `path` to a file of its own, holes left out: what a judge that knows no offsets gets.
public func extract(_ range: Range<UInt64>, of path: String, to output: String) throws {
  let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
  try Data().write(to: URL(fileURLWithPath: output))
  let target = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
  try target.truncate(atOffset: range.upperBound - range.lowerBound)
  var position = range.lowerBound
  while position < range.upperBound {
    try source.seek(toOffset: position)
    let count = Int(min(1 << 20, range.upperBound - position))
    guard let piece = try source.read(upToCount: count), !piece.isEmpty else { return }
    if piece.contains(where: { $0 != 0 }) {
      try target.seek(toOffset: position - range.lowerBound)
      try target.write(contentsOf: piece)
    }
    position += UInt64(piece.count)
  }
}
