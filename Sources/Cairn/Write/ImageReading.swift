// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import PartitionTable
internal import Recipes

/// What came from an image.
public struct ImageSummary: Equatable, Sendable {
  /// Bytes of the image.
  public let size: UInt64
  /// Bytes of the device behind the image's end: they keep what they held.
  public let unusedByteCount: UInt64
  /// Bytes written to the device.
  public let writtenByteCount: UInt64
  /// Bytes of the image's holes.
  public let zeroedByteCount: UInt64
}

/// An image that is copied as it stands, its holes as zeros.
final class ImageReading: SourceReading {
  private let path: String
  private let image: ReadOnlyFile
  private let dataRanges: [Range<UInt64>]
  private let monitor: BuildMonitor
  private var buffer = AlignedBuffer(byteCount: pieceSize)

  /// Bytes of a read and a write.
  private static let pieceSize = 1 << 20

  /// - Parameter size: of the device, in bytes.
  init(path: String, size: UInt64, monitor: BuildMonitor) throws(WriteError) {
    self.path = path
    self.monitor = monitor
    do throws(BlockError) {
      image = try ReadOnlyFile(path: path)
      dataRanges = try image.dataRanges()
    } catch { throw .image(error) }
    guard image.size >= MasterBootRecord.sectorSize else { throw .notAnImage(path: path, .tooShort) }
    guard image.size <= size else {
      throw .cardTooSmall(size: ByteSize(byteCount: size), needed: ByteSize(byteCount: image.size))
    }
    if let compression = try ImageCompression(of: image) {
      throw .notAnImage(path: path, .compressed(compression))
    }
  }

  var partitions: [Int: Range<UInt64>] { (try? MasterBootRecord(reading: image))?.ranges ?? [:] }

  func writeContent(on ledger: Ledger) throws(WriteError) {
    monitor.phase = .image
    var position = MasterBootRecord.sectorSize
    for range in dataRanges where range.upperBound > position {
      let start = max(position, range.lowerBound)
      try zero(position..<start, on: ledger)
      try copy(start..<range.upperBound, to: ledger)
      position = range.upperBound
    }
    try zero(position..<image.size, on: ledger)
  }

  func writeFirstSector(on ledger: Ledger) throws(WriteError) {
    try copy(0..<MasterBootRecord.sectorSize, to: ledger)
  }

  func summary(on ledger: Ledger) -> CardSummary {
    .copied(
      ImageSummary(
        size: image.size, unusedByteCount: ledger.size - image.size,
        writtenByteCount: ledger.written.byteCount, zeroedByteCount: ledger.zeroed.byteCount))
  }
}

extension ImageReading {
  private func zero(_ range: Range<UInt64>, on ledger: Ledger) throws(WriteError) {
    guard !range.isEmpty else { return }
    do { try ledger.zero(range) } catch { throw .target(error) }
  }

  /// In pieces that end at multiples of their size.
  private func copy(_ range: Range<UInt64>, to ledger: Ledger) throws(WriteError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let end = min((position + 1).roundedUp(to: UInt64(Self.pieceSize)), range.upperBound)
      let count = Int(end - position)
      try Self.copy(count, at: position, from: image, to: ledger, by: &buffer)
      position = end
    }
  }

  private static func copy(
    _ count: Int, at offset: UInt64, from image: ReadOnlyFile, to ledger: Ledger,
    by buffer: inout AlignedBuffer
  ) throws(WriteError) {
    do throws(BlockError) {
      var all = buffer.mutableBytes
      var piece = all._mutatingExtracting(first: count)
      try image.read(into: &piece, at: offset)
    } catch { throw .image(error) }
    do { try ledger.write(buffer.bytes.extracting(first: count), at: offset) } catch { throw .target(error) }
  }
}
