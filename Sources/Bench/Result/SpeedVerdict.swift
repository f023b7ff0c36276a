// SPDX-License-Identifier: Apache-2.0

/// Whether what was measured is what a class asks for: an indication, not the SD Association's test, which is made on
/// an empty card, in its own allocation units and with commands that a reader doesn't pass on.
public struct SpeedVerdict: Equatable, Sendable {
  public enum Answer: String, Sendable {
    case holds, fails
    /// What decides was not measured.
    case unknown
  }

  /// A figure that a class asks for, and what was found.
  public struct Figure: Equatable, Sendable {
    public let requirement: SpeedClass.Requirement
    /// Nil where it was not measured.
    public let measured: Double?

    public var isMet: Bool? { measured.map { $0 >= requirement.minimum } }
  }

  public let speedClass: SpeedClass
  public let figures: [Figure]

  /// - Parameter measured: by quantity, in bytes or operations per second; what is missing was not measured.
  public init(_ speedClass: SpeedClass, measured: [SpeedClass.Quantity: Double]) {
    self.speedClass = speedClass
    figures = speedClass.requirements.map { Figure(requirement: $0, measured: measured[$0.quantity]) }
  }

  /// One figure that is missed is enough to fail, whatever was not measured.
  public var answer: Answer {
    if figures.contains(where: { $0.isMet == false }) { return .fails }
    return figures.contains { $0.isMet == nil } ? .unknown : .holds
  }

  /// The figure that the answer hangs on: the one furthest below what is asked for, or nearest above it. One that was
  /// not measured where that is why there is no answer.
  public var decidingFigure: Figure? {
    let wanted = answer == .unknown ? figures.filter { $0.measured == nil } : figures
    return wanted.min { ratio(of: $0) < ratio(of: $1) }
  }

  private func ratio(of figure: Figure) -> Double {
    figure.measured.map { $0 / figure.requirement.minimum } ?? .infinity
  }
}

extension BenchResult {
  /// What the classes go by, as far as it was measured.
  public var quantities: [SpeedClass.Quantity: Double] {
    var quantities: [SpeedClass.Quantity: Double] = [:]
    if let sustained = measurements(of: .sustainedWrite).first {
      quantities[.slowestSecond] = series?.slowestSecond ?? sustained.bytesPerSecond
      quantities[.sustainedWrite] = series?.lastLevel ?? sustained.bytesPerSecond
    }
    let reads = measurements(of: .randomRead)
    quantities[.randomRead] = reads.first { $0.phase.inFlightCount == 1 }?.operationsPerSecond
    quantities[.queuedRandomRead] = reads.map(\.operationsPerSecond).max()
    let writes = measurements(of: .randomWrite)
    quantities[.randomWrite] = writes.first { $0.phase.inFlightCount == 1 }?.operationsPerSecond
    quantities[.queuedRandomWrite] = writes.map(\.operationsPerSecond).max()
    return quantities
  }

  /// One for each class, in the order of the classes.
  public var verdicts: [SpeedVerdict] {
    let quantities = quantities
    return SpeedClass.allCases.map { SpeedVerdict($0, measured: quantities) }
  }
}
