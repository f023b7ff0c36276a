// SPDX-License-Identifier: Apache-2.0

/// A picture of a result, as the text of an SVG 1.1 file: throughput over time above, latencies below. It is made for
/// light and for dark pages.
public struct SpeedPlot {
  private let result: BenchResult
  private let title: String

  private static let width = 760.0
  /// Where the axes begin and end.
  private static let left = 190.0
  private static let right = 730.0
  private static let throughput = 70.0...270.0
  private static let rowHeight = 26.0

  /// - Parameter title: stands above.
  public init(_ result: BenchResult, title: String) {
    self.result = result
    self.title = title
  }

  public var svg: String {
    let latencies = LatencyPanel(
      result, left: Self.left, right: Self.right, top: Self.throughput.upperBound + 90)
    let height = latencies.bottom + 50
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.width.text(0))" height="\(height.text(0))" \
      viewBox="0 0 \(Self.width.text(0)) \(height.text(0))" role="img" \
      font-family="system-ui, sans-serif" font-size="12">
      \(Self.style)
      \(SVG.text(title, at: 20, 28, "title"))
      \(throughputPanel.joined(separator: "\n"))
      \(latencies.elements.joined(separator: "\n"))
      </svg>

      """
  }

  private static let style = """
    <style>
    .page{fill:#fff}.ink{fill:#222}.soft{fill:#666}.title{fill:#222;font-size:16px;font-weight:600}
    .grid{stroke:#ddd}.line{fill:none;stroke:#0b6fa4;stroke-width:2}.area{fill:#0b6fa4;fill-opacity:.12}
    .span{stroke:#0b6fa4;stroke-width:2}.mark{fill:#0b6fa4}.last{fill:#c2410c}
    @media (prefers-color-scheme:dark){
    .page{fill:#16181c}.ink,.title{fill:#eee}.soft{fill:#aaa}.grid{stroke:#3a3d44}
    .line,.span{stroke:#5cc3f5}.area{fill:#5cc3f5}.mark{fill:#5cc3f5}.last{fill:#fb923c}}
    </style>
    <rect class="page" width="100%" height="100%"/>
    """
}

// MARK: Throughput over time

extension SpeedPlot {
  private var throughputPanel: [String] {
    let isWriting = result.isWritable
    let heading = "Sustained \(isWriting ? "writing" : "reading"), MB/s over seconds"
    let head = SVG.text(heading, at: 20, Self.throughput.lowerBound - 14, "ink")
    guard let series = result.series, let peak = series.bytesPerSecond.max(), peak > 0 else {
      return [head, SVG.text("not measured", at: Self.left, Self.throughput.lowerBound + 30, "soft")]
    }
    let top = Self.roundTick(peak / 1e6)
    return [head] + rateGrid(top) + timeGrid(series) + curve(series, top)
  }

  private func rateGrid(_ top: Double) -> [String] {
    (0...4).flatMap { step -> [String] in
      let y = Self.y(top * Double(step) / 4, top)
      return [
        SVG.line(Self.left, y, Self.right, y, "grid"),
        SVG.text(
          step == 0 ? "0" : (top * Double(step) / 4).rounded3, at: Self.left - 8, y + 4, "soft", anchor: "end"
        ),
      ]
    }
  }

  private func timeGrid(_ series: ThroughputSeries) -> [String] {
    let seconds = Double(series.end) / 1e9
    let bottom = Self.throughput.upperBound
    return (0...4).map { step in
      let part = Double(step) / 4
      return SVG.text(
        step == 0 ? "0" : (seconds * part).rounded3, at: Self.left + (Self.right - Self.left) * part,
        bottom + 18, "soft",
        anchor: "middle")
    }
  }

  private func curve(_ series: ThroughputSeries, _ top: Double) -> [String] {
    // No more points than can be told apart.
    let rates = series.means(240)
    let step = (Self.right - Self.left) / Double(max(1, rates.count - 1))
    let points = rates.enumerated().map { index, rate in
      "\((Self.left + step * Double(index)).text(1)),\(Self.y(rate / 1e6, top).text(1))"
    }
    let line = points.joined(separator: " ")
    let bottom = Self.throughput.upperBound.text(1)
    let end = (Self.left + step * Double(rates.count - 1)).text(1)
    return [
      "<polygon class=\"area\" points=\"\(Self.left.text(1)),\(bottom) \(line) \(end),\(bottom)\"/>",
      "<polyline class=\"line\" points=\"\(line)\"/>",
    ]
  }

  private static func y(_ rate: Double, _ top: Double) -> Double {
    throughput.upperBound - (throughput.upperBound - throughput.lowerBound) * rate / top
  }

  /// The next of 1, 2, 4, 5, 8 and their tenfolds that is not below `value`.
  static func roundTick(_ value: Double) -> Double {
    var scale = 1.0
    while value > scale * 10 { scale *= 10 }
    while value <= scale, scale > 1e-6 { scale /= 10 }
    return [1, 2, 4, 5, 8, 10].map { $0 * scale }.first { $0 >= value } ?? value
  }
}

// MARK: Latencies

/// A row for each kind of small access: a line from the median to the longest, with marks, on a logarithmic axis.
private struct LatencyPanel {
  private let rows: [PhaseResult]
  private let left, right, top: Double
  /// In nanoseconds; powers of ten.
  private let range: ClosedRange<Double>

  private static let rowHeight = 26.0
  private static let shares = [0.5, 0.9, 0.99, 0.999]

  init(_ result: BenchResult, left: Double, right: Double, top: Double) {
    rows = result.smallAccesses.filter { $0.latency.operationCount > 0 }
    self.left = left
    self.right = right
    self.top = top
    let shortest = rows.compactMap { $0.latency.percentile(0.5) }.min() ?? 1000
    let longest = rows.map(\.latency.maximum).max() ?? 1_000_000
    range = Self.power(below: Double(shortest))...Self.power(below: Double(longest)) * 10
  }

  var bottom: Double { top + Self.rowHeight * Double(max(1, rows.count)) }

  var elements: [String] {
    let head = SVG.text(
      "Latency, ms: median, 90, 99, 99.9 of a hundred, and the longest", at: 20, top - 24, "ink")
    guard !rows.isEmpty else { return [head, SVG.text("not measured", at: left, top + 10, "soft")] }
    return [head] + axis + rows.enumerated().flatMap { row($1, y: top + Self.rowHeight * (Double($0) + 0.5)) }
  }

  private var axis: [String] {
    var elements: [String] = []
    var tick = range.lowerBound
    while tick <= range.upperBound * 1.001 {
      let x = x(tick)
      elements.append(SVG.line(x, top, x, bottom, "grid"))
      elements.append(SVG.text((tick / 1e6).plain, at: x, bottom + 18, "soft", anchor: "middle"))
      tick *= 10
    }
    return elements
  }

  private func row(_ measurement: PhaseResult, y: Double) -> [String] {
    let latency = measurement.latency
    let marks = Self.shares.compactMap { latency.percentile($0) }.map { x(Double($0)) }
    let end = x(Double(latency.maximum))
    return [SVG.text(measurement.phase.label, at: left - 8, y + 4, "ink", anchor: "end")]
      + [SVG.line(marks.first ?? end, y, end, y, "span")] + marks.map { SVG.circle($0, y, "mark") }
      + [SVG.circle(end, y, "last")]
  }

  private func x(_ nanoseconds: Double) -> Double {
    let share =
      Self.decades(nanoseconds / range.lowerBound) / Self.decades(range.upperBound / range.lowerBound)
    return left + (right - left) * min(1, max(0, share))
  }

  private static func power(below value: Double) -> Double {
    var power = 100.0
    while power * 10 <= value { power *= 10 }
    return power
  }

  /// The logarithm to base 10 of a number from 1 on, without a mathematics library: to a thousandth.
  private static func decades(_ value: Double) -> Double {
    var rest = max(1, value)
    var whole = 0.0
    while rest >= 10 {
      rest /= 10
      whole += 1
    }
    var fraction = 0.0
    var bit = 0.5
    for _ in 0..<12 {
      rest *= rest
      if rest >= 10 {
        rest /= 10
        fraction += bit
      }
      bit /= 2
    }
    return whole + fraction
  }
}

extension BenchResult {
  /// What is told by its latency.
  public var smallAccesses: [PhaseResult] {
    [BenchPhase.Kind.randomRead, .randomWrite, .syncedWrite, .fatWrite, .ext4Write].flatMap {
      measurements(of: $0)
    }
  }
}

extension BenchPhase {
  /// A few words: "random reads, 4 in flight".
  public var label: String {
    let name =
      switch kind {
      case .sustainedWrite: "sustained writing"
      case .sustainedRead: "sustained reading"
      case .sequentialWrite: "sequential writing"
      case .sequentialRead: "sequential reading"
      case .randomRead: "random reads"
      case .randomWrite: "random writes"
      case .syncedWrite: "writes with a flush"
      case .fatWrite: "writes as FAT's"
      case .ext4Write: "writes as ext4's"
      }
    return inFlightCount > 1 ? "\(name), \(inFlightCount) in flight" : name
  }
}
