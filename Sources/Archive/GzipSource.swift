// SPDX-License-Identifier: Apache-2.0
internal import CIsal

/// Inflates a gzip file of one or several members with ISA-L, which checks each member's CRC-32 and size.
///
/// Zeros behind the last member are padding, as gzip takes them; anything else there is an error.
///
/// Source: RFC 1952, section 2.2.
@safe
final class GzipSource: ByteSource {
  private let file: ArchiveFile
  /// On the heap: it has tables and a window in it, some 150 KiB.
  private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
  private var position = Position.beforeFirstMember
  private var failure: ArchiveError?

  private enum Position { case beforeFirstMember, inMember, behindMember, end }

  init(_ file: ArchiveFile) {
    self.file = file
    unsafe isal_inflate_init(state)
  }

  deinit { unsafe state.deallocate() }

  func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    var filled = 0
    while failure == nil, position != .end, filled < target.count {
      do throws(ArchiveError) {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
        switch position {
        case .inMember: filled += try unsafe inflate(into: rest)
        case .beforeFirstMember, .behindMember: try beginMember()
        case .end: break
        }
      } catch {
        failure = error
      }
    }
    if filled == 0, let failure { throw failure }
    return filled
  }

  /// Bytes inflated: 0 where the file has no more, or the member has ended.
  private func inflate(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    // At the file's end there may still be bytes in the window.
    let hasInput = try file.fill()
    let input = unsafe file.bytes
    unsafe state.pointee.next_in = UnsafeMutablePointer(
      mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
    unsafe state.pointee.avail_in = UInt32(input.count)
    unsafe state.pointee.next_out = target.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe state.pointee.avail_out = UInt32(target.count)
    let code = unsafe isal_inflate(state)
    // After an error, ISA-L may give back more than it got in this call.
    file.consume(max(0, input.count - Int(unsafe state.pointee.avail_in)))
    let count = target.count - Int(unsafe state.pointee.avail_out)
    if code < 0 { throw problem(Self.problem(code)) }
    if unsafe state.pointee.block_state == ISAL_BLOCK_FINISH {
      position = .behindMember
    } else if !hasInput, count < target.count {
      throw problem(.truncated)
    }
    return count
  }

  private func beginMember() throws(ArchiveError) {
    guard try file.fill() else {
      guard position == .behindMember else { throw problem(.truncated) }
      return position = .end
    }
    if position == .behindMember, unsafe file.bytes[0] != 0x1F { return try skipPadding() }
    unsafe isal_inflate_reset(state)
    unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
    position = .inMember
  }

  private func skipPadding() throws(ArchiveError) {
    while try file.fill() {
      guard let index = unsafe file.bytes.firstIndex(where: { $0 != 0 }) else {
        file.consume(unsafe file.bytes.count)
        continue
      }
      file.consume(index)
      throw problem(.trailingBytes)
    }
    position = .end
  }

  private func problem(_ problem: CompressionProblem) -> ArchiveError {
    .compressed(.gzip, path: file.path, offset: file.offset, entry: nil, problem)
  }

  /// ISA-L's numbers (igzip_lib.h, "Inflate return values").
  static func problem(_ code: CInt) -> CompressionProblem {
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
