// SPDX-License-Identifier: Apache-2.0
import Blocks

extension BlockTarget {
  func write(_ bytes: [UInt8], at offset: UInt64) throws(BlockError) {
    try write(bytes.span.bytes, at: offset)
  }

  /// The bytes at `offset`; what the target leaves alone reads as 0xEE.
  func bytes(_ byteCount: Int, at offset: UInt64 = 0) throws(BlockError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: byteCount)
    var elements = bytes.mutableSpan
    var span = elements.mutableBytes
    try read(into: &span, at: offset)
    return bytes
  }
}
