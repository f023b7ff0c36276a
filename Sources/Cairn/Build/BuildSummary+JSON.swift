// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Ext4
public import Foundation
internal import PartitionTable

extension BuildSummary {
  /// Plan and result for scripts: one JSON object, keys sorted. Sizes and offsets are in bytes, times in seconds.
  ///
  /// - Parameters:
  ///   - output: the image; nil after a rehearsal, which leaves `result` out.
  ///   - elapsed: wall time.
  public func json(
    output: String?, elapsed: Duration, statistics: BuildStatistics? = nil
  ) throws -> Foundation.Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var report = Report(self, output: output, elapsed: elapsed)
    report.statistics = statistics.map(StatisticsReport.init)
    return try encoder.encode(report) + Foundation.Data("\n".utf8)
  }
}

/// The shape of the JSON. A key that goes or changes its meaning raises `schema`.
private struct Report: Encodable {
  var schema = 1
  let plan: PlanReport
  let release: ReleaseReport?
  /// Of the content; the plan's are in it.
  let warnings: [String]
  let result: ResultReport?
  var statistics: StatisticsReport?

  init(_ summary: BuildSummary, output: String?, elapsed: Duration) {
    plan = PlanReport(summary.plan)
    release = summary.release.map(ReleaseReport.init)
    warnings = summary.warnings.map(\.description)
    result = output.map { ResultReport(summary, output: $0, elapsed: elapsed) }
  }
}

struct PlanReport: Encodable {
  let size, alignment: UInt64
  let epoch: Int64
  let hostname, diskSignature: String
  private let partitions: [PartitionReport]
  private let persistence: [PersistenceReport]
  let warnings: [String]

  init(_ plan: Plan) {
    size = plan.size
    alignment = plan.alignment
    epoch = plan.time.seconds
    hostname = "\(plan.hostname)"
    diskSignature = hexadecimal(plan.identifiers.diskSignature)
    let volumes = (plan.data.map { [$0] } ?? []) + plan.persistentPartitions
    partitions =
      (plan.boot.map { [PartitionReport($0, plan)] } ?? []) + volumes.map { PartitionReport($0) }
    persistence = plan.persistence.map(PersistenceReport.init)
    warnings = plan.warnings.map(\.description)
  }
}

private struct PersistenceReport: Encodable {
  let path, strategy: String
  /// Where it lies on the data partition; nil for one that has a partition to itself.
  let dataPath: String?
  let partition: Int?
  /// Of its own file system.
  let size: UInt64?
  let identifier: String?

  init(_ directory: PersistentDirectory) {
    path = "/\(directory.persistence.path)"
    strategy = directory.persistence.strategy.rawValue
    dataPath = directory.persistence.dataPath?.description
    partition = directory.partition?.number
    size = directory.format?.size
    identifier = directory.format.map { "\($0.uuid)" }
  }
}

private struct PartitionReport: Encodable {
  let number: Int
  let start, size: UInt64
  let type: String
  let active: Bool
  let fileSystem, label, identifier: String
  /// Bytes of a cluster or a block.
  let unit: UInt64

  init(_ boot: Plan.BootPartition, _ plan: Plan) {
    number = 1
    start = boot.range.lowerBound
    size = boot.range.upperBound - start
    type = Self.text(of: .fat32LBA)
    active = true
    fileSystem = "fat32"
    label = boot.label.text
    identifier = hexadecimal(plan.identifiers.volumeID)
    unit = boot.geometry.clusterSize
  }

  init(_ data: Plan.DataPartitionPlan) {
    number = data.number
    start = data.range.lowerBound
    size = data.range.upperBound - start
    type = Self.text(of: .linux)
    active = false
    fileSystem = "ext4"
    label = data.format.label.text
    identifier = "\(data.format.uuid)"
    unit = Ext4.Format.blockSize
  }

  private static func text(of type: PartitionType) -> String {
    "0x" + String(type.rawValue, radix: 16, uppercase: true)
  }
}

struct ReleaseReport: Encodable {
  let name, version, architecture: String
  let models: [String]
  let packages: Int

  init(_ release: Release) {
    name = release.name
    version = release.version
    architecture = "\(release.architecture)"
    models = release.models.map(\.rawValue)
    packages = release.packageCount
  }
}

private struct ResultReport: Encodable {
  let output: String
  let seconds: Double
  let writtenBytes, zeroedBytes: UInt64
  let writes: Int
  let boot: BootReport?
  let data: DataReport?

  init(_ summary: BuildSummary, output: String, elapsed: Duration) {
    self.output = output
    seconds = (elapsed / .milliseconds(1)).rounded() / 1000
    writtenBytes = summary.writtenByteCount
    zeroedBytes = summary.zeroedByteCount
    writes = summary.writeCount
    boot = summary.boot.map(BootReport.init)
    data = summary.data.map(DataReport.init)
  }
}

private struct BootReport: Encodable {
  let files, directories: Int
  let usedBytes: UInt64

  init(_ boot: BuildSummary.Boot) {
    files = boot.fileCount
    directories = boot.directoryCount
    usedBytes = boot.usedByteCount
  }
}

private struct DataReport: Encodable {
  let inodes: UInt32
  let usedBytes: UInt64
  let overlay: String?
  let packages: PackagesReport?

  init(_ data: BuildSummary.Data) {
    inodes = data.usedInodeCount
    usedBytes = data.usedBlockCount * Ext4.Format.blockSize
    overlay = data.overlayPath?.description
    packages = data.packages.map(PackagesReport.init)
  }
}

private struct PackagesReport: Encodable {
  /// Packages in apk's cache.
  let cached: Int
  /// What the first boot has to fetch.
  let missing: [String]
  let warnings: [String]

  init(_ packages: BuildSummary.Packages) {
    cached = packages.cachedCount
    missing = packages.missing.map { "\($0.dependency)" }
    warnings = packages.warnings
  }
}

/// "0x4341524e": eight digits.
private func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
