// SPDX-License-Identifier: Apache-2.0
import Blocks
import TestSupport
import Testing

@Suite struct DeviceTargetTests {
  @Test func `small pieces that go on where the last one ended are one write`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 16384))
    let target = try device.target()
    for position in 0..<4096 / 16 {
      try target.write([UInt8](repeating: 1, count: 16), at: 4096 + UInt64(position) * 16)
    }
    try target.flush()
    #expect(device.calls == [.write(4096..<8192), .flush])
    #expect(device.reads == [])
    #expect(device.bytes[4096..<8192].allSatisfy { $0 == 1 })
  }

  @Test func `an ascending stream is written ascending, a window at a time`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 40960))
    let target = try device.target(threadCount: 1)
    try target.write([UInt8](repeating: 1, count: 1024), at: 1024)
    // A gap: who goes on to the next window is through with the last one.
    try target.write([UInt8](repeating: 2, count: 9000), at: 3072)
    try target.write([UInt8](repeating: 3, count: 216), at: 12072)
    try target.flush()
    #expect(
      device.calls == [
        .write(1024..<2048), .write(3072..<4096), .write(4096..<8192), .write(8192..<12288), .flush,
      ])
  }

  @Test func `two streams at a time don't cut each other into pieces`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 65536))
    let target = try device.target(threadCount: 1)
    for position in 0..<16 {
      try target.write([UInt8](repeating: 1, count: 512), at: UInt64(position) * 512)
      try target.write([UInt8](repeating: 2, count: 512), at: 32768 + UInt64(position) * 512)
    }
    try target.flush()
    #expect(
      device.calls == [
        .write(0..<4096), .write(32768..<36864), .write(4096..<8192), .write(36864..<40960), .flush,
      ])
  }

  @Test func `a block in two parts waits for the second one and is not read`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 65536))
    let target = try device.target(threadCount: 1)
    try target.write([UInt8](repeating: 1, count: 700), at: 0)
    // Far away, until the window has been given up.
    for window in [4, 6, 8, 10] as [UInt64] {
      try target.write([UInt8](repeating: 9, count: 512), at: window * 4096)
    }
    try target.write([UInt8](repeating: 2, count: 324), at: 700)
    try target.flush()
    #expect(device.calls[...2] == [.write(0..<512), .write(16384..<16896), .write(512..<1024)])
    #expect(device.reads == [])
    let expected = [UInt8](repeating: 1, count: 700) + [UInt8](repeating: 2, count: 324)
    #expect(device.bytes.starts(with: expected))
  }

  @Test func `what a block lacks at the flush is the device's`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 8192), blockSize: 4096)
    let target = try device.target(windowSize: 8192)
    try target.write([1, 2, 3], at: 5)
    try target.write([4], at: 4095)
    try target.zero(4096..<4098)
    try target.flush()
    #expect(device.calls == [.write(0..<8192), .flush])
    #expect(device.reads == [0..<4096, 4096..<8192])
    var expected = [UInt8](repeating: 0xAA, count: 8192)
    expected.replaceSubrange(5..<8, with: [1, 2, 3])
    expected.replaceSubrange(4095..<4098, with: [4, 0, 0])
    #expect(device.bytes == expected)
  }

  @Test func `more parts of blocks than may wait are completed early`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 1200 * 4096))
    let target = try device.target()
    for window in 0..<1200 { try target.write([1], at: UInt64(window) * 4096 + 1) }
    #expect(!device.reads.isEmpty)
    try target.flush()
    #expect(device.bytes.enumerated().allSatisfy { $1 == ($0 % 4096 == 1 ? 1 : 0xAA) })
  }

  @Test func `zeros one behind the other are one stretch, and the device makes them`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 40960))
    let target = try device.target(threadCount: 1)
    try target.write([UInt8](repeating: 1, count: 512), at: 0)
    try target.zero(8192..<16384)
    try target.zero(16384..<21000)
    try target.write([UInt8](repeating: 1, count: 3576), at: 21000)
    try target.flush()
    #expect(
      device.calls == [
        .zero(8192..<12288), .zero(12288..<16384), .zero(16384..<20480), .write(20480..<24576),
        .write(0..<512), .flush,
      ])
    #expect(device.bytes[8192..<21000].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [DeviceTarget.Zeroing.written, .offloaded])
  func `zeros are written where that was asked for, or nothing else is to be had`(
    zeroing: DeviceTarget.Zeroing
  ) throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 16384))
    device.set { $0.canZero = false }
    let target = try device.target(threadCount: 1, zeroing: zeroing)
    try target.zero(0..<16384)
    try target.flush()
    let refused = zeroing == .offloaded ? [MemoryDevice.Call.zero(0..<4096)] : []
    #expect(
      device.calls == refused + [0, 4096, 8192, 12288].map { .write($0..<$0 + 4096) } + [.flush])
    #expect(device.bytes.allSatisfy { $0 == 0 })
  }

  @Test func `a device that takes less than it is given gets the rest`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 8192))
    device.set { $0.step = 1024 }
    let target = try device.target()
    try target.write([UInt8](repeating: 1, count: 4100), at: 0)
    try target.flush()
    #expect(device.bytes == [UInt8](repeating: 1, count: 4100) + [UInt8](repeating: 0xAA, count: 4092))
    #expect(try target.bytes(4, at: 4098) == [1, 1, 0xAA, 0xAA])
  }

  @Test func `nothing beyond the end is touched`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 5120))
    let target = try device.target()
    #expect(throws: BlockError.outOfBounds(offset: 5119, byteCount: 2, size: 5120)) {
      try target.write([1, 2], at: 5119)
    }
    #expect(throws: BlockError.outOfBounds(offset: 0, byteCount: 5121, size: 5120)) {
      try target.zero(0..<5121)
    }
    #expect(throws: BlockError.outOfBounds(offset: 5120, byteCount: 1, size: 5120)) {
      try target.bytes(1, at: 5120)
    }
    try target.write([], at: 5120)
    try target.zero(4096..<5120)
    try target.write([1], at: 5119)
    try target.flush()
    #expect(device.bytes[4096...].elementsEqual([UInt8](repeating: 0, count: 1023) + [1]))
  }

  @Test func `the monitor counts what the device has taken`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 16384))
    let monitor = WriteMonitor()
    let target = try device.target(monitor: monitor)
    try target.write([1], at: 0)
    #expect(monitor.storedByteCount == 0)
    try target.zero(4096..<12288)
    try target.flush()
    #expect(monitor.storedByteCount == 512 + 8192)
    #expect(monitor.inFlightByteCount == 0)
  }

  @Test func `what was read ahead is not read again, and forgotten when it changes`() throws {
    let device = MemoryDevice((0..<16384).map { UInt8(truncatingIfNeeded: $0 / 512) })
    let target = try device.target()
    target.readAhead(100..<2000)
    #expect(try target.bytes(3, at: 1023) == [1, 2, 2])
    #expect(device.reads == [0..<2048])
    target.readAhead(4096..<8192)
    try target.write([0xFF], at: 5000)
    #expect(try target.bytes(2, at: 5000) == [0xFF, 9])
    target.readAhead(0..<UInt64.max)
    target.readAhead(0..<16384)
    target.readAhead(8192..<9000)
    target.readAhead(9216..<10000)
    target.readAhead(0..<512)
    #expect(try target.bytes(1, at: 8300) == [16])
    #expect(try target.bytes(1, at: 0) == [0])
  }
}

/// Random pieces in any order, and the same on memory.
@Suite struct DeviceTargetModelTests {
  @Test(arguments: [1, 512, 4096])
  func `whatever comes, the device ends up as memory does`(blockSize: Int) throws {
    var random = SeededGenerator()
    for round in 0..<12 {
      let blockCount = Int.random(in: 1...100, using: &random)
      let size = blockSize == 1 ? Int.random(in: 1...300_000, using: &random) : blockCount * blockSize
      let old = random.bytes(size)
      let model = MemoryTarget(byteCount: size)
      try model.write(old, at: 0)
      let device = MemoryDevice(old, blockSize: blockSize)
      device.set {
        $0.canZero = round % 3 != 0
        if round % 5 == 0 { $0.step = 4096 }
      }
      let target = try device.target(
        windowSize: [4096, 16384, 65536].randomElement(using: &random)!,
        threadCount: .random(in: 1...4, using: &random))
      try disturb(target, model, count: 200, using: &random)
      try target.flush()
      let isSame = device.bytes == model.contents()
      #expect(isSame, "round \(round)")
      try expectSameReads(target, model, using: &random)
    }
  }

  @Test func `pieces that don't overlap, in any order, leave the rest of the device alone`() throws {
    var random = SeededGenerator()
    for _ in 0..<12 {
      let size = 512 * Int.random(in: 1...400, using: &random)
      let old = random.bytes(size)
      var expected = old
      let device = MemoryDevice(old)
      let target = try device.target(windowSize: 8192)
      for piece in pieces(of: size, using: &random) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: continue
        case 1:
          try target.zero(UInt64(piece.lowerBound)..<UInt64(piece.upperBound))
          expected.replaceSubrange(piece, with: [UInt8](repeating: 0, count: piece.count))
        default:
          let bytes = random.bytes(piece.count)
          try target.write(bytes, at: UInt64(piece.lowerBound))
          expected.replaceSubrange(piece, with: bytes)
        }
      }
      try target.flush()
      let isSame = device.bytes == expected
      #expect(isSame)
    }
  }

  /// All of `size` in pieces, most of them ascending.
  private func pieces(of size: Int, using random: inout SeededGenerator) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    while start < size {
      let limit = [10, 600, 20_000].randomElement(using: &random)!
      let end = min(size, start + .random(in: 1...limit, using: &random))
      pieces.append(start..<end)
      start = end
    }
    for _ in 0..<pieces.count / 8 {
      pieces.swapAt(
        pieces.indices.randomElement(using: &random)!, pieces.indices.randomElement(using: &random)!)
    }
    return pieces
  }
}

/// Writes, zeroes, reads and flushes at random, on both alike.
func disturb(
  _ target: any BlockTarget, _ model: MemoryTarget, count: Int, using random: inout SeededGenerator
) throws {
  let size = Int(model.size)
  for _ in 0..<count {
    let limit = [8, 512, 5_000, 100_000].randomElement(using: &random)!
    let start = Int.random(in: 0...size, using: &random)
    let end = min(size, start + .random(in: 0...limit, using: &random))
    switch Int.random(in: 0..<20, using: &random) {
    case 0: try target.flush()
    case 1...3: try expectSameReads(target, model, using: &random)
    case 4...8:
      try target.zero(UInt64(start)..<UInt64(end))
      try model.zero(UInt64(start)..<UInt64(end))
    default:
      let bytes = random.bytes(end - start)
      try target.write(bytes, at: UInt64(start))
      try model.write(bytes, at: UInt64(start))
    }
  }
}

private func expectSameReads(
  _ target: any BlockTarget, _ model: MemoryTarget, using random: inout SeededGenerator
) throws {
  let start = Int.random(in: 0...Int(model.size), using: &random)
  let end = Int.random(in: start...Int(model.size), using: &random)
  if Bool.random(using: &random), start < end {
    (target as? any ReadAheadTarget)?.readAhead(UInt64(start)..<UInt64(end))
  }
  let isSame = try target.bytes(end - start, at: UInt64(start)) == model.contents(start..<end)
  #expect(isSame, "\(start)..<\(end)")
}
