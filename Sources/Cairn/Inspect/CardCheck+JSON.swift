// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension CardCheck {
  /// All findings for scripts: one JSON object, keys sorted, offsets in bytes from the start of the card.
  ///
  /// - Parameter verdict: what another program says of a part; nil where there is none.
  public func json(verdict: (Part) -> ForeignVerdict?) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let report = CheckReport(parts: parts.map { PartReport($0, verdict($0)) })
    return try encoder.encode(report) + Data("\n".utf8)
  }
}

/// The shape of the JSON. A key that goes or changes its meaning raises `schema`.
private struct CheckReport: Encodable {
  var schema = 1
  let parts: [PartReport]
}

private struct PartReport: Encodable {
  let kind: String
  let partition: Int?
  let start, size: UInt64
  let errors, warnings: Int
  let findings: [FindingReport]
  let verdict: VerdictReport?

  init(_ part: CardCheck.Part, _ verdict: ForeignVerdict?) {
    kind = part.kind.rawValue
    partition = part.partitionNumber
    start = part.range.lowerBound
    size = part.range.upperBound - part.range.lowerBound
    errors = part.errorCount
    warnings = part.warningCount
    findings = part.findings.map(FindingReport.init)
    self.verdict = verdict.map(VerdictReport.init)
  }
}

private struct FindingReport: Encodable {
  let kind, severity, text: String
  let offset: UInt64?
  let cluster, inode: UInt32?
  let path: String?

  init(_ finding: CardCheck.Finding) {
    kind = finding.kind
    severity = finding.isWarning ? "warning" : "error"
    text = finding.text
    offset = finding.offset
    cluster = finding.cluster
    inode = finding.inode
    path = finding.path
  }
}

private struct VerdictReport: Encodable {
  let command: String
  let exitCode: Int32
  let output: [String]

  init(_ verdict: ForeignVerdict) {
    command = verdict.command
    exitCode = verdict.exitCode
    output = verdict.lines
  }
}
