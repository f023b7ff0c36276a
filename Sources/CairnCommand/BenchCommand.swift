// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast a card is, and what class of the SD Association's it holds.",
    discussion: """
      In a directory, on a card that is mounted for instance, a scratch file is written and read. It has no name, so that \
      nothing of it stays whatever happens, and half of the free room stays free. A file or a device is only read. \
      Measured are sustained throughput, sequential access by block size and accesses in flight, round the page cache \
      and through it, random access, and small writes as FAT and ext4 make them.

      With --destructive a device, or a file that takes a card's place, is overwritten, under the conditions of `cairn \
      write`: first it is found out whether it holds what it claims to, by samples, or with --full by filling all of it \
      and reading it back, which takes as long as the card takes. It is blank in the end.

      Ctrl-C ends it, and what has been measured is printed. The verdict is an indication, not the official test. Rates \
      are in MB/s, 1,000,000 bytes a second.
      """)

  @Argument(help: ArgumentHelp("A directory, a file or a device.", valueName: "target"))
  var target: String

  @Option(
    help: ArgumentHelp(
      "For all together; the longer, the more is known of sustained writing.", valueName: "seconds"))
  var time = 30.0

  @Option(
    help: ArgumentHelp(
      "Of the scratch file, or of what is overwritten of a device, at least 16MiB. By default 2GiB, or half of the room "
        + "that there is.",
      valueName: "size"))
  var size: ByteSize?

  @Flag(help: "Overwrite the device, all of whose content is lost.")
  var destructive = false

  @Flag(help: "Fill all of the device, and read it back.")
  var full = false

  @OptionGroup
  var choice: DeviceChoice

  @Option(
    help: ArgumentHelp(
      "Take a device that Cairn would refuse: one that is not removable, or larger than 2 TiB. Many times.",
      valueName: "non-removable|large"),
    transform: { text in
      guard let allowance = Allowance(rawValue: text) else {
        throw ValidationError("'\(text)' is neither non-removable nor large")
      }
      return allowance
    })
  var allow: [Allowance] = []

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "A picture of throughput over time and of latencies; a file that is there is replaced.",
      valueName: "out.svg"))
  var plot: String?

  func validate() throws {
    try FileArgument.check(input: target, "target")
    if let plot { try FileArgument.check(output: plot, "--plot") }
    guard time >= 1, time <= 86_400 else {
      throw ValidationError("'--time' is between 1 and 86400 seconds")
    }
    if !destructive, full || choice.yes || choice.targetId != nil || !allow.isEmpty {
      throw ValidationError(
        "'--full', '--yes', '--target-id' and '--allow' are for '--destructive': nothing else is overwritten")
    }
    try choice.checkPresence()
    if let size, size.byteCount < StorageFile.smallestScratchByteCount {
      throw ValidationError("'--size' is at least 16MiB: less than that says nothing of a card")
    }
  }

  func run() throws {
    let picture = try plot.map { try Self.open(plot: $0) }
    let monitor = BenchMonitor()
    let work = BuildMonitor()
    let signals = BenchSignals(stopping: monitor, work, removing: picture?.temporaryPath)
    let target = try open(work, signals)
    let result = try measure(target.storage, monitor)
    do { try target.trial?.wipe() } catch {
      throw Failure(WriteFailure(error, state: work.cardState ?? .damaged), signal: signals.signal)
    }
    try report(target, result)
    if let picture, let plot {
      do { try picture.write(SpeedPlot(result, title: title(target.kind)).svg) } catch {
        throw Failure(.storage(error))
      }
      if !json { try Terminal.standardOutput("Picture: \(plot)\n") }
    }
    if let signal = signals.signal { throw Failure.stopped(by: signal) }
    if target.capacity?.isHonest == false { throw Failure.lessThanClaimed(self.target) }
  }

  private func report(_ target: BenchTarget, _ result: BenchResult) throws {
    if json {
      return try Terminal.standardOutput(
        result.json(path: self.target, kind: target.kind, capacity: target.capacity))
    }
    let report = BenchReport(
      result: result, target: self.target, kind: target.kind, capacity: target.capacity)
    try Terminal.standardOutput(report.text)
  }

  /// What is measured: a scratch file where the target is a directory.
  private func open(_ work: BuildMonitor, _ signals: BenchSignals) throws -> BenchTarget {
    if destructive { return try overwriting(work, signals) }
    do throws(BenchError) {
      let kind = try StorageFile.kind(of: target)
      if kind == .directory {
        return BenchTarget(kind: kind, storage: try .scratch(in: target, byteCount: size?.byteCount))
      }
      if size == nil { return BenchTarget(kind: kind, storage: try .reading(target)) }
    } catch { throw Failure(error) }
    throw ValidationError(
      "'--size' is of what is written, and \(target), which is no directory, is only read without --destructive"
    )
  }

  /// Asks, looks whether the card holds what it claims to, and makes it blank.
  private func overwriting(_ work: BuildMonitor, _ signals: BenchSignals) throws -> BenchTarget {
    let trial: CardTrial
    do {
      trial = try CardTrial(of: target, allowing: Set(allow), expecting: choice.targetId, monitor: work)
    } catch { throw Failure(error) }
    if !choice.yes {
      try WriteConfirmation(device: trial.device, contents: trial.contents, replacement: nil).ask()
    }
    let progress = ProgressLine(of: work, expecting: trial.device.byteCount)
    defer { progress.end() }
    do throws(WriteError) {
      let capacity = try capacity(of: trial)
      try trial.wipe()
      return BenchTarget(
        kind: trial.device.identity.number == nil ? .file : .device,
        storage: try storage(of: trial), capacity: capacity, trial: trial)
    } catch {
      progress.end()
      throw Failure(WriteFailure(error, state: work.cardState ?? .untouched), signal: signals.signal)
    }
  }

  private func capacity(of trial: CardTrial) throws(WriteError) -> CapacityReport? {
    if full { return .filled(try trial.checkAll()) }
    switch try trial.sample() {
    case nil: return nil
    case .honest: return .sampled(byteCount: trial.device.byteCount)
    case .wraps(let size), .ends(let size):
      throw .falseCapacity(claimed: trial.device.byteCount, size: size)
    }
  }

  private func storage(of trial: CardTrial) throws(WriteError) -> StorageFile {
    do { return try trial.storage(byteCount: size?.byteCount) } catch {
      throw .target(error.storageError ?? .cancelled)
    }
  }

  private static func open(plot path: String) throws -> PlotFile {
    do { return try PlotFile(path: path) } catch { throw Failure(.storage(error)) }
  }

  private func measure(_ storage: StorageFile, _ monitor: BenchMonitor) throws -> BenchResult {
    let progress = BenchProgress(of: monitor, time: time)
    defer { progress.end() }
    do { return try BenchRun(storage, time: .milliseconds(Int(time * 1000)), monitor: monitor).run() } catch {
      progress.end()
      throw Failure(error)
    }
  }

  private func title(_ kind: StorageFile.Kind) -> String {
    "cairn bench: \(kind == .directory ? "scratch file in " : "")\(target)"
  }
}

/// What is measured.
private struct BenchTarget {
  let kind: StorageFile.Kind
  let storage: StorageFile
  /// Nil where nobody looked.
  var capacity: CapacityReport?
  /// Nil where nothing is overwritten but a scratch file.
  var trial: CardTrial?
}
