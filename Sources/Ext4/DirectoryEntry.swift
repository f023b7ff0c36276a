// SPDX-License-Identifier: Apache-2.0
import Blocks

/// An entry of a directory as it stands on a volume, within its block.
///
/// Source: kernel documentation, ext4, "Linear (Classic) Directories".
struct DirectoryEntry {
  let position: Int
  let inode: UInt32
  /// To the next entry.
  let byteCount: Int
  let nameLength: Int
  let type: UInt8

  init?(_ block: RawSpan, at position: Int) {
    guard block.byteCount - position >= 8 else { return nil }
    self.position = position
    inode = block.load(at: position)
    let length = Int(block.load(UInt16.self, at: position + 4))
    // Blocks of 64 KiB: the length of a whole one has 17 bits.
    byteCount = block.byteCount == 65536 && (length == 65535 || length == 0) ? 65536 : length
    nameLength = Int(block.load(UInt8.self, at: position + 6))
    type = block.load(at: position + 7)
    let neededByteCount = inode == 0 ? 8 : 8 + nameLength
    guard byteCount >= max(neededByteCount, 12) || byteCount == 8 && inode == 0,
      byteCount.isMultiple(of: 4),
      byteCount <= block.byteCount - position
    else { return nil }
  }

  var nameRange: Range<Int> { position + 8..<position + 8 + nameLength }

  /// Whether the name is of dots alone.
  func isDots(_ block: RawSpan) -> Bool {
    nameLength > 0 && nameRange.allSatisfy { block.load(UInt8.self, at: $0) == UInt8(ascii: ".") }
  }

  /// Whether the name is one that a file can have.
  func hasName(_ block: RawSpan) -> Bool {
    nameLength > 0 && !(nameLength <= 2 && isDots(block))
      && nameRange.allSatisfy {
        let byte: UInt8 = block.load(at: $0)
        return byte != 0 && byte != UInt8(ascii: "/")
      }
  }
}
