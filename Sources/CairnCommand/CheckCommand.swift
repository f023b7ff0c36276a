// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look at every structure of a card or an image, and tell what is wrong.",
    discussion: """
      The partition table, FAT32 (boot sectors, FSInfo, FATs, chains, directories, names) and ext4 (checksums, \
      bitmaps, counts, links), stricter than fsck.fat. Where e2fsck is installed, its verdict is quoted. Nothing is \
      written. Ends with 7 where there are errors; warnings alone end with 0.
      """)

  @Argument(help: ArgumentHelp("An image of a card or of one file system, or a device.", valueName: "image"))
  var image: String

  @Flag(help: "Print the findings as JSON.")
  var json = false

  func run() throws {
    let check: CardCheck
    do throws(CheckError) {
      let target: ReadOnlyFile
      do { target = try ReadOnlyFile(path: image) } catch { throw .target(error) }
      check = try CardCheck(checking: target)
    } catch { throw Failure(error) }
    if json {
      try Terminal.standardOutput(check.json(verdict: verdict))
    } else {
      try Terminal.standardOutput(check.parts.map { text(of: $0) }.joined())
    }
    if check.errorCount > 0 { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private func verdict(on part: CardCheck.Part) -> ForeignVerdict? {
    part.kind == .ext4 ? ForeignVerdict.e2fsck(image, offset: part.range.lowerBound) : nil
  }

  /// A headline, the findings below it, and what e2fsck says.
  private func text(of part: CardCheck.Part) -> String {
    let name = part.partitionNumber.map { "partition \($0), \(part.kind.rawValue)" } ?? part.kind.rawValue
    let size = ByteSize(byteCount: part.range.upperBound - part.range.lowerBound)
    var lines = ["\(name), \(size) from byte \(part.range.lowerBound): \(summary(of: part))"]
    lines += part.findings.map { "  \($0.isWarning ? "warning" : "error"): \($0.text)" }
    let omitted = part.errorCount + part.warningCount - part.findings.count
    if omitted > 0 { lines.append("  and \(omitted) more") }
    if let verdict = verdict(on: part) {
      lines.append(
        "  \(verdict.command) (exit code \(verdict.exitCode)): \(verdict.lines.last ?? "no words")")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func summary(of part: CardCheck.Part) -> String {
    if part.kind == .unknown { return "not looked into" }
    if part.errorCount + part.warningCount == 0 { return "clean" }
    return Self.count(part.errorCount, "error") + ", " + Self.count(part.warningCount, "warning")
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
