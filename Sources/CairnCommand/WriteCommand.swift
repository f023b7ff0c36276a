// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

struct WriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write a card in a reader: put it together on the card itself, or copy an image.",
    usage: """
      cairn write [<options>] <recipe.yaml> <device>
      cairn write [<options>] --release <tar> <device>
      cairn write [<options>] <image> <device>
      """,
    discussion: """
      Only what has content is written, and all of it is read back and compared. Before the card is touched its content \
      is read to its end, so that complaints come while the old card is whole; the partition table comes last, so that a \
      card whose writing was interrupted is blank. What is mounted or used by anything, the system's own disk and \
      what is read-only or too small is never written to. No root: write permission on the device is enough.

      `cairn devices` lists devices and says which may be written. A regular file can take a card's place.
      """)

  @OptionGroup
  var operands: CardOperands

  @OptionGroup
  var cardOptions: CardOptions

  @OptionGroup
  var choice: DeviceChoice

  @Option(
    help: ArgumentHelp(
      "What is read back: what was written, that and all free space, or nothing.", valueName: "extent"))
  var verify = CardWriter.VerificationExtent.written

  @Flag(
    help:
      "Don't find out first whether the card holds what it claims to. (Files and loop devices are not asked.)"
  )
  var noProbe = false

  @Flag(
    name: [.long, .customShort("n")], help: "Look at source and card and print the plan, but write nothing.")
  var dryRun = false

  @Flag(help: "Print where the time went, too, and what memory and system calls it took.")
  var stats = false

  @Flag(help: "Print plan and result as JSON.")
  var json = false

  func validate() throws {
    try operands.validate(options: cardOptions)
    if !dryRun { try choice.checkPresence() }
  }

  mutating func run() throws {
    let (source, recipe) = try operands.content(options: cardOptions)
    let monitor = BuildMonitor()
    let signals = SignalWatch(stopping: monitor)
    let session: CardSession
    do {
      session = try CardSession(
        source, onto: operands.device, allowing: cardOptions.contentOptions.deviceAllowances,
        expecting: choice.targetId, options: options, monitor: monitor)
    } catch { throw Failure(WriteFailure(error, state: .untouched), signal: signals.signal) }
    let outlook: CardSummary?
    do throws(WriteError) { outlook = try examine(source, session, monitor) } catch {
      throw Failure(WriteFailure(error, state: .untouched), signal: signals.signal, recipe: recipe)
    }
    if dryRun {
      guard let outlook else { throw Failure.unrepeatable(source) }
      return try report(
        WriteReport(outlook: outlook, session: session), stats ? monitor.takeStatistics() : nil)
    }
    if !choice.yes { try confirmation(session, outlook).ask() }
    let start = ContinuousClock.now
    let progress = ProgressLine(of: monitor, expecting: outlook?.byteCount)
    let summary: CardWriter.Summary
    do {
      summary = try session.writer.write()
    } catch {
      progress.end()
      throw Failure(error, signal: signals.signal, recipe: recipe)
    }
    progress.end()
    let elapsed = start.duration(to: .now)
    let statistics = stats ? monitor.takeStatistics() : nil
    do { _ = try session.finish() } catch { Terminal.complain("warning: \(error)") }
    try report(WriteReport(summary: summary, session: session, elapsed: elapsed), statistics)
  }

  /// Nil for a source that can't be read twice.
  private func examine(
    _ source: CardSource, _ session: CardSession, _ monitor: BuildMonitor
  ) throws(WriteError) -> CardSummary? {
    if let path = source.unrepeatableInput {
      Terminal.complain(
        "warning: \(path): can't be read twice; what is wrong with it will show when the old card is gone")
      return nil
    }
    let progress = ProgressLine(of: monitor)
    defer { progress.end() }
    return try session.writer.examine()
  }

  private func confirmation(_ session: CardSession, _ outlook: CardSummary?) -> WriteConfirmation {
    WriteConfirmation(
      device: session.device, contents: session.contents,
      replacement: outlook.map { "\(ByteSize(byteCount: $0.byteCount).rounded) are written" })
  }

  private func report(_ report: WriteReport, _ statistics: BuildStatistics?) throws {
    for warning in report.warnings { Terminal.complain("warning: \(warning)") }
    if json { return try Terminal.standardOutput(report.json(statistics)) }
    try Terminal.standardOutput(report.text)
    try statistics.map { try Terminal.standardOutput("\n" + StatisticsReport(statistics: $0).text) }
  }

  private var options: CardWriter.Options {
    var options = CardWriter.Options()
    options.verification = verify
    options.probesCapacity = !noProbe
    return options
  }
}
