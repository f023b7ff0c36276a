// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@Suite struct LedgerTests {
  @Test func `every byte is written, zeroed or untouched`() throws {
    let memory = MemoryTarget(byteCount: 100)
    let ledger = Ledger(memory)
    try ledger.write([1, 2, 3], at: 10)
    try ledger.write([4], at: 13)
    try ledger.zero(20..<30)
    #expect(ledger.size == 100)
    #expect(ledger.written.ranges == [10..<14])
    #expect(ledger.zeroed.ranges == [20..<30])
    #expect(ledger.untouched.ranges == [0..<10, 14..<20, 30..<100])
    #expect(ledger.repeatedByteCount == 0)
    #expect(ledger.writeCount == 2)
    #expect(ledger.monitor.writtenByteCount == 4)
    #expect(ledger.monitor.zeroedByteCount == 10)
    #expect(try ledger.bytes(4, at: 10) == [1, 2, 3, 4])
  }

  @Test func `bytes that come again are counted, whichever way they came`() throws {
    let ledger = Ledger(MemoryTarget(byteCount: 100))
    try ledger.write([UInt8](repeating: 1, count: 10), at: 0)
    try ledger.write([1, 2], at: 9)
    #expect(ledger.repeatedByteCount == 1)
    try ledger.zero(8..<20)
    #expect(ledger.repeatedByteCount == 1 + 3)
    try ledger.zero(18..<25)
    #expect(ledger.repeatedByteCount == 1 + 3 + 2)
    try ledger.write([1, 2], at: 24)
    #expect(ledger.repeatedByteCount == 1 + 3 + 2 + 1)
  }

  @Test func `after stop nothing is written, zeroed or flushed`() throws {
    let memory = MemoryTarget(byteCount: 4)
    let monitor = WriteMonitor()
    let ledger = Ledger(memory, monitor: monitor)
    try ledger.write([1, 2, 3, 4], at: 0)
    #expect(!monitor.isStopped)
    monitor.stop()
    #expect(monitor.isStopped)
    #expect(throws: BlockError.cancelled) { try ledger.write([9], at: 0) }
    #expect(throws: BlockError.cancelled) { try ledger.zero(0..<4) }
    #expect(throws: BlockError.cancelled) { try ledger.flush() }
    #expect(memory.contents() == [1, 2, 3, 4])
    #expect(try ledger.bytes(1) == [1])
  }

  @Test func `what the target refuses is not counted`() {
    let ledger = Ledger(MemoryTarget(byteCount: 4))
    #expect(throws: BlockError.outOfBounds(offset: 3, byteCount: 2, size: 4)) {
      try ledger.write([1, 2], at: 3)
    }
    #expect(throws: BlockError.outOfBounds(offset: 0, byteCount: 5, size: 4)) { try ledger.zero(0..<5) }
    #expect(ledger.untouched.ranges == [0..<4])
    #expect(ledger.writeCount == 0)
    #expect(ledger.monitor.writtenByteCount == 0)
    #expect(ledger.monitor.zeroedByteCount == 0)
  }
}
