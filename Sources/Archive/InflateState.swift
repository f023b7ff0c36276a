// SPDX-License-Identifier: Apache-2.0
internal import CIsal

/// Inflating by ISA-L, from one call to the next.
@safe
final class InflateState {
  /// On the heap: it has tables and a window in it, some 150 KiB.
  private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)

  /// What a call did.
  struct Step {
    /// Bytes of the input that were taken.
    let consumed: Int
    /// Bytes of the output that were filled, from its start.
    let produced: Int
    /// Then nothing more can be inflated.
    let problem: CompressionProblem?
  }

  init() { unsafe isal_inflate_init(state) }

  deinit { unsafe state.deallocate() }

  /// Expects a gzip member from its header on, whose CRC-32 and size ISA-L checks.
  func beginMember() {
    unsafe isal_inflate_reset(state)
    unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
  }

  /// Expects a block of deflate, in the midst of a member.
  ///
  /// - Parameter window: what comes before it, uncompressed.
  func begin(behind window: [UInt8]) {
    unsafe isal_inflate_init(state)
    var window = window
    let code = unsafe isal_inflate_set_dict(state, &window, UInt32(window.count))
    precondition(code == ISAL_DECOMP_OK, "A new state takes every window")
  }

  func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Step {
    unsafe state.pointee.next_in = UnsafeMutablePointer(
      mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
    unsafe state.pointee.avail_in = UInt32(input.count)
    unsafe state.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe state.pointee.avail_out = UInt32(output.count)
    let code = unsafe isal_inflate(state)
    return Step(
      // After an error, ISA-L may give back more than it got in this call.
      consumed: max(0, input.count - Int(unsafe state.pointee.avail_in)),
      produced: output.count - Int(unsafe state.pointee.avail_out),
      problem: code < 0 ? Self.problem(code) : nil)
  }

  /// Whether the member has ended.
  var isAtEnd: Bool { unsafe state.pointee.block_state == ISAL_BLOCK_FINISH }

  /// Whether the block that began last is the member's last one.
  var isInLastBlock: Bool { unsafe state.pointee.bfinal != 0 }

  /// Whether the next byte of input is a block's first, all that comes before it in the member has been put out, and
  /// that was `byteCount` bytes at least.
  func isBetweenBlocks(behind byteCount: Int) -> Bool {
    let isBeforeBlock = unsafe state.pointee.block_state == ISAL_BLOCK_NEW_HDR
    let isInHeader = unsafe state.pointee.block_state == ISAL_BLOCK_HDR
    return unsafe (isBeforeBlock || isInHeader && state.pointee.tmp_in_size == 0)
      && state.pointee.wrapper_flag != 0 && state.pointee.read_in_length == 0 && state.pointee.bfinal == 0
      && state.pointee.tmp_out_processed == state.pointee.tmp_out_valid
      && state.pointee.total_out >= byteCount
  }

  /// Goes on with a member of which another state has inflated what comes before.
  ///
  /// `count` must get what this one has inflated itself.
  func continueMember(of other: InflateState) {
    unsafe state.pointee.crc_flag = other.state.pointee.crc_flag
    unsafe state.pointee.crc = other.state.pointee.crc
    unsafe state.pointee.wrapper_flag = other.state.pointee.wrapper_flag
    unsafe state.pointee.hist_bits = other.state.pointee.hist_bits
    unsafe state.pointee.total_out &+= other.state.pointee.total_out
  }

  /// Takes bytes into the member's CRC-32.
  func count(_ bytes: UnsafeRawBufferPointer) {
    unsafe state.pointee.crc = crc32_gzip_refl(
      state.pointee.crc, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, UInt64(bytes.count))
  }

  /// ISA-L's numbers (igzip_lib.h, "Inflate return values").
  private static func problem(_ code: CInt) -> CompressionProblem {
    switch code {
    case ISAL_INVALID_BLOCK: .damaged("invalid deflate block")
    case ISAL_INVALID_SYMBOL: .damaged("invalid deflate symbol")
    case ISAL_INVALID_LOOKBACK: .damaged("deflate distance too far back")
    case ISAL_INVALID_WRAPPER: .damaged("invalid gzip header")
    case ISAL_UNSUPPORTED_METHOD: .damaged("gzip method that is not deflate")
    case ISAL_INCORRECT_CHECKSUM: .checksum
    default: .damaged("ISA-L error \(code)")
    }
  }
}
