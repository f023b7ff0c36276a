// SPDX-License-Identifier: Apache-2.0
import Cairn

/// What a person reads at the end: the layout, what it took, and the next step.
struct BuildReport {
  let summary: BuildSummary
  /// Nil after a dry run.
  let output: String?
  let elapsed: Duration

  var text: String { (cardLines + ending).joined(separator: "\n") + "\n" }

  /// What the card is, wherever it lies.
  var cardLines: [String] { [heading] + layout + [""] + persistence }

  /// What the card's owner may not have meant.
  static func warnings(of summary: BuildSummary) -> [String] {
    var warnings = summary.plan.warnings.map(\.description) + summary.warnings.map(\.description)
    warnings += summary.data?.packages?.warnings ?? []
    if summary.data?.overlayPath != nil, !summary.plan.system.letsSomebodyIn {
      warnings.append("nobody can log in: root is locked, and no key or password lets anybody in")
    }
    if let count = summary.boot?.clampedTimeCount, count > 0 {
      warnings.append(
        "boot partition: \(count) entries have times before 1980 or after 2107, which FAT can't hold; "
          + "they got the nearest one")
    }
    return warnings
  }

  private var heading: String {
    let card = "\(output ?? "dry run"): a card of \(ByteSize(byteCount: summary.plan.size))"
    guard let release = summary.release else { return "\(card) without an Alpine release\n" }
    return """
      \(card) from \(release.name) \(release.version) \(release.architecture), \(release.packageCount) packages
      for Raspberry Pi \(release.models.map(\.rawValue).joined(separator: ", "))

      """
  }

  private var layout: [String] {
    let plan = summary.plan
    let signature = String(plan.identifiers.diskSignature, radix: 16)
    var rows = [
      ["", "start", "size", "type", "label", "content"],
      ["", "0", "512 bytes", "MBR", "", "disk signature 0x\(signature)"],
    ]
    if let boot = plan.boot {
      rows.append(row("1", boot.range, "FAT32, active", boot.label.text, bootContent))
    }
    if let data = plan.data {
      rows.append(row("\(data.number)", data.range, "ext4", data.format.label.text, dataContent))
    }
    for directory in plan.persistence {
      guard let volume = directory.partition else { continue }
      rows.append(
        row(
          "\(volume.number)", volume.range, "ext4", volume.format.label.text,
          "/\(directory.persistence.path)"))
    }
    return table(rows)
  }

  private var bootContent: String {
    guard let boot = summary.boot, let clusterSize = summary.plan.boot?.geometry.clusterSize else {
      return ""
    }
    return "\(boot.fileCount) files, \(rounded(boot.usedByteCount)) in clusters of \(size(clusterSize))"
  }

  private var dataContent: String {
    guard let data = summary.data else { return "" }
    guard data.inputEntryCount > 0 else {
      let cachedCount = data.packages?.cachedCount ?? 0
      let cache =
        cachedCount > 0 ? "cache/ with \(cachedCount) \(cachedCount == 1 ? "package" : "packages")" : "cache/"
      return data.overlayPath.map { "\($0), \(cache)" } ?? "empty"
    }
    let used = rounded(data.usedBlockCount * Ext4.Format.blockSize)
    let overlay = data.overlayPath.map { ", settings in \($0)" } ?? ""
    return "\(data.usedInodeCount) files and directories, \(used)\(overlay)"
  }

  /// What survives a reboot besides the settings, how, and what it costs.
  private var persistence: [String] {
    let directories = summary.plan.persistence
    guard !directories.isEmpty else { return [] }
    let rows = directories.map { directory in
      ["/\(directory.persistence.path)", directory.persistence.strategy.rawValue, place(of: directory)]
    }
    let heading =
      summary.data?.bringsOverlay == true
      ? "Kept over a reboot, if the fstab of the apkovl that was brought mounts them:" : "Kept over a reboot:"
    return [heading] + table(rows) + [""]
  }

  private func place(of directory: PersistentDirectory) -> String {
    let number = summary.plan.data.map { "\($0.number)" } ?? ""
    let path = directory.persistence.dataPath.map { "\($0)" } ?? ""
    return switch directory.place {
    case .directory: "\(path)/ on partition \(number)"
    case .file(let format): "\(path) on partition \(number), \(size(format.size)) of it"
    case .partition(let partition): "partition \(partition.number), \(size(partition.format.size))"
    }
  }

  private func row(
    _ number: String, _ range: Range<UInt64>, _ type: String, _ label: String, _ content: String
  ) -> [String] {
    [number, size(range.lowerBound), size(range.upperBound - range.lowerBound), type, label, content]
  }

  private var ending: [String] {
    let written = rounded(summary.writtenByteCount)
    guard let output else { return ["Nothing was written. A build would write \(written)."] }
    let seconds = elapsed / .milliseconds(1) / 1000
    let time = "\((seconds * 100).rounded() / 100) s"
    return [
      "Wrote \(written) in \(time); the rest of the card is free space.",
      "Next: put it on a card (cairn devices shows which device is the card):",
      "  cairn write \(output.quotedForShell) /dev/sdX",
    ]
  }

  private func size(_ byteCount: UInt64) -> String { "\(ByteSize(byteCount: byteCount))" }
  private func rounded(_ byteCount: UInt64) -> String { ByteSize(byteCount: byteCount).rounded }

  private func table(_ rows: [[String]]) -> [String] { TextTable(rows: rows).lines.map { "  " + $0 } }
}

extension String {
  /// As it is where a shell takes it for one word, else in single quotes.
  var quotedForShell: String {
    let plain = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,:@%".contains($0)) }
    return plain && !isEmpty
      ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
