// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@Suite struct LittleEndianTests {
  @Test func `numbers lie with their lowest byte first, at any offset`() {
    var buffer = AlignedBuffer(byteCount: 20)
    var bytes = buffer.mutableBytes
    bytes.store(0xA1 as UInt8, at: 0)
    bytes.store(0xB2B1 as UInt16, at: 1)
    bytes.store(0xC4C3_C2C1 as UInt32, at: 3)
    bytes.store(0xD8D7_D6D5_D4D3_D2D1 as UInt64, at: 7)
    bytes.store(-2 as Int32, at: 15)
    #expect(
      buffer.copy(0..<20) == [
        0xA1, 0xB1, 0xB2, 0xC1, 0xC2, 0xC3, 0xC4, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8,
        0xFE, 0xFF, 0xFF, 0xFF, 0x00,
      ])
  }

  @Test func `numbers are read with their lowest byte first, at any offset`() {
    let bytes: [UInt8] = [0xFF, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88]
    let span = bytes.span.bytes
    #expect(span.load(UInt8.self, at: 0) == 0xFF)
    #expect(span.load(UInt16.self, at: 1) == 0x0201)
    #expect(span.load(UInt32.self, at: 3) == 0x0605_0403)
    #expect(span.load(UInt64.self, at: 1) == 0x8807_0605_0403_0201)
    #expect(span.load(Int64.self, at: 1) == -0x77F8_F9FA_FBFC_FDFF)
  }

  @Test func `bytes are stored, copied and set to zero where they belong`() {
    var buffer = AlignedBuffer(byteCount: 8)
    var bytes = buffer.mutableBytes
    bytes.store([1, 2, 3, 4, 5] as [UInt8], at: 3)
    let pair: [UInt8] = [9, 8]
    bytes.store(pair.span.bytes, at: 0)
    bytes.zero(4..<6)
    bytes.store([] as [UInt8], at: 8)
    bytes.zero(8..<8)
    #expect(buffer.copy(0..<8) == [9, 8, 0, 1, 0, 0, 4, 5])
    #expect(buffer.bytes.copy(6..<8) == [4, 5])
  }

  @Test func `one byte makes a block not zero, wherever it is`() {
    let zeros = [UInt8](repeating: 0, count: 100)
    for count in 0...100 { #expect(isZero(zeros[..<count])) }
    for index in zeros.indices {
      var bytes = zeros
      bytes[index] = 0x80
      #expect(!isZero(bytes[...]))
    }
  }

  private func isZero(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.span.bytes.isZero }

  @Test func `division rounds as its name says`() {
    #expect((0 as UInt32).dividedRoundingUp(by: 512) == 0)
    #expect((1 as UInt32).dividedRoundingUp(by: 512) == 1)
    #expect((512 as UInt32).dividedRoundingUp(by: 512) == 1)
    #expect((513 as UInt32).dividedRoundingUp(by: 512) == 2)
    #expect(UInt64.max.dividedRoundingUp(by: 1) == UInt64.max)
    #expect((4097 as UInt64).roundedUp(to: 4096) == 8192)
    #expect((4097 as UInt64).roundedDown(to: 4096) == 4096)
    #expect((4096 as UInt64).roundedUp(to: 4096) == 4096)
  }

  @Test func `a buffer is zero and begins at a multiple of its alignment`() {
    for alignment in [1, 512, 4096, 1 << 20] {
      let buffer = AlignedBuffer(byteCount: 5000, alignment: alignment)
      #expect(buffer.copy(0..<5000) == [UInt8](repeating: 0, count: 5000))
      buffer.bytes.withUnsafeBytes { #expect(Int(bitPattern: $0.baseAddress) % alignment == 0) }
    }
    #expect(AlignedBuffer(byteCount: 0).copy(0..<0) == [])
  }
}
