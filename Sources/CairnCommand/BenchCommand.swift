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
      "Of the scratch file, at least 16MiB. By default 2GiB, or half of the room that there is.",
      valueName: "size"))
  var size: ByteSize?

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
    if let size, size.byteCount < StorageFile.smallestScratchByteCount {
      throw ValidationError("'--size' is at least 16MiB: less than that says nothing of a card")
    }
  }

  func run() throws {
    let (kind, storage) = try open()
    let picture = try plot.map { try Self.open(plot: $0) }
    let monitor = BenchMonitor()
    let signals = BenchSignals(stopping: monitor, removing: picture?.temporaryPath)
    let result = try measure(storage, monitor)
    if json {
      try Terminal.standardOutput(result.json(path: target, kind: kind))
    } else {
      try Terminal.standardOutput(BenchReport(result: result, target: target, kind: kind).text)
    }
    if let picture, let plot {
      do { try picture.write(SpeedPlot(result, title: title(kind)).svg) } catch {
        throw Failure(.storage(error))
      }
      if !json { try Terminal.standardOutput("Picture: \(plot)\n") }
    }
    if let signal = signals.signal { throw Failure.stopped(by: signal) }
  }

  /// The target, and what it is: a scratch file where it is a directory.
  private func open() throws -> (StorageFile.Kind, StorageFile) {
    do throws(BenchError) {
      let kind = try StorageFile.kind(of: target)
      if kind == .directory {
        return (kind, try StorageFile.scratch(in: target, byteCount: size?.byteCount))
      }
      if size == nil { return (kind, try StorageFile.reading(target)) }
    } catch { throw Failure(error) }
    throw ValidationError("'--size' is of a scratch file, and \(target), which is no directory, is only read")
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
