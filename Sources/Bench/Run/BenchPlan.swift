// SPDX-License-Identifier: Apache-2.0

/// What is measured one after the other, and how the time is shared out: pure arithmetic.
public struct BenchPlan: Equatable, Sendable {
  public struct Step: Equatable, Sendable {
    public let phase: BenchPhase
    /// Of the time, among the shares of all steps.
    public let share: Double
  }

  public let steps: [Step]

  /// Of sequential access, in bytes.
  public static let blockSizes = [4 << 10, 32 << 10, 256 << 10, 1 << 20, 4 << 20]
  /// Round the page cache; through it, where the kernel gathers blocks, one thread and four tell all.
  public static let directInFlightCounts = [1, 2, 4]
  public static let cachedInFlightCounts = [1, 4]
  static let sustainedBlockSize = 1 << 20

  /// - Parameters:
  ///   - isWritable: leaves writing out where it is false.
  ///   - isDirectPossible: leaves direct access out where it is false.
  ///   - byteCount: of the region, in bytes; blocks that are larger are left out.
  public init(isWritable: Bool, isDirectPossible: Bool, byteCount: UInt64) {
    var steps: [Step] = []
    if isWritable {
      steps.append(Self.sustained(.sustainedWrite, share: 35, isDirectPossible, byteCount))
      steps += Self.sweep(.sequentialWrite, share: 22, isDirectPossible, byteCount)
    } else {
      steps.append(Self.sustained(.sustainedRead, share: 30, isDirectPossible, byteCount))
    }
    steps += Self.sweep(.sequentialRead, share: 18, isDirectPossible, byteCount)
    steps += Self.small(.randomRead, share: 8, in: [1, 4], isDirectPossible)
    if isWritable {
      steps += Self.small(.randomWrite, share: 8, in: [1, 4], isDirectPossible)
      steps += Self.small(.syncedWrite, share: 3, in: [1], false)
      steps += Self.small(.fatWrite, share: 3, in: [1], isDirectPossible)
      steps += Self.small(.ext4Write, share: 3, in: [1], isDirectPossible)
    }
    self.steps = steps
  }

  /// Steps and no more.
  init(steps: [Step]) { self.steps = steps }

  /// Where the `index`-th step ends.
  ///
  /// What earlier steps took too long, or left, is shared by those that follow.
  /// - Parameters:
  ///   - now: when it begins, in nanoseconds of some clock.
  ///   - end: when all must be over, of the same clock.
  func deadline(ofStep index: Int, now: UInt64, end: UInt64) -> UInt64 {
    guard now < end else { return now }
    let rest = steps[index...].reduce(0) { $0 + $1.share }
    return now + UInt64(Double(end - now) * steps[index].share / rest)
  }
}

extension BenchPlan {
  private static func sustained(
    _ kind: BenchPhase.Kind, share: Double, _ isDirect: Bool, _ byteCount: UInt64
  ) -> Step {
    let blockSize = blockSizes.last { $0 <= sustainedBlockSize && UInt64($0) <= byteCount } ?? blockSizes[0]
    return Step(
      phase: BenchPhase(kind, blockSize: blockSize, inFlightCount: 2, isDirect: isDirect), share: share)
  }

  private static func sweep(
    _ kind: BenchPhase.Kind, share: Double, _ isDirectPossible: Bool, _ byteCount: UInt64
  ) -> [Step] {
    let ways =
      (isDirectPossible ? directInFlightCounts.map { (true, $0) } : [])
      + cachedInFlightCounts.map { (false, $0) }
    let phases = blockSizes.filter { UInt64($0) <= byteCount }.flatMap { blockSize in
      ways.map { BenchPhase(kind, blockSize: blockSize, inFlightCount: $1, isDirect: $0) }
    }
    return phases.map { Step(phase: $0, share: share / Double(phases.count)) }
  }

  private static func small(
    _ kind: BenchPhase.Kind, share: Double, in inFlightCounts: [Int], _ isDirect: Bool
  ) -> [Step] {
    inFlightCounts.map { count in
      Step(
        phase: BenchPhase(
          kind, blockSize: kind == .fatWrite ? AccessPattern.fatRunSize : AccessPattern.smallBlockSize,
          inFlightCount: count, isDirect: isDirect),
        share: share / Double(inFlightCounts.count))
    }
  }
}
