// SPDX-License-Identifier: Apache-2.0
internal import Archive
internal import Blocks

/// A file written from its first byte to its last, of a size that shows in the end; unnamed until it is whole.
final class ImageStream: ByteSink {
  private let image: ImageFile
  private var writer: SequentialWriter
  private let isDurable: Bool

  /// How much the file grows at a time before it is cut to its size.
  private static let growth: UInt64 = 64 << 20

  init(path: String, isDurable: Bool, monitor: BuildMonitor) throws(BlockError) {
    image = try ImageFile(path: path, size: 0)
    monitor.watch(image)
    writer = SequentialWriter(to: Ledger(image, monitor: monitor.writes), at: 0)
    self.isDurable = isDurable
  }

  func write(_ bytes: RawSpan) throws(ArchiveError) {
    do throws(BlockError) {
      let end = writer.offset + UInt64(bytes.byteCount)
      if end > image.size { try image.resize(to: end.roundedUp(to: Self.growth)) }
      try writer.append(bytes)
    } catch { throw .sink(SinkError(error)) }
  }

  /// Gives the file its size and its name.
  func finish() throws(ArchiveError) {
    do throws(BlockError) {
      try writer.flushBuffer()
      try image.resize(to: writer.offset)
      try image.commit(isDurable: isDurable)
    } catch { throw .sink(SinkError(error)) }
  }
}
