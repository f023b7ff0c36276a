// SPDX-License-Identifier: Apache-2.0
import CLinux
import TestSupport
import Testing

@testable import Blocks

@Suite struct CapacityProbeTests {
  private static let region: UInt64 = 16 << 10
  private static let size: UInt64 = 1 << 20

  private func probe(
    _ target: any BlockTarget, monitor: WriteMonitor = WriteMonitor()
  ) throws(BlockError) -> CapacityProbe.Finding {
    try CapacityProbe.probe(target, seed: 7, regionSize: Self.region, monitor: monitor)
  }

  @Test(arguments: [4096 * 4, 20_480, 1 << 20, (1 << 20) + 512, 3_000_320] as [UInt64])
  func `an honest device is honest, and whole again`(size: UInt64) throws {
    let card = try LyingCard(realSize: size, size: size, .wraps)
    let before = card.memory.contents()
    #expect(try probe(card) == .honest)
    #expect(card.memory.contents() == before)
    #expect(card.writtenByteCount > 0)
  }

  @Test func `a device too small to be probed is honest and not written to`() throws {
    let card = try LyingCard(realSize: 16383, size: 16383, .wraps)
    #expect(try probe(card) == .honest)
    #expect(card.writtenByteCount == 0)
  }

  @Test(
    arguments: [
      1 << 19, 1 << 18, 1 << 16, 3 << 17, 300_032, 700_416, 512 * 1025, 512 * 127, 1_048_064, 8192, 512,
      1024 * 9,
    ] as [UInt64])
  func `a device that wraps round is found, with its real size, and whole again`(realSize: UInt64) throws {
    let card = try LyingCard(realSize: realSize, size: Self.size, .wraps)
    let before = card.memory.contents()
    #expect(try probe(card) == .wraps(realSize: realSize))
    #expect(card.memory.contents() == before)
  }

  @Test func `any way to wrap round is found`() throws {
    var random = SeededGenerator()
    for _ in 0..<30 {
      let size = 512 * UInt64.random(in: 200...2000, using: &random)
      let realSize = 512 * UInt64.random(in: 1...size / 512 - 9, using: &random)
      let card = try LyingCard(realSize: realSize, size: size, .wraps)
      let before = card.memory.contents()
      #expect(try probe(card) == .wraps(realSize: realSize), "\(realSize) of \(size)")
      #expect(card.memory.contents() == before)
    }
  }

  @Test(
    arguments: [1 << 19, 1 << 17, 700_416, 4096 * 11, 4096 * 3, 4096, 0] as [UInt64],
    [LyingCard.Lie.readsOnes, .readsZero, .failsToRead])
  func `a device that loses what lies beyond its end is found, to the block`(
    realSize: UInt64, lie: LyingCard.Lie
  ) throws {
    let card = try LyingCard(realSize: realSize, size: Self.size, lie)
    let before = card.memory.contents()
    #expect(try probe(card) == .ends(realSize: realSize))
    #expect(card.memory.contents() == before)
  }

  @Test func `what can't be read before is lost, and what lies beside it is not`() throws {
    let device = MemoryDevice((0..<Int(Self.size)).map { UInt8(truncatingIfNeeded: $0 / 7) })
    let before = device.bytes
    device.set { $0.readFailure = (range: 8192..<8193, number: EIO) }
    #expect(try probe(device.target()) == .honest)
    let isSame = device.bytes[..<8192] == before[..<8192] && device.bytes[12288...] == before[12288...]
    #expect(isSame)
  }

  @Test func `one block that keeps nothing is not the end`() throws {
    let card = try LyingCard(realSize: Self.size, size: Self.size, .readsOnes)
    card.badBlock = 1 << 19
    #expect(try probe(card) == .honest)
  }

  @Test func `a write that fails is thrown, and what was changed is put back`() throws {
    for failing in stride(from: 1, through: 40, by: 3) {
      let device = MemoryDevice((0..<Int(Self.size)).map { UInt8(truncatingIfNeeded: $0 / 7) })
      let before = device.bytes
      device.set { $0.answers[failing] = .failed(EIO) }
      let target = try device.target()
      #expect(throws: BlockError.self) { try probe(target) }
      let isSame = device.bytes == before
      #expect(isSame, "failing at \(failing)")
    }
  }

  @Test func `after a stop everything is put back`() throws {
    for stopping in stride(from: 1, through: 113, by: 7) {
      let card = try LyingCard(realSize: 1 << 19, size: Self.size, .wraps)
      let before = card.memory.contents()
      let monitor = WriteMonitor()
      card.stop(monitor, at: stopping)
      #expect(throws: BlockError.cancelled) { try probe(card, monitor: monitor) }
      let isSame = card.memory.contents() == before
      #expect(isSame, "stopped at \(stopping)")
    }
  }

  @Test func `the region's size follows the device's`() throws {
    let card = try LyingCard(realSize: 24 << 20, size: 48 << 20, .wraps)
    #expect(try CapacityProbe.probe(card, seed: 1) == .wraps(realSize: 24 << 20))
  }
}

/// A card that claims to hold more than it does.
final class LyingCard: BlockTarget {
  enum Lie: Sendable { case wraps, readsOnes, readsZero, failsToRead }

  let memory: MemoryTarget
  let size: UInt64
  private let lie: Lie
  var badBlock: UInt64?
  private(set) var writtenByteCount = 0
  private var callCount = 0
  private var stopping: (monitor: WriteMonitor, call: Int)?

  init(realSize: UInt64, size: UInt64, _ lie: Lie) throws {
    memory = MemoryTarget(byteCount: Int(realSize))
    self.size = size
    self.lie = lie
    try memory.write((0..<Int(realSize)).map { UInt8(truncatingIfNeeded: $0 &* 31 / 13) }, at: 0)
  }

  func stop(_ monitor: WriteMonitor, at call: Int) { stopping = (monitor, call) }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    count()
    for sector in sectors(offset, bytes.byteCount) {
      var part = bytes._mutatingExtracting(sector.range)
      guard let place = sector.place else {
        if lie == .failsToRead { throw .system(.read, path: "card", offset: offset, number: EIO) }
        part.store([UInt8](repeating: lie == .readsOnes ? 0xFF : 0, count: part.byteCount), at: 0)
        continue
      }
      try memory.read(into: &part, at: place)
    }
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    count()
    writtenByteCount += bytes.byteCount
    for sector in sectors(offset, bytes.byteCount) {
      guard let place = sector.place, place != badBlock else { continue }
      try memory.write(bytes.extracting(sector.range), at: place)
    }
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) { preconditionFailure("a probe zeroes nothing") }

  func flush() { count() }

  private func count() {
    callCount += 1
    if let stopping, stopping.call == callCount { stopping.monitor.stop() }
  }

  /// Where each sector of a range lies in memory; nil beyond its end.
  private func sectors(_ offset: UInt64, _ byteCount: Int) -> [(range: Range<Int>, place: UInt64?)] {
    stride(from: 0, to: byteCount, by: 512).map { start in
      let place = offset + UInt64(start)
      let range = start..<min(byteCount, start + 512)
      if lie == .wraps { return (range, place % memory.size) }
      return (range, place < memory.size ? place : nil)
    }
  }
}
