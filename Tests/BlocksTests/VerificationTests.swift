// SPDX-License-Identifier: Apache-2.0
import CLinux
import TestSupport
import Testing

@testable import Blocks

private let mebibyte: UInt64 = 1 << 20

@Suite struct ChecksumMapTests {
  private func map(_ writes: [(bytes: [UInt8], offset: UInt64)]) -> ChecksumMap {
    var map = ChecksumMap()
    for write in writes { map.record(write.bytes.span.bytes, at: write.offset) }
    return map
  }

  @Test func `writes that follow on each other are one piece, whatever comes in between`() {
    let map = map([(Array("1234".utf8), 100), ([9], 5000), (Array("56789".utf8), 104), ([8], 5001)])
    #expect(map.pieces.map(\.range) == [100..<109, 5000..<5002])
    // The check value of the CRC catalogues.
    #expect(~map.pieces[0].checksum == 0xE306_9283)
  }

  @Test func `no piece reaches over a multiple of 1 MiB`() {
    let end = 1_000_000 + 3 * mebibyte
    let map = map([([UInt8](repeating: 1, count: 3 << 20), 1_000_000), ([2], end)])
    let expected: [Range<UInt64>] = [
      1_000_000..<mebibyte, mebibyte..<2 * mebibyte, 2 * mebibyte..<3 * mebibyte, 3 * mebibyte..<end + 1,
    ]
    #expect(map.pieces.map(\.range) == expected)
  }

  @Test func `a piece that is written anew is another one, and one cut into has gone`() {
    var map = map([([1, 2, 3], 0), ([4], 10), ([5, 6], 20)])
    map.record(([7, 8, 9] as [UInt8]).span.bytes, at: 0)
    #expect(map.pieces.map(\.range) == [0..<3, 10..<11, 20..<22])
    #expect(map.pieces[0].checksum == CRC32C.checksum(([7, 8, 9] as [UInt8]).span.bytes))
    map.record(([1] as [UInt8]).span.bytes, at: 1)
    map.remove(21..<30)
    #expect(map.pieces.map(\.range) == [1..<2, 10..<11])
    map.record(([7, 8] as [UInt8]).span.bytes, at: 30)
    map.record(RawSpan(), at: 31)
    #expect(map.pieces.map(\.range) == [1..<2, 10..<11, 30..<32])
  }

  @Test func `pieces in any order are those of a model`() {
    var random = SeededGenerator()
    for _ in 0..<6 {
      let content = random.bytes(3 << 20)
      var map = ChecksumMap()
      var written = ExtentSet()
      for _ in 0..<200 {
        let start = Int.random(in: 0..<content.count, using: &random)
        let range = start..<min(content.count, start + .random(in: 0...50_000, using: &random))
        let extent = UInt64(range.lowerBound)..<UInt64(range.upperBound)
        if written.overlap(with: extent) > 0 { continue }
        written.insert(extent)
        map.record(content.span.bytes.extracting(range), at: extent.lowerBound)
      }
      #expect(ExtentSet(map.pieces.map(\.range)) == written)
      #expect(map.pieces.reduce(0) { $0 + UInt64($1.byteCount) } == written.byteCount)
      for piece in map.pieces {
        let bytes = content.span.bytes.extracting(Int(piece.offset)..<Int(piece.range.upperBound))
        #expect(piece.checksum == CRC32C.checksum(bytes))
      }
    }
  }
}

@Suite struct VerificationTests {
  private let device = MemoryDevice([UInt8](repeating: 0xAA, count: 4 << 20))

  /// Content over a multiple of 1 MiB, a little more elsewhere, zeros over another multiple.
  private func ledger(_ monitor: WriteMonitor = WriteMonitor()) throws -> Ledger {
    let ledger = Ledger(try device.target(windowSize: 1 << 20), keepsChecksums: true, monitor: monitor)
    try ledger.write([UInt8](repeating: 1, count: 1 << 20), at: 1000)
    try ledger.write([2, 3], at: 3 << 20)
    try ledger.zero((2 << 20) - 5000..<(2 << 20) + 5000)
    return ledger
  }

  private func verify(_ ledger: Ledger, within ranges: ExtentSet? = nil) throws -> Verification {
    try Verification(of: device.target(windowSize: 1 << 20), against: ledger, within: ranges)
  }

  @Test func `what is as it was written is clean, and only that is read`() throws {
    let monitor = WriteMonitor()
    let ledger = try ledger(monitor)
    try ledger.flush()
    device.set { $0.reads = [] }
    let result = try Verification(
      of: device.target(windowSize: 1 << 20), against: ledger, monitor: monitor)
    #expect(result.isClean)
    #expect(result.firstBadOffset == nil)
    #expect(result.checkedByteCount == mebibyte + 10_002)
    #expect(result.uncheckedByteCount == 0)
    #expect(monitor.verifiedByteCount == mebibyte + 10_002)
    let blocks = ExtentSet(device.reads)
    #expect(blocks.byteCount < mebibyte + 10_000 + 8 * 512)
    #expect(blocks.overlap(with: 1000..<1000 + mebibyte) == mebibyte)
  }

  @Test func `it flushes what the target still has`() throws {
    let target = try device.target(windowSize: 1 << 20)
    let ledger = Ledger(target, keepsChecksums: true)
    try ledger.write([1, 2, 3], at: 77)
    #expect(try Verification(of: target, against: ledger).isClean)
    #expect(device.bytes[77..<80].elementsEqual([1, 2, 3]))
  }

  private static let changes: [(at: UInt64, bad: Range<UInt64>)] = [
    (1000, 1000..<mebibyte),
    (999_999, 1000..<mebibyte),
    (mebibyte + 999, mebibyte..<mebibyte + 1000),
    (3 * mebibyte + 1, 3 * mebibyte..<3 * mebibyte + 2),
    (2 * mebibyte - 5000, 2 * mebibyte - 5000..<2 * mebibyte - 4608),
    (2 * mebibyte + 513, 2 * mebibyte + 512..<2 * mebibyte + 1024),
  ]

  @Test(arguments: changes)
  func `a byte that has changed is found`(at offset: UInt64, bad: Range<UInt64>) throws {
    let ledger = try ledger()
    try ledger.flush()
    device.set { $0.bytes[Int(offset)] ^= 0x10 }
    let result = try verify(ledger)
    #expect(result.badRanges.ranges == [bad])
    #expect(result.firstBadOffset == bad.lowerBound)
    #expect(result.unreadableRanges.ranges == [])
    #expect(try verify(ledger, within: ExtentSet([0..<1])).isClean)
    #expect(try !verify(ledger, within: result.badRanges).isClean)
  }

  @Test(arguments: [0, 999, (1 << 20) + 1000, (2 << 20) + 5000, (3 << 20) + 2])
  func `what nobody wrote may change`(offset: Int) throws {
    let ledger = try ledger()
    try ledger.flush()
    device.set { $0.bytes[offset] ^= 0xFF }
    #expect(try verify(ledger).isClean)
  }

  @Test func `bad pieces side by side are one range`() throws {
    let ledger = try ledger()
    try ledger.flush()
    device.set { $0.bytes = [UInt8](repeating: 0xFF, count: $0.bytes.count) }
    let expected: [Range<UInt64>] = [
      1000..<1000 + mebibyte, 2 * mebibyte - 5000..<2 * mebibyte + 5000, 3 * mebibyte..<3 * mebibyte + 2,
    ]
    #expect(try verify(ledger).badRanges.ranges == expected)
  }

  @Test func `what is written again is verified by what came last`() throws {
    let target = try device.target(windowSize: 1 << 20)
    let ledger = Ledger(target, keepsChecksums: true)
    try ledger.zero(0..<1 << 20)
    try ledger.flush()
    try ledger.write([UInt8](repeating: 5, count: 512), at: 0)
    #expect(ledger.zeroed.ranges == [512..<mebibyte])
    #expect(try Verification(of: target, against: ledger).isClean)
    // A write into a piece takes the rest of it its checksum.
    try ledger.write([6], at: 100)
    let result = try Verification(of: target, against: ledger)
    #expect(result.isClean)
    #expect(result.uncheckedByteCount == 511)
    #expect(result.checkedByteCount == mebibyte - 511)
    try ledger.zero(0..<512)
    #expect(ledger.written.ranges == [])
    #expect(try Verification(of: target, against: ledger).uncheckedByteCount == 0)
  }

  @Test func `what can't be read is bad, and the rest is compared all the same`() throws {
    let ledger = try ledger()
    try ledger.flush()
    device.set {
      $0.readFailure = (range: 4096..<4097, number: EIO)
      $0.bytes[3 << 20] ^= 1
    }
    let result = try verify(ledger)
    #expect(result.unreadableRanges.ranges == [1000..<mebibyte])
    #expect(result.badRanges.ranges == [1000..<mebibyte, 3 * mebibyte..<3 * mebibyte + 2])
  }

  @Test func `a device that is gone is an error`() throws {
    let ledger = try ledger()
    try ledger.flush()
    device.set { $0.readFailure = (range: 4096..<4097, number: ENODEV) }
    let error = try #require(throws: BlockError.self) { try verify(ledger) }
    guard case .system(.read, "/dev/sdx", _, ENODEV) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `after stop nothing is read`() throws {
    let ledger = try ledger()
    try ledger.flush()
    let monitor = WriteMonitor()
    monitor.stop()
    device.set { $0.reads = [] }
    #expect(throws: BlockError.cancelled) {
      try Verification(of: MemoryTarget(byteCount: 4 << 20), against: ledger, monitor: monitor)
    }
    #expect(device.reads == [])
  }
}
