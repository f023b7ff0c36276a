// SPDX-License-Identifier: Apache-2.0
import Blocks
import TestSupport
import Testing

@Suite struct MemoryTargetTests {
  @Test func `what is written is read, and nothing else changes`() throws {
    let target = MemoryTarget(byteCount: 8)
    try target.write([1, 2, 3, 4, 5], at: 2)
    try target.zero(3..<5)
    target.flush()
    #expect(target.contents() == [0, 0, 1, 0, 0, 4, 5, 0])
    #expect(target.contents(5..<7) == [4, 5])
    #expect(try target.bytes(3, at: 5) == [4, 5, 0])
  }

  @Test(arguments: [true, false])
  func `nothing beyond the end is touched`(isMemory: Bool) throws {
    let target: any BlockTarget = isMemory ? MemoryTarget(byteCount: 8) : NullTarget(size: 8)
    #expect(throws: BlockError.outOfBounds(offset: 7, byteCount: 2, size: 8)) {
      try target.write([1, 2], at: 7)
    }
    #expect(throws: BlockError.outOfBounds(offset: 9, byteCount: 0, size: 8)) { try target.write([], at: 9) }
    #expect(throws: BlockError.outOfBounds(offset: .max, byteCount: 2, size: 8)) {
      try target.bytes(2, at: .max)
    }
    #expect(throws: BlockError.outOfBounds(offset: 0, byteCount: .max, size: 8)) {
      try target.zero(0..<UInt64.max)
    }
    try target.write([], at: 8)
    #expect(try target.bytes(8) == [0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a null target reads as zero whatever was written`() throws {
    let target = NullTarget(size: 1 << 50)
    try target.write([1, 2, 3], at: 1 << 49)
    try target.zero(0..<1 << 50)
    target.flush()
    #expect(try target.bytes(3, at: 1 << 49) == [0, 0, 0])
  }
}

@Suite struct TargetSliceTests {
  @Test func `ranges in any order read as one target`() throws {
    let target = MemoryTarget(byteCount: 10)
    let slice = try TargetSlice(of: target, ranges: [6..<8, 3..<3, 1..<4, 9..<10, 5..<5])
    #expect(slice.size == 6)
    try slice.write([1, 2, 3, 4, 5, 6], at: 0)
    #expect(target.contents() == [0, 3, 4, 5, 0, 0, 1, 2, 0, 6])
    #expect(try slice.bytes(4, at: 1) == [2, 3, 4, 5])
    try slice.zero(1..<4)
    #expect(target.contents() == [0, 0, 0, 5, 0, 0, 1, 0, 0, 6])
  }

  @Test func `nothing beyond the slice is touched, though the target goes on`() throws {
    let target = MemoryTarget(byteCount: 10)
    let slice = try TargetSlice(of: target, range: 2..<6)
    #expect(throws: BlockError.outOfBounds(offset: 3, byteCount: 2, size: 4)) {
      try slice.write([1, 2], at: 3)
    }
    #expect(throws: BlockError.outOfBounds(offset: 4, byteCount: 1, size: 4)) { try slice.bytes(1, at: 4) }
    #expect(throws: BlockError.outOfBounds(offset: 0, byteCount: 5, size: 4)) { try slice.zero(0..<5) }
    #expect(target.contents() == [UInt8](repeating: 0, count: 10))
  }

  @Test func `ranges that the target hasn't got are an error`() {
    #expect(throws: BlockError.outOfBounds(offset: 5, byteCount: 6, size: 10)) {
      try TargetSlice(of: MemoryTarget(byteCount: 10), ranges: [0..<10, 5..<11])
    }
    #expect(throws: BlockError.outOfBounds(offset: 0, byteCount: .max, size: .max)) {
      try TargetSlice(of: NullTarget(size: .max), ranges: [0..<UInt64.max, 0..<UInt64.max])
    }
  }

  @Test func `a slice does to its target what a list of positions does`() throws {
    var random = SeededGenerator()
    for _ in 0..<30 {
      let target = MemoryTarget(byteCount: 64)
      // Pieces of the target's bytes in random order; `positions[n]` is where the slice's n-th byte lies.
      var ranges = stride(from: 0, to: 64, by: 8).map { start in
        start..<start + Int.random(in: 0...8, using: &random)
      }
      ranges.shuffle(using: &random)
      let positions = ranges.flatMap(Array.init)
      let slice = try TargetSlice(
        of: target, ranges: ranges.map { UInt64($0.lowerBound)..<UInt64($0.upperBound) })
      #expect(slice.size == UInt64(positions.count))
      var model = [UInt8](repeating: 0, count: 64)
      for _ in 0..<30 {
        let start = Int.random(in: 0...positions.count, using: &random)
        let range = start..<Int.random(in: start...positions.count, using: &random)
        let bytes = Bool.random(using: &random) ? random.bytes(range.count) : nil
        for (index, position) in positions[range].enumerated() { model[position] = bytes?[index] ?? 0 }
        if let bytes {
          try slice.write(bytes, at: UInt64(range.lowerBound))
        } else {
          try slice.zero(UInt64(range.lowerBound)..<UInt64(range.upperBound))
        }
        #expect(target.contents() == model)
        #expect(
          try slice.bytes(range.count, at: UInt64(range.lowerBound)) == positions[range].map { model[$0] })
      }
    }
  }
}

@Suite struct FaultyTargetTests {
  private let memory = MemoryTarget(byteCount: 16)

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `everything is passed on before the n-th write`(fault: FaultyTarget.Fault) throws {
    let target = FaultyTarget(memory, failing: 4, fault: fault)
    try target.write([1, 2, 3, 4], at: 0)
    try target.zero(1..<3)
    try target.flush()
    #expect(try target.bytes(4) == [1, 0, 0, 4])
    #expect(target.writeCount == 3)
    #expect(target.size == 16)
  }

  @Test(arguments: [
    (
      fault: FaultyTarget.Fault.error, left: [0, 0, 0, 0] as [UInt8],
      error: BlockError.system(.write, path: "faulty target", offset: 8, number: 5)
    ),
    (
      .shortWrite, [1, 2, 0, 0],
      .shortTransfer(.write, path: "faulty target", offset: 8, byteCount: 2, of: 4)
    ),
    (.stop, [0, 0, 0, 0], .cancelled),
  ])
  func `the n-th write fails as told, and so does all that follows`(
    fault: FaultyTarget.Fault, left: [UInt8], error: BlockError
  ) throws {
    let target = FaultyTarget(memory, failing: 2, fault: fault)
    try target.write([9], at: 0)
    #expect(throws: error) { try target.write([1, 2, 3, 4], at: 8) }
    #expect(throws: BlockError.self) { try target.write([7], at: 1) }
    #expect(throws: BlockError.self) { try target.zero(0..<1) }
    #expect(throws: BlockError.self) { try target.flush() }
    #expect(memory.contents() == [9, 0, 0, 0, 0, 0, 0, 0] + left + [0, 0, 0, 0])
    #expect(try target.bytes(1) == [9])
    #expect(target.writeCount == 5)
  }

  @Test func `zeroing fails half-way too`() throws {
    try memory.write([1, 2, 3, 4], at: 0)
    let target = FaultyTarget(memory, failing: 1, fault: .shortWrite)
    #expect(
      throws: BlockError.shortTransfer(.zero, path: "faulty target", offset: 0, byteCount: 2, of: 4)
    ) { try target.zero(0..<4) }
    #expect(try target.bytes(4) == [0, 0, 3, 4])
  }
}

@Suite struct BlockErrorTests {
  @Test(arguments: [
    (
      BlockError.system(.write, path: "card.img", offset: 4096, number: 28),
      "card.img: cannot write at byte 4096: No space left on device; make room, or name an output on a larger file system"
    ),
    (
      .system(.create, path: "a/card.img", offset: nil, number: 2),
      "a/card.img: cannot create: No such file or directory; make its directory first, or name another output"
    ),
    (
      .system(.create, path: "/card.img", offset: nil, number: 13),
      "/card.img: cannot create: Permission denied; name an output in a directory that you may write to"
    ),
    (.system(.flush, path: "card.img", offset: nil, number: 5), "card.img: cannot flush: Input/output error"),
    (.system(.read, path: "a", offset: 0, number: 9999), "a: cannot read at byte 0: error 9999"),
    (
      .system(.write, path: "/dev/sdb", offset: 8192, number: 19),
      "/dev/sdb: cannot write at byte 8192: No such device; it is gone: put it back and start anew"
    ),
    (.system(.open, path: "a", offset: nil, number: 6), "a: cannot open: No such device or address"),
    (
      .notARegularFile(path: "/dev/sdb", kind: .blockDevice),
      "/dev/sdb: is a block device, and images are files; cairn write puts a card onto a device"
    ),
    (
      .shortTransfer(.read, path: "card.img", offset: 0, byteCount: 3, of: 512),
      "card.img: read at byte 0 ended after 3 of 512 bytes"
    ),
    (
      .outOfBounds(offset: 9, byteCount: 2, size: 10),
      "2 bytes at 9 lie beyond the end of the target (10 bytes)"
    ),
    (.cancelled, "stopped before the end"),
  ])
  func `an error is one line: where, what, what to do`(error: BlockError, text: String) {
    #expect(error.description == text)
  }
}
