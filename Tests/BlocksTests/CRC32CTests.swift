// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4. It lists the bytes as they are sent; as numbers they are these.
  @Test(arguments: [
    (name: "32 bytes of zeros", bytes: [UInt8](repeating: 0, count: 32), crc: 0x8A91_36AA as UInt32),
    ("32 bytes of ones", [UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ("32 bytes of incrementing 00..1f", Array(0x00...0x1F), 0x46DD_794E),
    ("32 bytes of decrementing 1f..00", Array((0x00...0x1F).reversed()), 0x113F_DB5C),
    (
      "an iSCSI SCSI read command PDU",
      [
        0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      ], 0xD996_3A56
    ),
  ])
  func `the inverted checksum is the one of the RFC`(name: String, bytes: [UInt8], crc: UInt32) {
    #expect(~CRC32C.checksum(bytes.span.bytes) == crc)
  }

  @Test func `the check value of the CRC catalogues`() {
    #expect(~CRC32C.checksum(Array("123456789".utf8).span.bytes) == 0xE306_9283)
  }

  @Test func `a checksum goes on where the last one ended`() {
    let bytes = Array("123456789".utf8)
    for count in 0...bytes.count {
      let first = CRC32C.checksum(bytes.span.bytes.extracting(first: count))
      #expect(~CRC32C.checksum(bytes.span.bytes.extracting(droppingFirst: count), seed: first) == 0xE306_9283)
    }
    #expect(CRC32C.checksum([UInt8]().span.bytes, seed: 7) == 7)
  }
}
