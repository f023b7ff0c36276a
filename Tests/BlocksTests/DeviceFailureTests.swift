// SPDX-License-Identifier: Apache-2.0
import CLinux
import Synchronization
import TestSupport
import Testing

@testable import Blocks

@Suite struct DeviceFailureTests {
  private static let numbers: [CInt] = [EIO, ENOSPC, ENODEV, ENXIO, EREMOTEIO]

  @Test(arguments: numbers)
  func `the first write that fails is thrown, with its offset, and none is issued after it`(
    number: CInt
  ) throws {
    for failing in 1...8 {
      let device = MemoryDevice([UInt8](repeating: 0xAA, count: 40960))
      device.set { $0.answers[failing] = .failed(number) }
      let target = try device.target(threadCount: 1)
      let expected = BlockError.system(
        .write, path: "/dev/sdx", offset: UInt64(failing - 1) * 4096, number: number)
      #expect(throws: expected) {
        for window in 0..<10 {
          try target.write([UInt8](repeating: 1, count: 4096), at: UInt64(window) * 4096)
        }
        try target.flush()
      }
      #expect(throws: expected) { try target.write([1], at: 0) }
      #expect(throws: expected) { try target.zero(0..<4096) }
      #expect(throws: expected) { try target.bytes(1) }
      #expect(throws: expected) { try target.flush() }
      #expect(device.calls.count == failing)
      #expect(device.bytes[((failing - 1) * 4096)...].allSatisfy { $0 == 0xAA })
    }
  }

  @Test(arguments: 1...12)
  func `with several threads no more is issued than was under way`(failing: Int) throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 1 << 20))
    device.set { $0.answers[failing] = .failed(EIO) }
    let target = try device.target(threadCount: 4)
    let error = try #require(throws: BlockError.self) {
      for window in 0..<256 {
        try target.write([UInt8](repeating: 1, count: 4096), at: UInt64(window) * 4096)
      }
      try target.flush()
    }
    guard case .system(.write, _, _, EIO) = error else {
      Issue.record("\(error)")
      return
    }
    let count = device.calls.count
    #expect(count < failing + 4)
    #expect(throws: error) { try target.flush() }
    #expect(device.calls.count == count)
  }

  @Test func `a device that takes nothing more and gives no reason is an error`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 8192))
    device.set {
      $0.step = 1024
      $0.answers[3] = .moved(0)
    }
    let target = try device.target()
    try target.write([UInt8](repeating: 1, count: 4096), at: 4096)
    #expect(
      throws: BlockError.shortTransfer(.write, path: "/dev/sdx", offset: 4096, byteCount: 2048, of: 4096)
    ) { try target.flush() }
    #expect(device.calls.count == 3)
  }

  @Test func `zeroing and flushing fail as writing does`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 8192))
    device.set { $0.answers[1] = .failed(EIO) }
    let target = try device.target()
    try target.zero(4096..<8192)
    let zeroError = BlockError.system(.zero, path: "/dev/sdx", offset: 4096, number: EIO)
    #expect(throws: zeroError) { try target.flush() }
    #expect(device.calls == [.zero(4096..<8192)])

    let other = MemoryDevice([UInt8](repeating: 0xAA, count: 8192))
    other.set { $0.answers[2] = .failed(EIO) }
    let otherTarget = try other.target()
    try otherTarget.write([UInt8](repeating: 1, count: 512), at: 0)
    let flushError = BlockError.system(.flush, path: "/dev/sdx", offset: nil, number: EIO)
    #expect(throws: flushError) { try otherTarget.flush() }
    // A second fdatasync would say that all is well.
    #expect(throws: flushError) { try otherTarget.flush() }
  }

  @Test func `what can't be read fails the read alone`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 8192))
    device.set { $0.readFailure = (range: 1024..<1025, number: EIO) }
    let target = try device.target()
    let expected = BlockError.system(.read, path: "/dev/sdx", offset: 512, number: EIO)
    #expect(throws: expected) { try target.bytes(1000, at: 600) }
    target.readAhead(512..<2048)
    #expect(throws: expected) { try target.bytes(1000, at: 600) }
    #expect(try target.bytes(2) == [0xAA, 0xAA])
    // Nor can a block be completed that can't be read.
    try target.write([1], at: 1030)
    #expect(throws: BlockError.system(.read, path: "/dev/sdx", offset: 1024, number: EIO)) {
      try target.flush()
    }
  }

  @Test(arguments: 1...6)
  func `after stop no write is issued`(stopping: Int) throws {
    let monitor = WriteMonitor()
    let count = Mutex(0)
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 1 << 20)) { _ in
      count.withLock {
        $0 += 1
        if $0 == stopping { monitor.stop() }
      }
    }
    let target = try device.target(threadCount: 1, monitor: monitor)
    #expect(throws: BlockError.cancelled) {
      for window in 0..<256 {
        try target.write([UInt8](repeating: 1, count: 4096), at: UInt64(window) * 4096)
      }
      try target.flush()
    }
    #expect(device.calls.count == stopping)
    #expect(throws: BlockError.cancelled) { try target.flush() }
    #expect(device.calls.count == stopping)
    #expect(monitor.inFlightByteCount == 0)
    #expect(monitor.storedByteCount == UInt64(stopping) * 4096)
  }

  @Test func `a target that goes without a flush writes nothing more`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 8192))
    do {
      let target = try device.target()
      try target.write([1, 2, 3], at: 0)
    }
    #expect(device.calls == [])
  }

  @Test func `after resume writes are taken again, and what waited is gone`() throws {
    let device = MemoryDevice([UInt8](repeating: 0xAA, count: 65536))
    device.set { $0.answers[1] = .failed(EIO) }
    let target = try device.target()
    #expect(throws: BlockError.self) {
      for window in 0..<16 { try target.write([UInt8](repeating: 1, count: 4096), at: UInt64(window) * 4096) }
      try target.flush()
    }
    target.resume()
    let count = device.calls.count
    try target.write([5], at: 3)
    try target.flush()
    #expect(device.calls[count...] == [.write(0..<512), .flush])
    for window in 0..<16 { try target.write([UInt8](repeating: 7, count: 4096), at: UInt64(window) * 4096) }
    try target.flush()
    #expect(device.bytes.allSatisfy { $0 == 7 })
  }
}
