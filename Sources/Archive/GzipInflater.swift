// SPDX-License-Identifier: Apache-2.0

/// Inflates a gzip file that comes in pieces, and tells where each of its members ends.
///
/// ISA-L checks the CRC-32 and the size of each member.
///
/// Source: RFC 1952, section 2.2.
public final class GzipInflater {
  private let state = InflateState()
  private var piece = [UInt8](repeating: 0, count: pieceByteCount)

  /// Whether a member has begun and not ended: a file may only end outside of one.
  public private(set) var isInMember = false

  private static let pieceByteCount = 32 << 10

  /// How far a call came.
  public struct Step: Equatable, Sendable {
    /// Bytes of the input that were taken: all of them, but where a member ends before.
    public var consumedByteCount: Int
    /// The byte behind those is another member's first, if there is one.
    public var isMemberEnd: Bool
  }

  public init() {}

  /// Appends to `output` what `input` inflates to, up to the end of the member.
  ///
  /// - Parameter limit: the number of bytes that `output` may grow to.
  /// - Throws: what is wrong with the bytes; then nothing more can be inflated.
  public func inflate(
    _ input: RawSpan, into output: inout [UInt8], limit: Int
  ) throws(CompressionProblem) -> Step {
    var step = Step(consumedByteCount: 0, isMemberEnd: false)
    if !isInMember {
      if input.isEmpty { return step }
      beginMember()
    }
    var isFull = true
    while isFull, isInMember {
      let (consumed, produced) = try inflate(input.extracting(droppingFirst: step.consumedByteCount))
      step.consumedByteCount += consumed
      isFull = produced == piece.count
      guard produced <= limit - output.count else { throw .tooLarge(byteCount: limit) }
      output += piece[..<produced]
    }
    step.isMemberEnd = !isInMember
    return step
  }

  private func beginMember() {
    state.beginMember()
    isInMember = true
  }

  /// One call of ISA-L: into the piece, whose bytes are then the first `produced`.
  private func inflate(_ input: RawSpan) throws(CompressionProblem) -> (consumed: Int, produced: Int) {
    let step = unsafe input.withUnsafeBytes { input in
      unsafe piece.withUnsafeMutableBytes { output in unsafe state.inflate(input, into: output) }
    }
    if let problem = step.problem { throw problem }
    isInMember = !state.isAtEnd
    return (step.consumed, step.produced)
  }
}
