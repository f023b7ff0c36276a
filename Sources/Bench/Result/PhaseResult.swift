// SPDX-License-Identifier: Apache-2.0

/// What a phase came to.
public struct PhaseResult: Sendable {
  public let phase: BenchPhase
  public let byteCount: UInt64
  /// From the first access to the end of the last one, or of the fdatasync(2) behind it.
  public let seconds: Double
  /// Of each access.
  public let latency: LatencyHistogram

  public init(_ phase: BenchPhase, byteCount: UInt64, seconds: Double, latency: LatencyHistogram) {
    self.phase = phase
    self.byteCount = byteCount
    self.seconds = seconds
    self.latency = latency
  }

  public var bytesPerSecond: Double { seconds > 0 ? Double(byteCount) / seconds : 0 }
  public var operationsPerSecond: Double { seconds > 0 ? Double(latency.operationCount) / seconds : 0 }
}
