// SPDX-License-Identifier: Apache-2.0

/// A place in a deflate stream from which it can be inflated without what comes before: behind stored blocks in a row
/// that hold a whole window.
///
/// What is compressed already, as most of a release is, gets stored by gzip. Such blocks begin and end with a byte.
/// Bytes that look like some by chance are told apart later, by whoever inflates up to there.
///
/// Source: RFC 1951, section 2 (the window), 3.2.4 (stored blocks).
struct DeflateEntryPoint: Equatable {
  /// Where the next block begins.
  let offset: Int
  /// The last 32 KiB before it, uncompressed.
  let window: [UInt8]

  static let windowByteCount = 32 << 10
  /// Blocks that a window may consist of: gzip's hold half a window and more.
  private static let largestBlockCount = 8
  /// LEN and NLEN.
  private static let lengthByteCount = 4

  /// The first one behind stored blocks that lie within `bytes`, but for the first one's header.
  static func first(in bytes: RawSpan) -> DeflateEntryPoint? {
    for offset in 0..<max(0, bytes.byteCount - windowByteCount) {
      if storedByteCount(in: bytes, at: offset) != nil, let found = behindBlocks(in: bytes, from: offset) {
        return found
      }
    }
    return nil
  }

  /// The length of the stored block whose LEN is at `offset`; nil where no LEN and NLEN are.
  private static func storedByteCount(in bytes: RawSpan, at offset: Int) -> Int? {
    guard offset + lengthByteCount <= bytes.byteCount else { return nil }
    let field = unsafe UInt32(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    return (field ^ field >> 16) & 0xFFFF == 0xFFFF ? Int(field & 0xFFFF) : nil
  }

  private static func behindBlocks(in bytes: RawSpan, from start: Int) -> DeflateEntryPoint? {
    var contents: [Range<Int>] = []
    var byteCount = 0
    var offset = start
    while byteCount < windowByteCount {
      // Behind a stored block, the header of another is a byte of zeros and padding.
      if !contents.isEmpty {
        guard offset < bytes.byteCount, bytes.byte(at: offset) == 0 else { return nil }
        offset += 1
      }
      guard contents.count < largestBlockCount, let length = storedByteCount(in: bytes, at: offset) else {
        return nil
      }
      offset += lengthByteCount + length
      guard offset < bytes.byteCount else { return nil }
      contents.append(offset - length..<offset)
      byteCount += length
    }
    let window = contents.flatMap { bytes.copy($0) }
    return DeflateEntryPoint(offset: offset, window: Array(window.suffix(windowByteCount)))
  }
}
