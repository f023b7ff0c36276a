// SPDX-License-Identifier: Apache-2.0
import CLinux
import TestSupport
import Testing

@testable import Blocks

@Suite struct CapacityCheckTests {
  private static let size: UInt64 = 5 << 20

  private func check(_ target: any BlockTarget, monitor: WriteMonitor = WriteMonitor()) throws
    -> CapacityCheck
  {
    var check = CapacityCheck(of: target, seed: 7)
    try check.fill(target)
    try check.compare(target, monitor: monitor)
    return check
  }

  @Test func `an honest device holds all of it`() throws {
    let monitor = WriteMonitor()
    let check = try check(MemoryTarget(byteCount: Int(Self.size) + 100), monitor: monitor)
    #expect(check.isHonest)
    #expect(check.byteCount == Self.size && check.goodByteCount == Self.size)
    #expect(check.firstBadOffset == nil && check.wrapSize == nil)
    #expect(monitor.verifiedByteCount == Self.size)
  }

  @Test(arguments: [1 << 20, 3 << 20, 512 * 1025, 700_416] as [UInt64])
  func `a device that wraps round is found with its real size`(realSize: UInt64) throws {
    let check = try check(LyingCard(realSize: realSize, size: Self.size, .wraps))
    #expect(!check.isHonest)
    #expect(check.goodByteCount == realSize)
    #expect(check.firstBadOffset == 0)
    #expect(check.wrapSize == realSize)
  }

  @Test(
    arguments: [1 << 20, 4096 * 700, 0] as [UInt64], [LyingCard.Lie.readsOnes, .readsZero, .failsToRead])
  func `a device that loses what lies beyond its end is found`(realSize: UInt64, lie: LyingCard.Lie) throws {
    let check = try check(LyingCard(realSize: realSize, size: Self.size, lie))
    #expect(!check.isHonest && check.wrapSize == nil)
    // What can't be read is told by the piece.
    let unit: UInt64 = lie == .failsToRead ? 1 << 20 : 512
    #expect(check.firstBadOffset == realSize / unit * unit)
    #expect(check.goodByteCount == realSize / unit * unit)
  }

  @Test func `a device that takes no more is read up to there`() throws {
    let device = MemoryDevice([UInt8](repeating: 0, count: Int(Self.size)))
    device.set { $0.answers = [3: .failed(EIO)] }
    let check = try check(try device.target(windowSize: 1 << 20))
    #expect(check.refusedOffset == 2 << 20)
    #expect(check.firstBadOffset == 2 << 20)
    #expect(check.goodByteCount == 2 << 20)
  }

  @Test func `a device that is gone is no finding`() throws {
    let device = MemoryDevice([UInt8](repeating: 0, count: Int(Self.size)))
    device.set { $0.answers = [3: .failed(ENODEV)] }
    #expect(throws: BlockError.self) { try check(try device.target(windowSize: 1 << 20)) }
  }

  @Test func `a stop ends it`() throws {
    let monitor = WriteMonitor()
    monitor.stop()
    #expect(throws: BlockError.cancelled) {
      try check(MemoryTarget(byteCount: Int(Self.size)), monitor: monitor)
    }
  }
}
