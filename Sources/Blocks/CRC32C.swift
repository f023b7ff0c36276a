// SPDX-License-Identifier: Apache-2.0
internal import CIsal

/// The Castagnoli CRC in the convention of the Linux kernel and libext2fs: no inversion before or after, so
/// that a checksum may be continued.
///
/// Source: RFC 3720, section 12.1, for the polynomial (0x1EDC6F41, reflected).
public enum CRC32C {
  /// The CRC of `bytes`, going on from `seed`.
  public static func checksum(_ bytes: RawSpan, seed: UInt32 = ~0) -> UInt32 {
    unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return seed }
      // ISA-L only reads, though its prototype says otherwise. Its counts are of 32 bits.
      let start = unsafe UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
      var crc = seed
      var position = 0
      while position < buffer.count {
        let count = min(buffer.count - position, 1 << 30)
        crc = unsafe crc32_iscsi(start + position, CInt(count), crc)
        position += count
      }
      return crc
    }
  }
}
