// SPDX-License-Identifier: Apache-2.0

/// What a target holds, read back and compared with what a ledger says went there: checksums of what was
/// written, and zeros.
public struct Verification: Sendable {
  /// What isn't as it was written, whole pieces of the checksum map where a checksum tells it, blocks of 512
  /// bytes where zeros do; and what can't be read.
  public private(set) var badRanges = ExtentSet()
  /// What of them the target fails to read.
  public private(set) var unreadableRanges = ExtentSet()
  /// Bytes read back and compared.
  public private(set) var checkedByteCount: UInt64 = 0
  /// Bytes that were written and for which the ledger has no checksum: overwritten in part.
  public private(set) var uncheckedByteCount: UInt64 = 0

  private let checksums: ChecksumMap
  private let zeroed: ExtentSet

  /// Blocks that a bad zero is told by.
  private static let blockSize: UInt64 = 512
  /// Reads that are asked for ahead of the one that is compared.
  private static let readAheadCount = 2

  /// Flushes the target and reads back, ascending, all that the ledger knows.
  ///
  /// - Parameters:
  ///   - ledger: one that keeps checksums; one that doesn't has its zeros compared alone.
  ///   - target: what the ledger wrote to.
  ///   - ranges: where only what lies in the same pieces is to be looked at: to see whether a second try has
  ///     helped.
  ///   - monitor: counts, and stops.
  /// - Throws: `cancelled` after a stop; what the target says, but for media errors, which are findings.
  public init(
    of target: any BlockTarget, against ledger: Ledger, within ranges: ExtentSet? = nil,
    monitor: WriteMonitor = WriteMonitor()
  ) throws(BlockError) {
    checksums = ledger.checksums ?? ChecksumMap()
    zeroed = ledger.zeroed
    uncheckedByteCount =
      ledger.written.byteCount - checksums.pieces.reduce(0) { $0 + UInt64($1.byteCount) }
    try target.flush()
    try check(Self.reads(of: ledger, within: ranges), on: target, monitor)
  }

  public var isClean: Bool { badRanges.ranges.isEmpty }

  /// Where the first bad range begins; nil where all is well.
  public var firstBadOffset: UInt64? { badRanges.ranges.first?.lowerBound }
}

extension Verification {
  /// What is read in one go: whatever lies together between two multiples of the size of a piece.
  private static func reads(of ledger: Ledger, within ranges: ExtentSet?) -> [Range<UInt64>] {
    var touched = ledger.written
    for range in ledger.zeroed.ranges { touched.insert(range) }
    var reads: [Range<UInt64>] = []
    for range in touched.ranges {
      var start = range.lowerBound
      while start < range.upperBound {
        let end = min(range.upperBound, start.roundedDown(to: ChecksumMap.pieceSize) + ChecksumMap.pieceSize)
        reads.append(start..<end)
        start = end
      }
    }
    return reads.filter { read in ranges.map { $0.overlap(with: read) > 0 } ?? true }
  }

  private mutating func check(
    _ reads: [Range<UInt64>], on target: any BlockTarget, _ monitor: WriteMonitor
  ) throws(BlockError) {
    let ahead = target as? any ReadAheadTarget
    var buffer = AlignedBuffer(byteCount: Int(ChecksumMap.pieceSize))
    for read in reads.prefix(Self.readAheadCount) { ahead?.readAhead(read) }
    for (index, read) in reads.enumerated() {
      if monitor.isStopped { throw .cancelled }
      var all = buffer.mutableBytes
      var bytes = all._mutatingExtracting(first: read.count)
      let isReadable = try fill(&bytes, from: target, read)
      if index + Self.readAheadCount < reads.count { ahead?.readAhead(reads[index + Self.readAheadCount]) }
      if isReadable { compare(bytes.bytes, read) }
      monitor.count(verified: UInt64(read.count))
    }
  }

  /// False where the medium can't be read; then all of `read` is bad.
  private mutating func fill(
    _ bytes: inout MutableRawSpan, from target: any BlockTarget, _ read: Range<UInt64>
  ) throws(BlockError) -> Bool {
    do throws(BlockError) {
      try target.read(into: &bytes, at: read.lowerBound)
      return true
    } catch {
      guard error.isMediumError else { throw error }
      unreadableRanges.insert(read)
      badRanges.insert(read)
      return false
    }
  }

  private mutating func compare(_ bytes: RawSpan, _ read: Range<UInt64>) {
    var index = checksums.index(endingAfter: read.lowerBound)
    while index < checksums.pieces.count, checksums.pieces[index].offset < read.upperBound {
      let piece = checksums.pieces[index]
      let start = Int(piece.offset - read.lowerBound)
      let part = bytes.extracting(start..<start + Int(piece.byteCount))
      if CRC32C.checksum(part) != piece.checksum { badRanges.insert(piece.range) }
      checkedByteCount += UInt64(piece.byteCount)
      index += 1
    }
    for zeros in zeroed.ranges(within: read) {
      let start = Int(zeros.lowerBound - read.lowerBound)
      let part = bytes.extracting(start..<start + zeros.count)
      if !part.isZero { findNonzeroBlocks(part, zeros) }
      checkedByteCount += UInt64(zeros.count)
    }
  }

  private mutating func findNonzeroBlocks(_ bytes: RawSpan, _ zeros: Range<UInt64>) {
    var start = zeros.lowerBound
    while start < zeros.upperBound {
      let end = min(zeros.upperBound, start.roundedDown(to: Self.blockSize) + Self.blockSize)
      let position = Int(start - zeros.lowerBound)
      if !bytes.extracting(position..<position + Int(end - start)).isZero { badRanges.insert(start..<end) }
      start = end
    }
  }
}
