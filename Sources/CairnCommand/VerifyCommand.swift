// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hold a card against the recipe or the image that it was written from.",
    usage: """
      cairn verify [<options>] <recipe.yaml> <device>
      cairn verify [<options>] --release <tar> <device>
      cairn verify [<options>] <image> <device>
      """,
    discussion: """
      Every byte that `cairn write` writes is read from the card and compared; free space is not looked at. Nothing is \
      written. Ends with 7 where anything differs. What a Pi has changed since differs, too.
      """)

  @OptionGroup
  var operands: CardOperands

  @OptionGroup
  var cardOptions: CardOptions

  @Flag(help: "Print the result as JSON.")
  var json = false

  func validate() throws { try operands.validate(options: cardOptions) }

  mutating func run() throws {
    let (source, recipe) = try operands.content(options: cardOptions)
    let monitor = BuildMonitor()
    let signals = SignalWatch(stopping: monitor)
    let progress = ProgressLine(of: monitor)
    let verification: CardVerification
    do throws(WriteError) {
      let card: ReadOnlyFile
      do { card = try ReadOnlyFile(path: operands.device, fromStorage: true) } catch { throw .target(error) }
      verification = try CardVerification(of: card, against: source, monitor: monitor)
    } catch {
      progress.end()
      throw Failure(reading: error, signal: signals.signal, recipe: recipe)
    }
    progress.end()
    try Terminal.standardOutput(
      json ? verification.json(of: operands.device) : Data(text(of: verification).utf8))
    if !verification.differences.isEmpty { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  /// So many differences are listed.
  private static let listedCount = 20

  private func text(of verification: CardVerification) -> String {
    let compared = ByteSize(byteCount: verification.comparedByteCount).rounded
    guard let first = verification.firstDifference else {
      return "\(operands.device): as it should be: \(compared) read and compared\n"
    }
    let differences = verification.differences
    var lines = ["\(operands.device): differs from byte \(first) on (\(compared) read and compared)"]
    lines += differences.prefix(Self.listedCount).map { "  \($0)" }
    if differences.count > Self.listedCount {
      lines.append("  and \(differences.count - Self.listedCount) more")
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
