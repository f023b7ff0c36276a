// SPDX-License-Identifier: Apache-2.0
@testable import Archive
import Testing

@Suite struct DeflateEntryPointTests {
  /// A stored block from its LEN on (RFC 1951, section 3.2.4).
  static func stored(_ content: [UInt8]) -> [UInt8] {
    let length = UInt16(content.count)
    return [length, ~length].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } + content
  }

  private func entryPoint(in bytes: [UInt8]) -> DeflateEntryPoint? {
    DeflateEntryPoint.first(in: bytes.span.bytes)
  }

  @Test func `a block of a whole window is enough`() {
    let content = (0..<32_768).map { UInt8($0 % 251) }
    let bytes = [7, 7, 7] + Self.stored(content) + [4]
    #expect(entryPoint(in: bytes) == DeflateEntryPoint(offset: 3 + 4 + 32_768, window: content))
  }

  @Test func `several blocks are, as gzip makes them`() {
    let (first, second) = ([UInt8](repeating: 1, count: 32_767), [UInt8](repeating: 2, count: 32_767))
    let bytes = Self.stored(first) + [0] + Self.stored(second) + [0xED]
    let window = first.suffix(1) + second
    #expect(entryPoint(in: bytes) == DeflateEntryPoint(offset: bytes.count - 1, window: Array(window)))
  }

  @Test func `what comes before a block needs another one's header`() {
    let content = [UInt8](repeating: 9, count: 20_000)
    #expect(entryPoint(in: Self.stored(content) + [0] + Self.stored(content) + [1]) != nil)
    for header in [1, 2, 4, 8] as [UInt8] {
      #expect(entryPoint(in: Self.stored(content) + [header] + Self.stored(content) + [1]) == nil)
    }
  }

  @Test func `all of the blocks and the next one's beginning must be there`() {
    let bytes = Self.stored([UInt8](repeating: 9, count: 40_000)) + [1]
    for byteCount in [0, 1, 4, 32_768, 40_003, 40_004] {
      #expect(entryPoint(in: Array(bytes[..<byteCount])) == nil)
    }
    #expect(entryPoint(in: bytes)?.offset == 40_004)
  }

  /// Or bytes that look like a row of them without end would take the square of their number to look through.
  @Test func `a window has eight blocks at most`() {
    func blocks(_ count: Int, of byteCount: Int) -> [UInt8] {
      (0..<count).flatMap { _ in [0] + Self.stored([UInt8](repeating: 9, count: byteCount)) } + [1]
    }
    #expect(entryPoint(in: blocks(8, of: 4096)) != nil)
    #expect(entryPoint(in: blocks(20, of: 4000)) == nil)
  }
}
