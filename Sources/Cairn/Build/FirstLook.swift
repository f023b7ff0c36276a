// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import CLinux
internal import Entries
internal import Ext4
internal import Recipes

/// What the data partition's content takes, found out before anything is written: its inputs are read to their ends
/// without their bytes, and the build reads them again.
struct FirstLook {
  let content: CardContent
  /// Of the card, with a data partition of any size.
  let plan: Plan
  let overlayFiles: OverlayFiles
  let monitor: BuildMonitor

  /// Bytes of the smallest volume that holds the content and leaves `slack` bytes free.
  func smallestDataSize(slack: ByteSize) throws(BuildError) -> UInt64? {
    guard let data = plan.data else { return nil }
    if let path = (content.data.map(\.path) + content.cache).first(where: { InputSize(of: $0) == .unknown }) {
      throw .needsSecondReading(path: path)
    }
    let demand = try demand(in: data)
    do { return try data.format.fitted(to: demand, slack: slack.byteCount).size } catch { throw .data(error) }
  }

  /// Throws for a data partition that is too small. Inputs are read for it only where their files, and those that hold
  /// persistent directories, are larger than the partition, which is when it may well be so.
  func checkRoom() throws(BuildError) {
    guard let data = plan.data else { return }
    var size = plan.persistence.reduce(UInt64(0)) { size, directory in
      if case .file(let format) = directory.place { size + format.size } else { size }
    }
    for path in content.data.map(\.path) + content.cache {
      switch InputSize(of: path) {
      case .file(let byteCount):
        // Sparse files may have any size.
        let (sum, isOverflow) = size.addingReportingOverflow(byteCount)
        size = isOverflow ? .max : sum
      case .directory: break
      case .unknown: return
      }
    }
    guard size > data.format.size else { return }
    let demand = try demand(in: data)
    do { try data.format.checkRoom(for: demand) } catch { throw error.buildError(in: data, of: plan) }
  }

  private func demand(in data: Plan.DataPartitionPlan) throws(BuildError) -> Demand {
    monitor.phase = .examining
    var reader = try DataReader.open(content, monitor)
    reader.begin(at: plan.time)
    var measure = VolumeMeasure(for: data.format)
    while let entry = try reader.nextEntry() {
      if monitor.writes.isStopped { throw .target(.cancelled) }
      do { try measure.add(entry) } catch { throw .data(error) }
    }
    if content.release != nil, let overlay = plan.overlay(for: nil, files: overlayFiles) {
      _ = try CachePackages(content, options: overlay.cacheOptionsForMeasuring, monitor: monitor)
        .add(to: &measure, wantsScripts: false)
      _ = try AlpineContent(overlay, of: plan).add(to: &measure, besideOverlayAt: reader.overlayPath)
    }
    do { try measure.finish() } catch { throw .data(error) }
    return measure.demand
  }
}

/// How much an input may bring, as far as its name shows.
enum InputSize: Equatable {
  case file(byteCount: UInt64)
  case directory
  /// It can't be read a second time, or is not there.
  case unknown

  init(of path: String) {
    var status = stat()
    let isThere = unsafe stat(path, &status) == 0
    switch isThere ? status.st_mode & mode_t(S_IFMT) : 0 {
    case mode_t(S_IFREG): self = .file(byteCount: UInt64(max(0, status.st_size)))
    case mode_t(S_IFDIR): self = .directory
    default: self = .unknown
    }
  }
}

extension DataReader {
  static func open(
    _ content: CardContent, tellingOf cached: CachedPackages? = nil, _ monitor: BuildMonitor
  ) throws(BuildError) -> DataReader {
    do { return try DataReader(content, tellingOf: cached, monitor: monitor) } catch { throw .source(error) }
  }

  fileprivate mutating func nextEntry() throws(BuildError) -> Entry? {
    do { return try next() } catch { throw .source(error) }
  }
}
