// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Bench

@Suite struct SpeedPlotTests {
  private static let empty = BenchResult(
    measurements: [], series: nil, byteCount: 1 << 20, isWritable: true, isDirectPossible: true, seconds: 0,
    isComplete: false)

  @Test(arguments: [SampleResult.card, SampleResult.read, empty])
  func `the picture is well-formed XML`(result: BenchResult) throws {
    let svg = SpeedPlot(result, title: "a & b <c> \"d\" \u{1} ü").svg
    let elements = try WellFormed.elements(of: svg)
    #expect(elements.first == "svg")
    #expect(elements.contains("style") && elements.contains("text"))
    #expect(svg.contains("a &amp; b &lt;c&gt; &quot;d&quot; \u{FFFD} ü"))
    #expect(svg.contains("prefers-color-scheme:dark"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }

  @Test func `there is a curve, and a row for each kind of small access`() throws {
    let svg = SpeedPlot(SampleResult.card, title: "card").svg
    let elements = try WellFormed.elements(of: svg)
    #expect(elements.filter { $0 == "polyline" }.count == 1)
    // Median, 90, 99, 99.9 and the longest, four times.
    #expect(elements.filter { $0 == "circle" }.count == 20)
    #expect(svg.contains(">random writes, 4 in flight</text>"))
  }

  @Test func `all lies within the picture`() throws {
    let svg = SpeedPlot(SampleResult.card, title: "card").svg
    let xs = svg.matches(of: /\ (?:x|cx|x1|x2)="(-?[0-9.]+)"/).compactMap { Double($0.output.1) }
    #expect(xs.count > 50)
    #expect(xs.allSatisfy { $0 >= 0 && $0 <= 760 })
    let height = try #require(svg.firstMatch(of: /height="([0-9]+)" viewBox/).flatMap { Double($0.output.1) })
    let ys = svg.matches(of: /\ (?:y|cy|y1|y2)="(-?[0-9.]+)"/).compactMap { Double($0.output.1) }
    #expect(ys.allSatisfy { $0 >= 0 && $0 <= height })
    let points = svg.matches(of: /([0-9.]+),([0-9.]+)[ "]/)
    #expect(points.count > 100)
    #expect(points.allSatisfy { (70...270).contains(Double($0.output.2) ?? -1) })
  }

  @Test(arguments: [(0.3, 0.4), (1.0, 1), (1.1, 2), (9, 10), (11, 20), (42, 50), (86.5, 100), (2300, 4000)])
  func `an axis ends at a round number`(value: Double, top: Double) {
    #expect(abs(SpeedPlot.roundTick(value) - top) < 1e-9 * top)
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (12.5, 2, "12.50"), (-1.25, 1, "-1.3"), (0.004, 2, "0.00"), (999.99, 0, "1000"),
    (3, 0, "3"),
    (.nan, 1, "0"), (.infinity, 1, "0"),
  ])
  func `decimal fractions have so many digits`(value: Double, digits: Int, text: String) {
    #expect(value.text(digits) == text)
  }

  @Test(arguments: [(0.001, "0.001"), (0.0001, "0.0001"), (1, "1"), (10, "10"), (1000, "1000"), (0, "0")])
  func `a power of ten has no zeros at its end`(value: Double, text: String) { #expect(value.plain == text) }

  @Test(arguments: [
    (1.234, "1.23"), (9.999, "10.0"), (12.34, "12.3"), (99.97, "100"), (123.4, "123"), (0, "0.00"),
  ])
  func `rates have three digits`(value: Double, text: String) { #expect(value.rounded3 == text) }
}

/// A check of what an SVG file needs of XML: elements that are closed in turn, attributes in quotes, references.
private enum WellFormed {
  struct Flaw: Error { let text: String }

  /// The names of the elements, in their order.
  static func elements(of xml: String) throws -> [String] {
    var rest = Substring(xml)
    guard rest.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") else {
      throw Flaw(text: "declaration")
    }
    rest = rest[rest.index(after: rest.firstIndex(of: "\n") ?? rest.startIndex)...]
    var open: [String] = []
    var names: [String] = []
    while let start = rest.firstIndex(of: "<") {
      try check(text: rest[..<start])
      guard let end = rest[start...].firstIndex(of: ">") else {
        throw Flaw(text: "no end: \(rest[start...])")
      }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard open.popLast() == String(tag.dropFirst()) else {
          throw Flaw(text: "closed out of turn: \(tag)")
        }
        continue
      }
      guard let match = tag.wholeMatch(of: /([a-z]+)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)\s*(\/?)/) else {
        throw Flaw(text: "no tag: \(tag)")
      }
      try check(text: match.output.2)
      if open.isEmpty, !names.isEmpty { throw Flaw(text: "a second root") }
      names.append(String(match.output.1))
      if match.output.3.isEmpty { open.append(String(match.output.1)) }
    }
    guard open.isEmpty else { throw Flaw(text: "left open: \(open)") }
    return names
  }

  private static func check(text: Substring) throws {
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" }) else {
      throw Flaw(text: "control character")
    }
    let bare = text.replacing(/&(?:amp|lt|gt|quot);/, with: "")
    guard !bare.contains("&") else { throw Flaw(text: "bare &: \(text)") }
  }
}
