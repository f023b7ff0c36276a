// SPDX-License-Identifier: Apache-2.0

/// All that was measured of one target.
public struct BenchResult: Sendable {
  /// In the order of the plan; what there was no time for is missing.
  public let measurements: [PhaseResult]
  /// Throughput of the sustained phase over time; nil where it was not reached.
  public let series: ThroughputSeries?
  /// Of the target, that was used.
  public let byteCount: UInt64
  public let isWritable: Bool
  /// Whether the target can be reached round the page cache.
  public let isDirectPossible: Bool
  /// Wall time.
  public let seconds: Double
  /// False where it was stopped.
  public let isComplete: Bool

  public init(
    measurements: [PhaseResult], series: ThroughputSeries?, byteCount: UInt64, isWritable: Bool,
    isDirectPossible: Bool, seconds: Double, isComplete: Bool
  ) {
    self.measurements = measurements
    self.series = series
    self.byteCount = byteCount
    self.isWritable = isWritable
    self.isDirectPossible = isDirectPossible
    self.seconds = seconds
    self.isComplete = isComplete
  }

  /// What was measured of a kind, in the order of the plan.
  public func measurements(of kind: BenchPhase.Kind) -> [PhaseResult] {
    measurements.filter { $0.phase.kind == kind }
  }

  public subscript(phase: BenchPhase) -> PhaseResult? { measurements.first { $0.phase == phase } }

  /// Kinds that there are, in the order of the plan.
  public var kinds: [BenchPhase.Kind] {
    BenchPhase.Kind.allCases.filter { kind in measurements.contains { $0.phase.kind == kind } }
  }
}
