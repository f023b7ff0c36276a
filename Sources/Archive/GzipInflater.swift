// SPDX-License-Identifier: Apache-2.0
internal import CIsal

/// Inflates a gzip file that comes in pieces, and tells where each of its members ends.
///
/// ISA-L checks the CRC-32 and the size of each member.
///
/// Source: RFC 1952, section 2.2.
@safe
public final class GzipInflater {
  /// On the heap: it has tables and a window in it, some 150 KiB.
  private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
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

  public init() { unsafe isal_inflate_init(state) }

  deinit { unsafe state.deallocate() }

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
    unsafe isal_inflate_reset(state)
    unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
    isInMember = true
  }

  /// One call of ISA-L: into the piece, whose bytes are then the first `produced`.
  private func inflate(_ input: RawSpan) throws(CompressionProblem) -> (consumed: Int, produced: Int) {
    var rest = 0
    var room = 0
    let code = unsafe input.withUnsafeBytes { input in
      unsafe piece.withUnsafeMutableBufferPointer { output in
        unsafe state.pointee.next_in = UnsafeMutablePointer(
          mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        unsafe state.pointee.avail_in = UInt32(input.count)
        unsafe state.pointee.next_out = output.baseAddress
        unsafe state.pointee.avail_out = UInt32(output.count)
        let code = unsafe isal_inflate(state)
        rest = Int(unsafe state.pointee.avail_in)
        room = Int(unsafe state.pointee.avail_out)
        return code
      }
    }
    if code < 0 { throw GzipSource.problem(code) }
    isInMember = unsafe state.pointee.block_state != ISAL_BLOCK_FINISH
    return (input.byteCount - rest, piece.count - room)
  }
}
