// SPDX-License-Identifier: Apache-2.0
internal import CLinux

// Loads, stores and copies at byte offsets, little-endian, bounds checked, any alignment. Inlinable: a
// generic store that isn't costs 15 times as much across modules.

extension RawSpan {
  @inlinable
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int) -> T {
    T(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }

  /// A copy of `range`, for what outlives the span.
  public func copy(_ range: Range<Int>) -> [UInt8] {
    let part = extracting(range)
    return unsafe part.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Whether every byte is zero.
  public var isZero: Bool {
    unsafe withUnsafeBytes { bytes in
      guard let first = bytes.baseAddress, bytes.count > 0 else { return true }
      // A block of zeros is one whose first byte is zero and that equals itself a byte further on.
      return unsafe first.load(as: UInt8.self) == 0 && memcmp(first, first + 1, bytes.count - 1) == 0
    }
  }
}

extension MutableRawSpan {
  @inlinable @_lifetime(self: copy self)
  public mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }

  @inlinable
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int) -> T {
    bytes.load(type, at: offset)
  }

  /// Copies all of `source` to `offset`.
  @_lifetime(self: copy self)
  public mutating func store(_ source: RawSpan, at offset: Int) {
    precondition(offset >= 0 && source.byteCount <= byteCount - offset, "store beyond the end")
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { bytes in
        guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
        unsafe (to + offset).copyMemory(from: from, byteCount: bytes.count)
      }
    }
  }

  /// Copies all of `source` to `offset`.
  @_lifetime(self: copy self)
  public mutating func store(_ source: some Collection<UInt8>, at offset: Int) {
    precondition(offset >= 0 && source.count <= byteCount - offset, "store beyond the end")
    unsafe withUnsafeMutableBytes { target in
      let end = unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...])
      unsafe end.copyBytes(from: source)
    }
  }

  /// Sets `range` to zero.
  @_lifetime(self: copy self)
  public mutating func zero(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "zero beyond the end")
    unsafe withUnsafeMutableBytes { target in
      guard let start = target.baseAddress else { return }
      unsafe memset(start + range.lowerBound, 0, range.count)
    }
  }
}
