// SPDX-License-Identifier: Apache-2.0
import Blocks
import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct BlockContentTests {
  private static let gzip = ForeignTool("gzip")

  private func bytes(_ numbers: Range<UInt64>, _ byteCount: Int) -> [UInt8] {
    let content = BlockContent(largestByteCount: byteCount)
    var buffer = content.makeBuffer(for: byteCount)
    return numbers.flatMap { number -> [UInt8] in
      let access = Access(offset: number * UInt64(byteCount), byteCount: byteCount)
      return buffer.copy(BlockContent.stamp(&buffer, for: access, number))
    }
  }

  @Test func `the same access has the same content on every run`() {
    #expect(bytes(0..<40, 4096) == bytes(0..<40, 4096))
  }

  @Test(.enabled(if: gzip.isInstalled), arguments: [4096, 64 << 10, 1 << 20])
  func `a block can't be compressed`(byteCount: Int) throws {
    let block = Data(bytes(5..<6, byteCount))
    #expect(block.count == byteCount)
    let packed = try Self.gzip.run("-9", "-c", input: block).output
    #expect(packed.count >= byteCount)
  }

  @Test func `no two sectors are the same`() {
    let all = bytes(0..<64, 32 << 10)
    let sectors = stride(from: 0, to: all.count, by: 512).map { Array(all[$0..<$0 + 512]) }
    #expect(Set(sectors).count == sectors.count)
  }

  @Test func `the same place written again has another content`() {
    let content = BlockContent(largestByteCount: 4096)
    var buffer = content.makeBuffer(for: 4096)
    let access = Access(offset: 8192, byteCount: 4096)
    let first = buffer.copy(BlockContent.stamp(&buffer, for: access, 1))
    let second = buffer.copy(BlockContent.stamp(&buffer, for: access, 17))
    for sector in 0..<8 {
      #expect(first[sector * 512..<(sector + 1) * 512] != second[sector * 512..<(sector + 1) * 512])
    }
  }
}
