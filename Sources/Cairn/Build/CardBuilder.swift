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
  let content: CardContent
  let overlayFiles: OverlayFiles
  private(set) var bootReader: BootReader
  private(set) var dataReader: DataReader
  let monitor: BuildMonitor

  /// Opens the first input of each partition, reads its first entry and plans the card. No target is needed yet.
  ///
  /// A recipe whose data partition is to be as small as its content has that content read twice.
  ///
  /// - Throws: `noContent` and `noPartition`, `source` for what can't be read, `plan` for what doesn't fit.
  public init(
    _ recipe: Recipe, from content: CardContent, for medium: Medium, monitor: BuildMonitor = BuildMonitor()
  ) throws(BuildError) {
    try content.check(against: recipe)
    let recipe = try content.system.completing(recipe)
    let overlayFiles = try content.system.overlayFiles()
    let wantsScripts = recipe.hasDataPartition && !recipe.system.servicesToFind(for: nil).isEmpty
    let bootReader = try Self.openBoot(content, wantsScripts: wantsScripts, monitor)
    let cached = content.release == nil ? nil : CachedPackages(wantsScripts: wantsScripts)
    let dataReader = try DataReader.open(content, tellingOf: cached, monitor)
    let time = bootReader.time ?? dataReader.firstTime ?? Timestamp(seconds: 0)
    func makePlan(smallestDataSize: UInt64? = nil) throws(BuildError) -> Plan {
      do {
        return try Plan(
          recipe, for: medium, sourceTime: time, holdsRelease: content.release != nil,
          smallestDataSize: smallestDataSize)
      } catch { throw .plan(error) }
    }
    let draft = try makePlan()
    let look = FirstLook(content: content, plan: draft, overlayFiles: overlayFiles, monitor: monitor)
    if case .smallest(let slack) = recipe.dataSize {
      plan = try makePlan(smallestDataSize: look.smallestDataSize(slack: slack))
    } else {
      try look.checkRoom()
      plan = draft
    }
    self.bootReader = bootReader
    self.dataReader = dataReader
    self.content = content
    self.overlayFiles = overlayFiles
    self.monitor = monitor
  }

  /// Writes the whole card. The target's first sector comes last, after a flush of everything else.
  ///
  /// - Parameters:
  ///   - target: as large as the plan's medium; it must read as zero where the medium says so.
  ///   - isDurable: flush before the partition table is written.
  public mutating func build(on target: any BlockTarget, isDurable: Bool) throws(BuildError) -> BuildSummary {
    let ledger = Ledger(target, monitor: monitor.writes)
    let parts = try writeParts(on: ledger)
    monitor.phase = .flushing
    if isDurable { do { try ledger.flush() } catch { throw .target(error) } }
    do { try plan.partitionTable.write(to: ledger) } catch { throw .partitionTable(error) }
    return summary(of: parts, on: ledger)
  }

  /// What came onto a card before its partition table.
  struct Parts {
    let release: Release?
    let boot: BuildSummary.Boot?
    let data: BuildSummary.Data?
  }

  /// Writes all partitions: everything but the target's first sector.
  mutating func writeParts(on ledger: Ledger) throws(BuildError) -> Parts {
    monitor.phase = .boot
    let boot = try writeBootPartition(on: ledger)
    let release = try recognizeRelease()
    monitor.phase = .data
    let data = try writeDataPartition(on: ledger, for: release)
    try writePersistentPartitions(on: ledger)
    return Parts(release: release, boot: boot, data: data)
  }

  func summary(of parts: Parts, on ledger: Ledger) -> BuildSummary {
    BuildSummary(
      plan: plan, release: parts.release, boot: parts.boot, data: parts.data, warnings: warnings,
      ledger: ledger)
  }
}

// What the owner should know.
extension CardBuilder {
  /// Of the content, when all of it has been read. Nothing is known of what is no Alpine system.
  private var warnings: [ContentWarning] {
    guard content.release != nil else { return [] }
    var warnings: [ContentWarning] = []
    if plan.data != nil {
      warnings += bootReader.overlayPaths.map { .overlayOnBootPartition($0) }
      if dataReader.overlayPaths.count > 1 { warnings.append(.severalOverlays(dataReader.overlayPaths)) }
      if let path = dataReader.overlayPath {
        if plan.changesSystem || !overlayFiles.isEmpty { warnings.append(.unusedSettings(overlay: path)) }
      } else {
        warnings += ContentWarning.hiddenFiles(overlayFiles.paths, in: plan)
      }
    }
    if !plan.system.boot.configuration.isEmpty || plan.system.boot.hasSerialConsole,
      bootReader.recognizer?.includesUserConfiguration == false
    {
      warnings.append(.unreadUserConfiguration)
    }
    return warnings
  }
}

extension CardContent {
  /// Throws for content that has no place on the card, and for none at all.
  fileprivate func check(against recipe: Recipe) throws(BuildError) {
    let bootInputs = bootInputs
    if bootInputs.isEmpty, data.isEmpty { throw .noContent }
    if !recipe.hasBootPartition, let input = bootInputs.first { throw .noPartition(for: input.path) }
    if !recipe.hasDataPartition, let path = data.first?.path ?? cache.first { throw .noPartition(for: path) }
    guard release == nil else { return }
    if let path = cache.first { throw .cacheWithoutRelease(path: path) }
    if !recipe.system.boot.isEmpty { throw .noRelease(for: "config, cmdline or serial-console") }
    if recipe.system != SystemSettings() || !system.paths.isEmpty {
      throw .noRelease(for: "what is said of the system, such as its users or packages")
    }
  }
}

// The boot partition.
extension CardBuilder {
  private static func openBoot(
    _ content: CardContent, wantsScripts: Bool, _ monitor: BuildMonitor
  ) throws(BuildError) -> BootReader {
    do { return try BootReader(content, wantsScripts: wantsScripts, monitor: monitor) } catch {
      throw .source(error)
    }
  }

  /// Streams the content into the FAT32 partition.
  private mutating func writeBootPartition(on ledger: Ledger) throws(BuildError) -> BuildSummary.Boot? {
    guard let boot = plan.boot else { return nil }
    let partition = try slice(boot.range, of: ledger)
    var writer: FAT32.VolumeWriter
    do throws(FAT32Error) {
      writer = try FAT32.VolumeWriter(
        formatting: partition, geometry: boot.geometry, label: boot.label,
        volumeID: plan.identifiers.volumeID, time: plan.time)
    } catch { throw .boot(error) }
    bootReader.begin(for: plan)
    do throws(CopyError<BuildError, FAT32Error>) {
      try writer.add(contentsOf: &bootReader)
    } catch {
      switch error {
      case .reading(let error): throw error
      case .writing(let error): throw .boot(error)
      }
    }
    do { try writer.finish() } catch { throw .boot(error) }
    return BuildSummary.Boot(writer)
  }

  /// Nil without a release, and for what is none and was to be taken all the same.
  private func recognizeRelease() throws(BuildError) -> Release? {
    guard let path = content.release, let recognizer = bootReader.recognizer else { return nil }
    do throws(AlpineError) { return try recognizer.recognize() } catch {
      guard content.acceptsAnyRelease else { throw .notARelease(path: path, error) }
      return nil
    }
  }
}

// The data partition.
extension CardBuilder {
  /// Streams the content into the ext4 partition; behind it, where there is a release, packages for the cache and what it
  /// lacks of apkovl and persistent directories.
  private mutating func writeDataPartition(
    on ledger: Ledger, for release: Release?
  ) throws(BuildError) -> BuildSummary.Data? {
    guard let data = plan.data else { return nil }
    let partition = try slice(data.range, of: ledger)
    var writer: Ext4.VolumeWriter
    do { writer = try Ext4.VolumeWriter(formatting: partition, format: data.format) } catch {
      throw .data(error)
    }
    dataReader.begin(at: plan.time)
    do throws(CopyError<ArchiveError, Ext4Error>) {
      try writer.add(contentsOf: &dataReader)
    } catch { throw error.buildError { .data($0) } }
    let system = try addSystemContent(for: release, to: &writer)
    do { try writer.finish() } catch { throw error.buildError(in: data, of: plan) }
    return BuildSummary.Data(
      writer, inputEntryCount: dataReader.entryCount, overlayPath: system?.overlayPath,
      bringsOverlay: dataReader.overlayPath != nil, packages: system?.packages)
  }

  /// Makes the file systems of directories that have a partition to themselves.
  private func writePersistentPartitions(on ledger: Ledger) throws(BuildError) {
    for directory in plan.persistence {
      guard let partition = directory.partition else { continue }
      let slice = try slice(partition.range, of: ledger)
      do throws(Ext4Error) { try directory.makeVolume(on: slice, partition.format) } catch {
        throw .persistentVolume(path: directory.persistence.path, error)
      }
    }
  }

  private func slice(_ range: Range<UInt64>, of ledger: Ledger) throws(BuildError) -> TargetSlice {
    do { return try TargetSlice(of: ledger, range: range) } catch { throw .target(error) }
  }
}

extension Ext4Error {
  /// With sizes that would do, in whole MiB, where that is the matter.
  func buildError(in data: Plan.DataPartitionPlan, of plan: Plan) -> BuildError {
    guard case .contentTooLarge(let needed, let size) = self else { return .data(self) }
    let unit: UInt64 = 1 << 20
    var cardSize = data.range.lowerBound + needed
    if !plan.persistentPartitions.isEmpty {
      // They may grow with the card, each by as much as the data partition.
      let sharerCount = UInt64(plan.persistentPartitions.count) + 1
      cardSize = plan.size + (needed - size + plan.alignment) * sharerCount
    }
    return .dataPartitionTooSmall(
      size: ByteSize(byteCount: size), needed: ByteSize(byteCount: needed.roundedUp(to: unit)),
      cardSize: ByteSize(byteCount: cardSize.roundedUp(to: unit)))
  }
}

extension CopyError where Reading == ArchiveError {
  func buildError(_ writing: (Writing) -> BuildError) -> BuildError {
    switch self {
    case .reading(let error): .source(error)
    case .writing(let error): writing(error)
    }
  }
}
