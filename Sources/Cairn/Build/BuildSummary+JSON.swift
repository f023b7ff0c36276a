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
  public func json(output: String?, elapsed: Duration) throws -> Foundation.Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(Report(self, output: output, elapsed: elapsed)) + Foundation.Data("\n".utf8)
  }
}

/// The shape of the JSON. A key that goes or changes its meaning raises `schema`.
private struct Report: Encodable {
  var schema = 1
  let plan: PlanReport
  let release: ReleaseReport?
  let result: ResultReport?

  init(_ summary: BuildSummary, output: String?, elapsed: Duration) {
    plan = PlanReport(summary.plan)
    release = summary.release.map(ReleaseReport.init)
    result = output.map { ResultReport(summary, output: $0, elapsed: elapsed) }
  }
}

private struct PlanReport: Encodable {
  let size, alignment: UInt64
  let epoch: Int64
  let hostname, diskSignature: String
  let partitions: [PartitionReport]

  init(_ plan: Plan) {
    size = plan.size
    alignment = plan.alignment
    epoch = plan.time.seconds
    hostname = "\(plan.hostname)"
    diskSignature = hexadecimal(plan.identifiers.diskSignature)
    let boot = PartitionReport(
      number: 1, range: plan.boot.range, type: .fat32LBA, active: true, fileSystem: "fat32",
      label: plan.boot.label.text, identifier: hexadecimal(plan.identifiers.volumeID),
      unit: plan.boot.geometry.clusterSize)
    let data = plan.data.map { data in
      PartitionReport(
        number: 2, range: data.range, type: .linux, active: false, fileSystem: "ext4",
        label: data.format.label.text,
        identifier: "\(plan.identifiers.dataUUID)", unit: Ext4.Format.blockSize)
    }
    partitions = [boot] + (data.map { [$0] } ?? [])
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

  init(
    number: Int, range: Range<UInt64>, type: PartitionType, active: Bool, fileSystem: String, label: String,
    identifier: String, unit: UInt64
  ) {
    self.number = number
    start = range.lowerBound
    size = range.upperBound - range.lowerBound
    self.type = "0x" + String(type.rawValue, radix: 16, uppercase: true)
    self.active = active
    self.fileSystem = fileSystem
    self.label = label
    self.identifier = identifier
    self.unit = unit
  }
}

private struct ReleaseReport: Encodable {
  let version, architecture: String
  let models: [String]

  init(_ release: Release) {
    version = release.version
    architecture = "\(release.architecture)"
    models = release.models.map(\.rawValue)
  }
}

private struct ResultReport: Encodable {
  let output: String
  let seconds: Double
  let writtenBytes, zeroedBytes: UInt64
  let writes, files, directories: Int

  init(_ summary: BuildSummary, output: String, elapsed: Duration) {
    self.output = output
    seconds = (elapsed / .milliseconds(1)).rounded() / 1000
    writtenBytes = summary.writtenByteCount
    zeroedBytes = summary.zeroedByteCount
    writes = summary.writeCount
    files = summary.boot.fileCount
    directories = summary.boot.directoryCount
  }
}

/// "0x4341524e": eight digits.
private func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
