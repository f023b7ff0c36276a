// SPDX-License-Identifier: Apache-2.0
import Cairn

/// What a person reads at the end: the layout, what it took, and the next step.
struct BuildReport {
  let summary: BuildSummary
  /// Nil after a dry run.
  let output: String?
  let elapsed: Duration

  var text: String { ([heading] + layout + [""] + ending).joined(separator: "\n") + "\n" }

  private var heading: String {
    let card = "\(output ?? "dry run"): a card of \(ByteSize(byteCount: summary.plan.size))"
    guard let release = summary.release else { return "\(card) from a source that is no Alpine release\n" }
    return """
      \(card) from \(release.name) \(release.version) \(release.architecture), \(release.packageCount) packages
      for Raspberry Pi \(release.models.map(\.rawValue).joined(separator: ", "))

      """
  }

  private var layout: [String] {
    let plan = summary.plan
    let (boot, data) = (plan.boot, plan.data)
    let signature = String(plan.identifiers.diskSignature, radix: 16)
    let rows = [
      ["", "start", "size", "type", "label", "content"],
      ["", "0", "512 bytes", "MBR", "", "disk signature 0x\(signature)"],
      [
        "1", size(boot.range.lowerBound), size(boot.range.upperBound - boot.range.lowerBound),
        "FAT32, active",
        boot.label.text,
        "\(summary.boot.fileCount) files, \(rounded(summary.boot.usedByteCount)) in clusters of "
          + size(boot.geometry.clusterSize),
      ],
      [
        "2", size(data.range.lowerBound), size(data.range.upperBound - data.range.lowerBound), "ext4",
        data.format.label.text, "\(plan.hostname).apkovl.tar.gz, cache/, var/lib/docker/",
      ],
    ]
    return table(rows)
  }

  private var ending: [String] {
    let written = rounded(summary.writtenByteCount)
    guard let output else { return ["Nothing was written. A build would write \(written)."] }
    let seconds = elapsed / .milliseconds(1) / 1000
    let time = "\((seconds * 100).rounded() / 100) s"
    return [
      "Wrote \(written) in \(time); the rest of the card is free space.",
      "Next: put it on a card (lsblk shows which device is the card):",
      "  sudo dd if=\(output.quotedForShell) of=/dev/sdX bs=4M conv=fsync status=progress",
    ]
  }

  private func size(_ byteCount: UInt64) -> String { "\(ByteSize(byteCount: byteCount))" }
  private func rounded(_ byteCount: UInt64) -> String { ByteSize(byteCount: byteCount).rounded }

  /// Columns two spaces apart, as wide as their widest cell.
  private func table(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      let line = "  " + cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension String {
  /// As it is where a shell takes it for one word, else in single quotes.
  fileprivate var quotedForShell: String {
    let plain = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,:@%".contains($0)) }
    return plain && !isEmpty
      ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
