// SPDX-License-Identifier: Apache-2.0
import Blocks
import TestSupport
import Testing

@Suite struct SequentialWriterTests {
  private let target = Recorder(byteCount: 1 << 20)

  @Test func `small pieces come together in the buffer`() throws {
    var writer = SequentialWriter(to: target, at: 8192, bufferSize: 8192)
    for _ in 0..<1000 { try writer.append([UInt8](repeating: 1, count: 17)) }
    #expect(writer.offset == 8192 + 17000)
    #expect(target.writes == [8192..<16384, 16384..<24576])
    try writer.flushBuffer()
    try writer.flushBuffer()
    #expect(target.writes == [8192..<16384, 16384..<24576, 24576..<25192])
    #expect(target.memory.contents(8192..<25192) == [UInt8](repeating: 1, count: 17000))
  }

  @Test func `a piece that fills the buffer goes to the target by itself`() throws {
    var writer = SequentialWriter(to: target, at: 0, bufferSize: 8192)
    try writer.append([UInt8](repeating: 1, count: 100_000))
    #expect(target.writes == [0..<98304])
    try writer.append([UInt8](repeating: 2, count: 50_000))
    try writer.flushBuffer()
    #expect(target.writes == [0..<98304, 98304..<106_496, 106_496..<147_456, 147_456..<150_000])
  }

  @Test func `a stream that begins anywhere goes on at a multiple of the buffer size`() throws {
    var writer = SequentialWriter(to: target, at: 1000, bufferSize: 8192)
    try writer.append([UInt8](repeating: 1, count: 40_000))
    try writer.flushBuffer()
    #expect(target.writes == [1000..<8192, 8192..<40960, 40960..<41000])
  }

  @Test func `pieces end at multiples of the buffer size behind a move and a flush, too`() throws {
    var writer = SequentialWriter(to: target, at: 0, bufferSize: 8192)
    try writer.append([1])
    try writer.move(to: 20_992)
    try writer.append([UInt8](repeating: 2, count: 20_000))
    try writer.flushBuffer()
    try writer.append([UInt8](repeating: 3, count: 5_000))
    try writer.flushBuffer()
    #expect(
      target.writes == [
        0..<1, 20_992..<24_576, 24_576..<40_960, 40_960..<40_992, 40_992..<45_992,
      ])
  }

  @Test func `of many zeros the whole blocks are zeroed, the rest is written`() throws {
    var writer = SequentialWriter(to: target, at: 0)
    try writer.append([1, 2, 3])
    try writer.appendZeros(100_000)
    try writer.append([4])
    try writer.flushBuffer()
    #expect(target.zeroed == [4096..<98304])
    #expect(target.writes == [0..<4096, 98304..<100_004])
    #expect(target.memory.contents(100_000..<100_005) == [0, 0, 0, 4, 0])
  }

  @Test func `few zeros are written with what surrounds them`() throws {
    var writer = SequentialWriter(to: target, at: 0)
    try writer.append([1, 2, 3])
    try writer.appendZeros(0)
    try writer.appendZeros(65535)
    try writer.append([4])
    try writer.flushBuffer()
    #expect(target.zeroed == [])
    #expect(target.writes == [0..<65539])
  }

  @Test func `padding ends at a multiple of the unit, counted from the origin`() throws {
    var writer = SequentialWriter(to: target, at: 1000)
    try writer.append([1])
    try writer.pad(to: 512, from: 1000)
    #expect(writer.offset == 1512)
    try writer.pad(to: 512, from: 1000)
    #expect(writer.offset == 1512)
    try writer.pad(to: 512)
    #expect(writer.offset == 1536)
  }

  @Test func `a move leaves what lies between as it is`() throws {
    try target.memory.write([9, 9, 9, 9], at: 0)
    var writer = SequentialWriter(to: target, at: 0)
    try writer.append([1])
    try writer.move(to: 3)
    try writer.append([2])
    try writer.move(to: 4)
    try writer.append([3])
    try writer.flushBuffer()
    #expect(target.memory.contents(0..<5) == [1, 9, 9, 2, 3])
    #expect(target.writes == [0..<1, 3..<5])
  }

  @Test func `what the target hasn't got room for is an error`() throws {
    var writer = SequentialWriter(to: NullTarget(size: 10_000), at: 9_000)
    #expect(throws: BlockError.outOfBounds(offset: 9_000, byteCount: 1001, size: 10_000)) {
      try writer.appendZeros(1001)
    }
    #expect(throws: BlockError.outOfBounds(offset: 9_000, byteCount: .max, size: 10_000)) {
      try writer.appendZeros(.max)
    }
    try writer.append([UInt8](repeating: 1, count: 1001))
    #expect(throws: BlockError.outOfBounds(offset: 9_000, byteCount: 1001, size: 10_000)) {
      try writer.flushBuffer()
    }
  }

  @Test func `pieces and zeros of any size arrive as a model has them, in whole blocks`() throws {
    var random = SeededGenerator()
    for _ in 0..<20 {
      let target = Recorder(byteCount: 1 << 20)
      try target.memory.write([UInt8](repeating: 0xFF, count: 1 << 20), at: 0)
      let start = Int.random(in: 0..<3, using: &random) * 1000
      let bufferSize = 4096 * Int.random(in: 1...8, using: &random)
      var model: [UInt8] = []
      var writer = SequentialWriter(to: target, at: UInt64(start), bufferSize: bufferSize)
      while true {
        let limit = [10, 5000, 100_000].randomElement(using: &random)!
        let byteCount = Int.random(in: 0...limit, using: &random)
        if start + model.count + byteCount > 1 << 20 { break }
        if Bool.random(using: &random) {
          try writer.appendZeros(UInt64(byteCount))
          model += [UInt8](repeating: 0, count: byteCount)
        } else {
          let piece = [UInt8](repeating: .random(in: 1...255, using: &random), count: byteCount)
          try writer.append(piece)
          model += piece
        }
        #expect(writer.offset == UInt64(start + model.count))
      }
      try writer.flushBuffer()
      #expect(target.memory.contents(start..<start + model.count) == model)
      #expect(target.memory.contents(0..<start).allSatisfy { $0 == 0xFF })
      #expect(target.memory.contents(start + model.count..<1 << 20).allSatisfy { $0 == 0xFF })
      expectWholeBlocks(target.writes + target.zeroed, in: UInt64(start)..<UInt64(start + model.count))
    }
  }

  /// Without a gap or an overlap, and with no end within a block but the stream's own.
  private func expectWholeBlocks(_ ranges: [Range<UInt64>], in stream: Range<UInt64>) {
    let ranges = ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    var position = stream.lowerBound
    for range in ranges {
      #expect(range.lowerBound == position)
      position = range.upperBound
      #expect(position % 4096 == 0 || position == stream.upperBound)
    }
    #expect(position == stream.upperBound)
  }
}

extension SequentialWriter {
  fileprivate mutating func append(_ bytes: [UInt8]) throws(BlockError) { try append(bytes.span.bytes) }
}

/// Memory that notes where it is written and zeroed.
private final class Recorder: BlockTarget {
  let memory: MemoryTarget
  var writes: [Range<UInt64>] = []
  var zeroed: [Range<UInt64>] = []

  init(byteCount: Int) { memory = MemoryTarget(byteCount: byteCount) }

  var size: UInt64 { memory.size }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try memory.read(into: &bytes, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try memory.write(bytes, at: offset)
    writes.append(offset..<offset + UInt64(bytes.byteCount))
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    try memory.zero(range)
    zeroed.append(range)
  }

  func flush() {}
}
