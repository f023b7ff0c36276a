// SPDX-License-Identifier: Apache-2.0
public import Devices
public import Foundation

extension CardSummary {
  /// Card, plan and result for scripts: one JSON object, keys sorted. Sizes and offsets are in bytes, times in seconds.
  ///
  /// - Parameters:
  ///   - written: nil where nothing was written, which leaves `result` out.
  ///   - elapsed: wall time.
  public func json(
    onto target: WriteTarget, written: CardWriter.Summary?, elapsed: Duration?,
    statistics: BuildStatistics? = nil
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var report = WriteReport(self, target, written, elapsed)
    report.statistics = statistics.map(StatisticsReport.init)
    return try encoder.encode(report) + Data("\n".utf8)
  }
}

extension CardVerification {
  /// What differs, for scripts: one JSON object, keys sorted, offsets in bytes from the start of the card.
  public func json(of path: String) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let report = VerificationReport(
      card: path, comparedBytes: comparedByteCount, firstDifference: firstDifference,
      differences: differences.map(DifferenceReport.init))
    return try encoder.encode(report) + Data("\n".utf8)
  }
}

/// The shape of the JSON. A key that goes or changes its meaning raises `schema`.
private struct WriteReport: Encodable {
  var schema = 1
  let card: CardReport
  let image: ImageReport?
  let plan: PlanReport?
  let release: ReleaseReport?
  let result: ResultReport?
  var statistics: StatisticsReport?

  init(
    _ summary: CardSummary, _ target: WriteTarget, _ written: CardWriter.Summary?, _ elapsed: Duration?
  ) {
    card = CardReport(target)
    switch summary {
    case .built(let summary):
      image = nil
      plan = PlanReport(summary.plan)
      release = summary.release.map(ReleaseReport.init)
    case .copied(let summary):
      image = ImageReport(size: summary.size, unusedBytes: summary.unusedByteCount)
      plan = nil
      release = nil
    }
    result = written.map { ResultReport(summary, $0, elapsed) }
  }
}

private struct CardReport: Encodable {
  let path: String
  let size: UInt64
  let serial, cid: String?

  init(_ target: WriteTarget) {
    path = target.path
    size = target.identity.byteCount
    serial = target.identity.serial
    cid = target.identity.cardID
  }
}

private struct ImageReport: Encodable { let size, unusedBytes: UInt64 }

private struct ResultReport: Encodable {
  let bytes, verifiedBytes, repairedBytes: UInt64
  let seconds: Double?

  init(_ summary: CardSummary, _ written: CardWriter.Summary, _ elapsed: Duration?) {
    bytes = summary.byteCount
    verifiedBytes = written.verifiedByteCount
    repairedBytes = written.repairedByteCount
    seconds = elapsed.map { ($0 / .milliseconds(1)).rounded() / 1000 }
  }
}

private struct VerificationReport: Encodable {
  var schema = 1
  let card: String
  let comparedBytes: UInt64
  let firstDifference: UInt64?
  let differences: [DifferenceReport]
}

private struct DifferenceReport: Encodable {
  let start, end: UInt64
  let owner: String?

  init(_ difference: BadRange) {
    start = difference.range.lowerBound
    end = difference.range.upperBound
    owner = difference.owner
  }
}
