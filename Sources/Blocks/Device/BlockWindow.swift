// SPDX-License-Identifier: Apache-2.0

/// Where the pieces of a stretch of the device come together until they are written, with a note of which
/// bytes are there.
final class BlockWindow {
  private var memory: AlignedBuffer
  /// What the window holds of the device.
  private(set) var range: Range<UInt64> = 0..<0
  /// The bytes that have come, as offsets in the device.
  private(set) var filled = ExtentSet()

  init(byteCount: Int) { memory = AlignedBuffer(byteCount: byteCount) }

  /// Empties the window for another stretch.
  func begin(_ range: Range<UInt64>) {
    self.range = range
    filled = ExtentSet()
  }

  var isFull: Bool { filled.ranges == [range] }

  func store(_ bytes: RawSpan, at offset: UInt64) {
    memory.store(bytes, at: position(offset))
    filled.insert(offset..<offset + UInt64(bytes.byteCount))
  }

  func zero(_ part: Range<UInt64>) {
    memory.zero(positions(part))
    filled.insert(part)
  }

  /// Takes of `block`, whose bytes are the first ones of `buffer`, what the window has not got.
  func complete(_ block: Range<UInt64>, with buffer: borrowing AlignedBuffer) {
    for gap in filled.complement(in: block).ranges {
      let start = Int(gap.lowerBound - block.lowerBound)
      store(buffer.bytes.extracting(start..<start + gap.count), at: gap.lowerBound)
    }
  }

  /// Puts what has come over `bytes`, which were read at `offset`.
  func overlay(_ bytes: inout MutableRawSpan, at offset: UInt64) {
    for part in filled.ranges(within: offset..<offset + UInt64(bytes.byteCount)) {
      bytes.store(memory.bytes.extracting(positions(part)), at: Int(part.lowerBound - offset))
    }
  }

  /// A copy of `part`.
  func bytes(_ part: Range<UInt64>) -> [UInt8] { memory.copy(positions(part)) }

  private func position(_ offset: UInt64) -> Int { Int(offset - range.lowerBound) }

  private func positions(_ part: Range<UInt64>) -> Range<Int> {
    position(part.lowerBound)..<position(part.upperBound)
  }
}

// What there is of whole blocks, and of others.
extension BlockWindow {
  /// Whole blocks that are there, as long runs as there are.
  func wholeRuns(blockSize: Int) -> [Range<UInt64>] {
    let unit = UInt64(blockSize)
    return filled.ranges.compactMap { part in
      let start = part.lowerBound.roundedUp(to: unit)
      let end = part.upperBound.roundedDown(to: unit)
      return start < end ? start..<end : nil
    }
  }

  /// Blocks of which some bytes are there, but not all, ascending.
  func partialBlocks(blockSize: Int) -> [Range<UInt64>] {
    let unit = UInt64(blockSize)
    var starts: [UInt64] = []
    for end in filled.ranges.flatMap({ [$0.lowerBound, $0.upperBound] }) where end % unit != 0 {
      let start = end.roundedDown(to: unit)
      if starts.last != start { starts.append(start) }
    }
    return starts.map { $0..<$0 + unit }
  }
}

// System calls on the window's memory, by the thread that has it.
extension BlockWindow {
  func write(_ part: Range<UInt64>, by calls: any DeviceCalls) -> BlockError? {
    memory.write(positions(part), to: part.lowerBound, by: calls)
  }

  /// Fills `part` from the device.
  func read(_ part: Range<UInt64>, by calls: any DeviceCalls) -> BlockError? {
    if let error = memory.fill(positions(part), from: part.lowerBound, by: calls) { return error }
    filled.insert(part)
    return nil
  }
}
