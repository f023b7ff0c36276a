// SPDX-License-Identifier: Apache-2.0

/// What files asked a volume's free space for, in order, wherever it was: enough to tell whether another volume
/// would have had it.
///
/// Files of as many blocks one after the other are one piece, so that a million small ones take next to nothing.
struct AllocationLog: Hashable, Sendable {
  private var pieces: [Piece] = []

  /// Blocks that lie side by side in a file.
  private struct Piece: Hashable {
    var blockCount: UInt32
    /// How many files of so many blocks follow one another. 0 for more of the file before, behind a hole.
    var fileCount: UInt32
  }

  /// - Parameter startsFile: false for more of the file before.
  mutating func append(_ blockCount: UInt64, startsFile: Bool) {
    precondition(blockCount <= UInt32.max, "a file has less than 2^32 blocks")
    let blockCount = UInt32(blockCount)
    if startsFile, let last = pieces.last, last.blockCount == blockCount,
      (1..<UInt32.max).contains(last.fileCount)
    {
      pieces[pieces.count - 1].fileCount += 1
    } else {
      pieces.append(Piece(blockCount: blockCount, fileCount: startsFile ? 1 : 0))
    }
  }

  /// The last file, which has no holes, is so much longer. Beyond 2^32 blocks, which no file may have, it stays.
  mutating func extendLastFile(by blockCount: UInt64) {
    guard var last = pieces.popLast() else { preconditionFailure("there is no file") }
    if last.fileCount > 1 {
      pieces.append(Piece(blockCount: last.blockCount, fileCount: last.fileCount - 1))
      last.fileCount = 1
    }
    last.blockCount = UInt32(clamping: UInt64(last.blockCount) + blockCount)
    pieces.append(last)
  }

  /// Takes all of it again from `space`, together with the nodes of extents that it needs there.
  func replay(in space: inout FreeSpace) {
    /// Of the file that may go on.
    var extentCount = 0
    for piece in pieces {
      if piece.fileCount == 0 {
        extentCount += space.skip(UInt64(piece.blockCount))
        continue
      }
      Self.takeNodes(of: extentCount, from: &space)
      if piece.blockCount == 1 {
        _ = space.skip(UInt64(piece.fileCount))
        extentCount = 1
        continue
      }
      extentCount = space.skip(UInt64(piece.blockCount))
      for _ in 1..<piece.fileCount {
        Self.takeNodes(of: extentCount, from: &space)
        extentCount = space.skip(UInt64(piece.blockCount))
      }
    }
    Self.takeNodes(of: extentCount, from: &space)
  }

  private static func takeNodes(of extentCount: Int, from space: inout FreeSpace) {
    _ = space.skip(UInt64(ExtentNode.blockCount(extentCount: extentCount)))
  }
}
