// SPDX-License-Identifier: Apache-2.0
import Recipes
import Testing

@Suite struct ByteSizeTests {
  @Test(arguments: [
    ("0", 0), ("512", 512), ("1048576", 1_048_576), ("7b", 7), ("1k", 1024), ("1KiB", 1024), ("1KB", 1000),
    ("256MiB", 268_435_456), ("256 MiB", 268_435_456), ("100MB", 100_000_000), ("2G", 2_147_483_648),
    ("2gib", 2_147_483_648), ("4GB", 4_000_000_000), ("3.6GiB", 3_865_470_566), ("1.5k", 1536),
    ("0.5KB", 500), ("1TiB", 1_099_511_627_776), ("2TB", 2_000_000_000_000),
    ("9223372036854775807", 9_223_372_036_854_775_807),
  ])
  func `sizes mean what util-linux means by them`(text: String, byteCount: UInt64) {
    #expect(ByteSize(text)?.byteCount == byteCount)
  }

  @Test(arguments: [
    "", "G", "-1", "+1", "1.5", "1..5G", ".5G", "1.G", "1 G B", "1Q", "0x10", "1e3", "1,5G", "١G", "∞",
    "1.1234567G", "9223372036854775808", "18446744073709551616", "8388608TiB", "99999999999999999999T",
    "8388607.9999999T", "2G extra",
  ])
  func `what is no size is refused`(text: String) {
    #expect(ByteSize(text) == nil)
  }

  @Test(
    arguments: [
      (0, "0 bytes"), (512, "512 bytes"), (1024, "1 KiB"), (2048, "2 KiB"), (268_435_456, "256 MiB"),
      (1_874_853_888, "1788 MiB"), (2_147_483_648, "2 GiB"), (100_000_000, "95.3 MiB"),
      (3_865_470_566, "3.5 GiB"),
      (1_099_511_627_776, "1 TiB"), (12_345, "12.0 KiB"),
    ] as [(UInt64, String)])
  func `sizes are shown exact where that is short`(byteCount: UInt64, text: String) {
    #expect(ByteSize(byteCount: byteCount).description == text)
  }
}
