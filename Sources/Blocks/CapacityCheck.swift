// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Finds out what a device holds by filling all of it and reading it back: what no sample can promise, and it takes as
/// long as the device takes. What was on it is lost.
///
/// ```swift
/// var check = CapacityCheck(of: device, seed: .random(in: 0 ... .max))
/// try check.fill(device)
/// try check.compare(device)
/// ```
public struct CapacityCheck: Equatable, Sendable {
  /// Bytes that are filled: the device's, in whole sectors.
  public let byteCount: UInt64
  /// Bytes that hold what was written to them.
  public private(set) var goodByteCount: UInt64 = 0
  /// The first that don't.
  public private(set) var firstBadOffset: UInt64?
  /// Where the device has refused to take more.
  public private(set) var refusedOffset: UInt64?
  /// What all distances between sectors and those in their place are multiples of: the real size of a device that
  /// wraps round. Nil where no sector is in another's place.
  public private(set) var wrapSize: UInt64?

  private let seed: UInt64

  /// Bytes that are written or read in one go.
  private static let pieceSize: UInt64 = 1 << 20
  /// Reads that are asked for ahead of the one that is compared.
  private static let readAheadCount: UInt64 = 2

  /// - Parameter seed: makes the content differ from that of an earlier check.
  public init(of target: any BlockTarget, seed: UInt64) {
    byteCount = target.size.roundedDown(to: UInt64(SectorMarks.sectorSize))
    self.seed = seed
  }

  /// Whether all that was filled holds what was written.
  public var isHonest: Bool { firstBadOffset == nil && refusedOffset == nil }

  /// Writes to each sector what belongs there alone, ascending.
  ///
  /// - Throws: what the target says, but for a write that the medium refuses, which ends the filling.
  public mutating func fill(_ target: any BlockTarget) throws(BlockError) {
    let marks = SectorMarks(seed: seed)
    do throws(BlockError) {
      for piece in pieces(upTo: byteCount) {
        let bytes = marks.bytes(at: piece.lowerBound, piece.count)
        try unsafe target.write(bytes.span.bytes, at: piece.lowerBound)
      }
      try target.flush()
    } catch {
      guard let offset = Self.refusedOffset(error) else { throw error }
      refusedOffset = offset.roundedDown(to: UInt64(SectorMarks.sectorSize))
      // A device target takes nothing more after an error, and gives nothing.
      (target as? DeviceTarget)?.resume()
    }
  }

  /// Reads all of it back.
  ///
  /// - Parameter monitor: counts, and stops.
  /// - Throws: `cancelled` after a stop; what the target says, but for media errors, which are findings.
  public mutating func compare(
    _ target: any BlockTarget, monitor: WriteMonitor = WriteMonitor()
  ) throws(BlockError) {
    let end = refusedOffset ?? byteCount
    let ahead = target as? any ReadAheadTarget
    var buffer = AlignedBuffer(byteCount: Int(Self.pieceSize))
    for piece in pieces(upTo: end) {
      if monitor.isStopped { throw .cancelled }
      let later = piece.lowerBound + Self.readAheadCount * Self.pieceSize
      if later < end { ahead?.readAhead(later..<min(end, later + Self.pieceSize)) }
      var all = buffer.mutableBytes
      var bytes = all._mutatingExtracting(first: piece.count)
      do throws(BlockError) {
        try target.read(into: &bytes, at: piece.lowerBound)
        take(bytes.bytes, of: piece)
      } catch {
        guard error.isMediumError else { throw error }
        noteBad(piece.lowerBound)
      }
      monitor.count(verified: UInt64(piece.count))
    }
    if let refusedOffset { noteBad(refusedOffset) }
  }
}

extension CapacityCheck {
  private func pieces(upTo end: UInt64) -> [Range<UInt64>] {
    stride(from: 0, to: end, by: UInt64.Stride(Self.pieceSize)).map { $0..<min(end, $0 + Self.pieceSize) }
  }

  private mutating func take(_ bytes: RawSpan, of piece: Range<UInt64>) {
    let marks = SectorMarks(seed: seed)
    let expected = marks.bytes(at: piece.lowerBound, piece.count)
    if unsafe bytes.firstDifference(from: expected.span.bytes) == nil {
      goodByteCount += UInt64(piece.count)
      return
    }
    for start in stride(from: 0, to: piece.count, by: SectorMarks.sectorSize) {
      let sector = bytes.copy(start..<start + SectorMarks.sectorSize)
      let place = piece.lowerBound + UInt64(start)
      switch marks.place(of: sector[...]) {
      case place: goodByteCount += UInt64(SectorMarks.sectorSize)
      case let other:
        noteBad(place)
        if let other { noteDistance(max(place, other) - min(place, other)) }
      }
    }
  }

  private mutating func noteBad(_ offset: UInt64) {
    firstBadOffset = min(firstBadOffset ?? offset, offset)
  }

  private mutating func noteDistance(_ distance: UInt64) {
    var (first, second) = (wrapSize ?? 0, distance)
    while second != 0 { (first, second) = (second, first % second) }
    wrapSize = first
  }

  /// Where a write has failed for what the medium is; nil where the device itself is the reason, or a stop.
  private static func refusedOffset(_ error: BlockError) -> UInt64? {
    switch error {
    case .system(.write, _, let offset?, EIO), .system(.write, _, let offset?, ENOSPC),
      .system(.write, _, let offset?, EREMOTEIO), .system(.write, _, let offset?, EILSEQ),
      .shortTransfer(.write, _, let offset, _, _):
      offset
    default: nil
    }
  }
}
