// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// What a person reads when a card is written, or before.
struct WriteReport {
  private let content: CardSummary
  private let target: WriteTarget
  /// Nil where nothing was written.
  private let written: CardWriter.Summary?
  private let elapsed: Duration

  /// What would be written.
  init(outlook: CardSummary, session: CardSession) {
    content = outlook
    target = session.device.target
    written = nil
    elapsed = .zero
  }

  init(summary: CardWriter.Summary, session: CardSession, elapsed: Duration) {
    content = summary.content
    target = session.device.target
    written = summary
    self.elapsed = elapsed
  }

  var warnings: [String] {
    if case .built(let summary) = content { BuildReport.warnings(of: summary) } else { [] }
  }

  var text: String {
    let path = target.path.printable
    let lines =
      switch content {
      case .built(let summary):
        BuildReport(summary: summary, output: written == nil ? nil : path, elapsed: elapsed).cardLines
      case .copied(let summary): [imageLine(summary, path)]
      }
    return (lines + ending).joined(separator: "\n") + "\n"
  }

  private func imageLine(_ summary: ImageSummary, _ path: String) -> String {
    let size = ByteSize(byteCount: summary.size).rounded
    let unused = ByteSize(byteCount: summary.unusedByteCount).rounded
    guard summary.unusedByteCount > 0 else { return "\(path): an image of \(size), which fills the card" }
    return "\(path): an image of \(size); \(unused) of the card stay unused, which a recipe would fill"
  }

  private var ending: [String] {
    let amount = ByteSize(byteCount: content.byteCount).rounded
    guard let written else { return ["Nothing was written. \(amount) would be."] }
    var lines = ["Wrote \(amount) in \(seconds)\(rate).", verdict(written)]
    if written.repairedByteCount > 0 {
      lines.append(
        "\(ByteSize(byteCount: written.repairedByteCount)) had to be written again: this card is not to be trusted."
      )
    }
    return lines
  }

  private var seconds: String { "\((elapsed / .milliseconds(10)).rounded() / 100) s" }

  /// Of the whole job, reading back included.
  private var rate: String {
    let seconds = elapsed / .seconds(1)
    guard seconds > 0.05 else { return "" }
    let extent = (written?.verifiedByteCount ?? 0) > 0 ? " with reading back" : ""
    return ", \((Double(content.byteCount) / seconds / 100_000).rounded() / 10) MB/s\(extent)"
  }

  private func verdict(_ written: CardWriter.Summary) -> String {
    guard written.verifiedByteCount > 0 else { return "Nothing was read back." }
    return
      "Read back and compared: all \(ByteSize(byteCount: written.verifiedByteCount).rounded) are as written."
  }

  func json(_ statistics: BuildStatistics?) throws -> Data {
    try content.json(
      onto: target, written: written, elapsed: written == nil ? nil : elapsed, statistics: statistics)
  }
}
