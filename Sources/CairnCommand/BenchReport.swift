// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// What a person reads of a measurement, in 80 columns.
struct BenchReport {
  let result: BenchResult
  let target: String
  let kind: StorageFile.Kind
  var capacity: CapacityReport?
  /// What bars are made of.
  var bar: Character = BenchReport.terminalShowsBlocks ? "█" : "#"

  var text: String {
    let sections = [
      heading, capacityLines, sustained, sequential(.sequentialWrite, "Sequential writing"),
      sequential(.sequentialRead, "Sequential reading"), smallAccesses, classes, ending,
    ]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static var terminalShowsBlocks: Bool {
    guard isatty(STDOUT_FILENO) == 1 else { return false }
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
  }

  private var heading: [String] {
    let size = ByteSize(byteCount: result.byteCount)
    let time = "\(result.seconds.rounded3) s"
    let what =
      switch kind {
      case .directory: "\(target): a scratch file of \(size), written and read for \(time)"
      case .file where !result.isWritable: "\(target): a file of \(size), read for \(time)"
      case .device where !result.isWritable: "\(target): a device of \(size), read for \(time)"
      case .file, .device: "\(target): its first \(size), written and read for \(time)"
      }
    return [what] + (result.isDirectPossible ? [] : ["There is no way round the page cache here."])
  }
}

// MARK: Capacity

extension BenchReport {
  private var capacityLines: [String] {
    switch capacity {
    case nil: return []
    case .sampled(let byteCount):
      return [
        "It holds the \(ByteSize(byteCount: byteCount).rounded) that it claims to, as far as samples tell."
      ]
    case .filled(let result):
      let size = ByteSize(byteCount: result.check.byteCount).rounded
      let rates = [("written", result.writeRate), ("read back", result.readRate)].compactMap { name, rate in
        rate.map { "\(name) at \(($0 / 1e6).rounded3) MB/s" }
      }
      let verdict = result.check.isHonest ? "It holds all of the \(size) that it claims to" : failing(result)
      return ["\(verdict): \(rates.joined(separator: ", "))."]
    }
  }

  private func failing(_ result: CapacityResult) -> String {
    let check = result.check
    let good = ByteSize(byteCount: check.goodByteCount).rounded
    let wrap = check.wrapSize.map { ", and begins anew every \(ByteSize(byteCount: $0).rounded)" } ?? ""
    return
      "It holds \(good) of the \(ByteSize(byteCount: check.byteCount).rounded) that it claims to, not byte "
      + "\(check.firstBadOffset ?? 0)\(wrap)"
  }

  private var ending: [String] {
    kind != .directory && result.isWritable
      ? ["\(target) is blank now: it has no partition table, and free space is as the writing left it."] : []
  }
}

// MARK: Sustained throughput

extension BenchReport {
  /// Lines of the chart, at most.
  private static let stretchCount = 12
  private static let barWidth = 50

  private var sustained: [String] {
    guard let series = result.series else { return [] }
    let rates = series.means(Self.stretchCount)
    guard let peak = rates.max(), peak > 0 else { return [] }
    let seconds = Double(series.bytesPerSecond.count) * Double(ThroughputSeries.binDuration) / 1e9
    let rows = rates.enumerated().map { index, rate in
      let time = seconds * Double(index) / Double(rates.count)
      return "\(right(decimal(time), 7)) s  \(left(bars(rate / peak, Self.barWidth), Self.barWidth))  "
        + right((rate / 1e6).rounded3, 6)
    }
    return ["Sustained \(result.isWritable ? "writing" : "reading"), MB/s"] + rows + levels(series)
  }

  private func levels(_ series: ThroughputSeries) -> [String] {
    guard let fastest = series.fastestSecond, let slowest = series.slowestSecond else { return [] }
    var parts = ["fastest second \((fastest / 1e6).rounded3)", "slowest \((slowest / 1e6).rounded3)"]
    if let level = series.lastLevel { parts.append("last quarter \((level / 1e6).rounded3)") }
    let ending =
      series.hasSettledAfterFall
      ? ": settled after a fall" : series.isSettled ? ": settled" : ": not settled; --time gives it longer"
    return ["  " + parts.joined(separator: ", ") + ending]
  }

  private func bars(_ share: Double, _ width: Int) -> String {
    String(repeating: bar, count: max(share > 0 ? 1 : 0, Int((share * Double(width)).rounded())))
  }
}

// MARK: Sequential access

extension BenchReport {
  private static let columnWidth = 8
  private static let smallBarWidth = 20

  private func sequential(_ kind: BenchPhase.Kind, _ name: String) -> [String] {
    let all = result.measurements(of: kind)
    guard let peak = all.map(\.bytesPerSecond).max(), peak > 0 else { return [] }
    var ways: [Way] = []
    for phase in all.map(\.phase) where !ways.contains(Way(phase)) { ways.append(Way(phase)) }
    ways.sort { $0.isDirect != $1.isDirect ? $0.isDirect : $0.inFlightCount < $1.inFlightCount }
    var blockSizes: [Int] = []
    for phase in all.map(\.phase) where !blockSizes.contains(phase.blockSize) {
      blockSizes.append(phase.blockSize)
    }
    let head = right("block", 10) + ways.map { right($0.text, Self.columnWidth) }.joined()
    return ["\(name), MB/s (direct, or through the page cache; in flight)", head]
      + blockSizes.map { row($0, all, ways, peak) }
  }

  /// How a block is moved.
  private struct Way: Equatable {
    let isDirect: Bool
    let inFlightCount: Int

    init(_ phase: BenchPhase) {
      isDirect = phase.isDirect
      inFlightCount = phase.inFlightCount
    }

    var text: String { "\(isDirect ? "dir." : "cache") \(inFlightCount)" }
  }

  /// The bar is of the best.
  private func row(_ blockSize: Int, _ all: [PhaseResult], _ ways: [Way], _ peak: Double) -> String {
    let row = all.filter { $0.phase.blockSize == blockSize }
    let cells = ways.map { way in
      right(
        row.first { Way($0.phase) == way }.map { ($0.bytesPerSecond / 1e6).rounded3 } ?? "-", Self.columnWidth
      )
    }
    let best = row.map(\.bytesPerSecond).max() ?? 0
    let size = right("\(ByteSize(byteCount: UInt64(blockSize)))", 10)
    return size + cells.joined() + "  " + bars(best / peak, Self.smallBarWidth)
  }
}

// MARK: Small accesses

extension BenchReport {
  private var smallAccesses: [String] {
    let rows = result.smallAccesses
    guard !rows.isEmpty else { return [] }
    let head = ["per s", "median", "90 %", "99 %", "99.9 %", "longest"].map { right($0, 8) }.joined()
    return [left("Small accesses, ms", 30) + head]
      + rows.map { row in
        let times = [0.5, 0.9, 0.99, 0.999, 1].map { share in
          right(row.latency.percentile(share).map { milliseconds($0) } ?? "-", 8)
        }
        return left("  \(row.phase.label)", 30) + right(row.operationsPerSecond.rounded3, 8) + times.joined()
      }
  }

  private func milliseconds(_ nanoseconds: UInt64) -> String {
    let value = Double(nanoseconds) / 1e6
    return value < 1 ? String(format: "%.3f", value) : value.rounded3
  }
}

// MARK: Classes

extension BenchReport {
  private var classes: [String] {
    let verdicts = result.verdicts
    guard verdicts.contains(where: { $0.answer != .unknown }) else {
      return ["What class it holds takes writing: name a directory on it, or say --destructive."]
    }
    return ["Of the SD Association's classes it holds (an indication, not the official test)"]
      + SpeedClass.Family.allCases.flatMap { family in
        line(family, verdicts.filter { $0.speedClass.family == family })
      }
  }

  /// The highest that is held, the next one, and what decides on it.
  private func line(_ family: SpeedClass.Family, _ verdicts: [SpeedVerdict]) -> [String] {
    let held = verdicts.last { $0.answer == .holds }
    let next = verdicts.first { $0.answer != .holds }
    var answer = held?.speedClass.rawValue ?? "none"
    if let next {
      answer +=
        next.answer == .fails ? ", not \(next.speedClass.rawValue)" : ", \(next.speedClass.rawValue) unknown"
    }
    let reason = (next ?? held)?.decidingFigure.map(words) ?? ""
    return ["  " + left(family.rawValue, 24) + left(answer, 14) + reason]
  }

  private func words(_ figure: SpeedVerdict.Figure) -> String {
    let isRate =
      figure.requirement.quantity == .slowestSecond || figure.requirement.quantity == .sustainedWrite
    let unit = isRate ? 1e6 : 1
    let name =
      switch figure.requirement.quantity {
      case .slowestSecond: "slowest second"
      case .sustainedWrite: "sustained"
      case .randomRead, .queuedRandomRead: "random reads"
      case .randomWrite, .queuedRandomWrite: "random writes"
      }
    guard let measured = figure.measured else { return "\(name) not measured" }
    let needed = String(format: "%.0f", figure.requirement.minimum / unit)
    return "\(name) \((measured / unit).rounded3)\(isRate ? " MB/s" : " a second") (needs \(needed))"
  }
}

// MARK: Text

private func decimal(_ value: Double) -> String { String(format: "%.1f", value) }

private func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

private func left(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
