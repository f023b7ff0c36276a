// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
public import Blocks
internal import Entries
internal import Ext4
internal import FAT32
internal import PartitionTable
public import Recipes

/// Puts a card together on a target, in one pass over its content: boot partition, data partition, and the partition
/// table last.
///
/// ```swift
/// var builder = try CardBuilder(recipe, from: CardContent(release: "alpine-rpi.tar.gz"), for: .file(byteCount: 2 << 30))
/// let image = try ImageFile(path: "card.img", size: builder.plan.size)
/// let summary = try builder.build(on: image, isDurable: true)
/// try image.commit(isDurable: true)
/// ```
public struct CardBuilder: ~Copyable {
  public let plan: Plan
  private let content: CardContent
  private var source: ContentReader
  private let monitor: BuildMonitor

  /// Opens the first input, reads its first entry and plans the card. No target is needed yet.
  ///
  /// - Throws: `noContent`, `source` for what can't be read, `plan` for what doesn't fit.
  public init(
    _ recipe: Recipe, from content: CardContent, for medium: Medium, monitor: BuildMonitor = BuildMonitor()
  ) throws(BuildError) {
    let reader: ContentReader?
    do { reader = try ContentReader.open(content, monitor: monitor) } catch { throw .source(error) }
    guard let reader else { throw .noContent }
    do {
      plan = try Plan(recipe, for: medium, sourceTime: reader.time, holdsRelease: content.release != nil)
    } catch { throw .plan(error) }
    source = reader
    self.content = content
    self.monitor = monitor
  }

  /// Writes the whole card. The target's first sector comes last, after a flush of everything else.
  ///
  /// - Parameters:
  ///   - target: as large as the plan's medium; it must read as zero where the medium says so.
  ///   - isDurable: flush before the partition table is written.
  public mutating func build(on target: any BlockTarget, isDurable: Bool) throws(BuildError) -> BuildSummary {
    let ledger = Ledger(target, monitor: monitor.writes)
    monitor.phase = .boot
    let boot = try writeBootPartition(on: ledger)
    let release = try recognizeRelease()
    monitor.phase = .data
    let data = try writeDataPartition(on: ledger, for: release)
    monitor.phase = .flushing
    if isDurable { do { try ledger.flush() } catch { throw .target(error) } }
    do { try plan.partitionTable.write(to: ledger) } catch { throw .partitionTable(error) }
    return BuildSummary(
      plan: plan, release: release, hasOverlay: content.release != nil && data != nil, boot: boot, data: data,
      ledger: ledger)
  }
}

extension CardBuilder {
  /// Streams the content into the FAT32 partition.
  private mutating func writeBootPartition(on ledger: Ledger) throws(BuildError) -> BuildSummary.Boot {
    let partition = try slice(plan.boot.range, of: ledger)
    var writer: FAT32.VolumeWriter
    do throws(FAT32Error) {
      writer = try FAT32.VolumeWriter(
        formatting: partition, geometry: plan.boot.geometry, label: plan.boot.label,
        volumeID: plan.identifiers.volumeID, time: plan.time)
    } catch { throw .boot(error) }
    do throws(CopyError<ArchiveError, FAT32Error>) {
      try writer.add(contentsOf: &source)
    } catch { throw error.buildError }
    do { try writer.finish() } catch { throw .boot(error) }
    return BuildSummary.Boot(writer)
  }

  /// Nil without a release, and for what is none and was to be taken all the same.
  private func recognizeRelease() throws(BuildError) -> Release? {
    guard let path = content.release, let recognizer = source.recognizer else { return nil }
    do throws(AlpineError) { return try recognizer.recognize() } catch {
      guard content.acceptsAnyRelease else { throw .notARelease(path: path, error) }
      return nil
    }
  }

  /// Makes the ext4 partition: with the apkovl, the cache and the persistent directories where there is a release.
  private func writeDataPartition(
    on ledger: Ledger, for release: Release?
  ) throws(BuildError) -> BuildSummary.Data? {
    guard let data = plan.data else { return nil }
    let partition = try slice(data.range, of: ledger)
    let alpine = try alpineContent(for: release)
    do throws(Ext4Error) {
      var writer = try Ext4.VolumeWriter(formatting: partition, format: data.format)
      try alpine?.write(to: &writer)
      try writer.finish()
      return BuildSummary.Data(writer)
    } catch { throw .data(error) }
  }

  private func alpineContent(for release: Release?) throws(BuildError) -> DataPartition? {
    guard content.release != nil, let overlay = plan.overlay(for: release) else { return nil }
    do { return try DataPartition(overlay) } catch { throw .overlay(error) }
  }

  private func slice(_ range: Range<UInt64>, of ledger: Ledger) throws(BuildError) -> TargetSlice {
    do { return try TargetSlice(of: ledger, range: range) } catch { throw .target(error) }
  }
}

extension CopyError<ArchiveError, FAT32Error> {
  fileprivate var buildError: BuildError {
    switch self {
    case .reading(let error): .source(error)
    case .writing(let error): .boot(error)
    }
  }
}
