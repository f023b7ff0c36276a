// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Zeroed memory that begins at a multiple of `alignment`, as direct I/O wants it, lent as spans.
@safe
public struct AlignedBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - byteCount: at least 0.
  ///   - alignment: a power of two, in bytes.
  public init(byteCount: Int, alignment: Int = 4096) {
    let start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: alignment)
    unsafe memset(start, 0, byteCount)
    unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit { unsafe memory.deallocate() }

  public var byteCount: Int { unsafe memory.count }

  public var bytes: RawSpan {
    @_lifetime(borrow self) get { unsafe memory.bytes }
  }

  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self) mutating get { unsafe memory.mutableBytes }
  }
}

// The same in one call, for buffers that are a class's property: spans of those end with the expression.
extension AlignedBuffer {
  /// Copies all of `source` to `offset`.
  public mutating func store(_ source: RawSpan, at offset: Int) {
    var all = mutableBytes
    all.store(source, at: offset)
  }

  /// Sets `range` to zero.
  public mutating func zero(_ range: Range<Int>) {
    var all = mutableBytes
    all.zero(range)
  }

  /// Fills `target` from `offset` on.
  public func copy(from offset: Int, into target: inout MutableRawSpan) {
    target.store(bytes.extracting(offset..<offset + target.byteCount), at: 0)
  }

  /// A copy of `range`.
  public func copy(_ range: Range<Int>) -> [UInt8] { bytes.copy(range) }
}

// One owner, moved as a whole: whoever holds the buffer is the only one who can reach its memory.
extension AlignedBuffer: @unchecked Sendable {}
