// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// Where the time went, for people.
struct StatisticsReport {
  let statistics: BuildStatistics

  var text: String {
    let head = ["", "seconds", "share", "waiting for the source", "in the target"]
    let rows = statistics.parts.map(row)
    return (TextTable(rows: [head] + rows + [total]).lines + [""] + notes).joined(separator: "\n") + "\n"
  }

  private func row(_ part: BuildStatistics.Part) -> [String] {
    let share = statistics.seconds > 0 ? part.seconds / statistics.seconds : 0
    return [
      part.name.rawValue, Self.text(part.seconds), "\(Int((share * 100).rounded())) %",
      Self.text(part.sourceSeconds), Self.text(part.targetSeconds),
    ]
  }

  private var total: [String] {
    let parts = statistics.parts
    return [
      "all", Self.text(statistics.seconds), "", Self.text(parts.reduce(0) { $0 + $1.sourceSeconds }),
      Self.text(parts.reduce(0) { $0 + $1.targetSeconds }),
    ]
  }

  private var notes: [String] {
    let process = statistics.process
    var notes: [String] = []
    if statistics.readByteCount > 0 {
      notes.append(
        "Read ahead meanwhile: \(size(statistics.readByteCount)) in \(Self.text(statistics.readSeconds)) s, "
          + "decoded to \(size(statistics.decodedByteCount)) in \(Self.text(statistics.decodeSeconds)) s.")
    }
    var usage =
      "Processor: \(Self.text(process.userSeconds)) s, and \(Self.text(process.systemSeconds)) s in the kernel. "
      + "Memory: \(size(process.peakByteCount)) at the peak."
    if let reads = process.readCallCount, let writes = process.writeCallCount {
      usage += " System calls: \(reads) reads, \(writes) writes."
    }
    return notes + [usage]
  }

  private func size(_ byteCount: UInt64) -> String { ByteSize(byteCount: byteCount).rounded }

  private static func text(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
}
