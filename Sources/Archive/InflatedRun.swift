// SPDX-License-Identifier: Apache-2.0

/// A part of a gzip file, inflated, and the state in which to go on behind it.
@safe
final class InflatedRun {
  /// Offset in the file of the block that it begins with.
  private(set) var start: UInt64 = 0
  /// Offset in the file of the first byte that was not taken.
  private(set) var end: UInt64 = 0
  /// What it takes to come before it, uncompressed.
  private(set) var window: [UInt8] = []
  var state = InflateState()
  private var byteCount = 0
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: largestByteCount, alignment: 4096)
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 4096)

  private static let largestByteCount = 1 << 20
  /// Bytes that are read, and inflated, at a time: `isEnough` is asked so often.
  private static let pieceByteCount = 128 << 10

  deinit {
    unsafe memory.deallocate()
    unsafe input.deallocate()
  }

  /// Uncompressed.
  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<byteCount]) }

  /// Inflates from the block at `start` on until there is no more room.
  ///
  /// Returns false where the run is of no use: where the bytes are damaged, or the member's last block has begun.
  func inflate(
    _ file: ArchiveFile, from start: UInt64, behind window: [UInt8], until isEnough: () -> Bool
  ) -> Bool {
    self.start = start
    self.window = window
    end = start
    byteCount = 0
    state.begin(behind: window)
    var unread = 0..<0
    while unsafe byteCount < memory.count, !isEnough() {
      if unread.isEmpty { unread = 0..<(unsafe file.read(into: input, at: end)) }
      let room = unsafe memory[byteCount...].prefix(Self.pieceByteCount)
      let step = unsafe state.inflate(
        UnsafeRawBufferPointer(rebasing: input[unread]), into: UnsafeMutableRawBufferPointer(rebasing: room))
      unread = unread.lowerBound + step.consumed..<unread.upperBound
      end += UInt64(step.consumed)
      byteCount += step.produced
      if step.problem != nil || state.isInLastBlock || step.consumed == 0 && step.produced == 0 {
        return false
      }
    }
    return true
  }
}
