// SPDX-License-Identifier: Apache-2.0
public import Bench
public import Foundation

extension BenchResult {
  /// The result for scripts: one JSON object, keys sorted. Sizes are in bytes, times in seconds.
  ///
  /// - Parameters:
  ///   - path: of the target, as it was named.
  ///   - kind: what it is.
  ///   - capacity: what is known of it.
  public func json(
    path: String, kind: StorageFile.Kind, capacity: CapacityReport? = nil
  ) throws -> Foundation.Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(Report(self, path, kind, capacity)) + Foundation.Data("\n".utf8)
  }
}

/// The shape of the JSON. A key that goes or changes its meaning raises `schema`.
private struct Report: Encodable {
  var schema = 1
  let target: TargetReport
  let seconds: Double
  let complete: Bool
  let capacity: CapacityJSON?
  let sustained: SustainedReport?
  let measurements: [MeasurementReport]
  let classes: [ClassReport]

  init(_ result: BenchResult, _ path: String, _ kind: StorageFile.Kind, _ capacity: CapacityReport?) {
    self.capacity = capacity.map(CapacityJSON.init)
    target = TargetReport(
      path: path, kind: kind.rawValue, size: result.byteCount, overwritten: result.isWritable,
      direct: result.isDirectPossible)
    seconds = result.seconds.rounded(toPlaces: 3)
    complete = result.isComplete
    sustained = result.series.map { SustainedReport($0, isWriting: result.isWritable) }
    measurements = result.measurements.map(MeasurementReport.init)
    classes = result.verdicts.map(ClassReport.init)
  }
}

private struct TargetReport: Encodable {
  let path, kind: String
  let size: UInt64
  let overwritten, direct: Bool
}

private struct SustainedReport: Encodable {
  let operation: String
  /// Of each of `bytesPerSecond`.
  let interval: Double
  let bytesPerSecond: [Double]
  let fastestSecond, slowestSecond, lastLevel: Double?
  let settled: Bool

  init(_ series: ThroughputSeries, isWriting: Bool) {
    operation = isWriting ? "write" : "read"
    interval = Double(ThroughputSeries.binDuration) / 1e9
    bytesPerSecond = series.bytesPerSecond.map { $0.rounded() }
    fastestSecond = series.fastestSecond?.rounded()
    slowestSecond = series.slowestSecond?.rounded()
    lastLevel = series.lastLevel?.rounded()
    settled = series.isSettled
  }
}

private struct MeasurementReport: Encodable {
  let kind: String
  let blockSize, inFlight: Int
  let direct: Bool
  let operations, bytes: UInt64
  let seconds, bytesPerSecond, operationsPerSecond: Double
  let latency: LatencyReport

  init(_ measurement: PhaseResult) {
    kind = measurement.phase.kind.rawValue
    blockSize = measurement.phase.blockSize
    inFlight = measurement.phase.inFlightCount
    direct = measurement.phase.isDirect
    operations = measurement.latency.operationCount
    bytes = measurement.byteCount
    seconds = measurement.seconds.rounded(toPlaces: 6)
    bytesPerSecond = measurement.bytesPerSecond.rounded()
    operationsPerSecond = measurement.operationsPerSecond.rounded(toPlaces: 1)
    latency = LatencyReport(measurement.latency)
  }
}

/// In seconds.
private struct LatencyReport: Encodable {
  let p50, p90, p99, p999, max: Double?

  init(_ latency: LatencyHistogram) {
    func seconds(_ share: Double) -> Double? { latency.percentile(share).map { Double($0) / 1e9 } }
    p50 = seconds(0.5)
    p90 = seconds(0.9)
    p99 = seconds(0.99)
    p999 = seconds(0.999)
    max = seconds(1)
  }
}

private struct ClassReport: Encodable {
  let name, family, answer: String
  let figures: [FigureReport]

  init(_ verdict: SpeedVerdict) {
    name = verdict.speedClass.rawValue
    family = verdict.speedClass.family.rawValue
    answer = verdict.answer.rawValue
    figures = verdict.figures.map(FigureReport.init)
  }
}

private struct FigureReport: Encodable {
  let quantity: String
  let minimum: Double
  let measured: Double?

  init(_ figure: SpeedVerdict.Figure) {
    quantity = figure.requirement.quantity.rawValue
    minimum = figure.requirement.minimum
    measured = figure.measured?.rounded(toPlaces: 1)
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let scale = pow(10, Double(places))
    return (self * scale).rounded() / scale
  }
}
