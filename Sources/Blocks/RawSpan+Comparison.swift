// SPDX-License-Identifier: Apache-2.0
internal import CLinux

extension RawSpan {
  /// Offset of the first byte that is another one in `other`, which has as many; nil where all are the same.
  public func firstDifference(from other: RawSpan) -> Int? {
    precondition(byteCount == other.byteCount, "spans of different sizes")
    return unsafe withUnsafeBytes { bytes in
      unsafe other.withUnsafeBytes { others in
        guard let start = bytes.baseAddress, let otherStart = others.baseAddress else { return nil }
        if unsafe memcmp(start, otherStart, bytes.count) == 0 { return nil }
        return bytes.indices.first { unsafe bytes[$0] != others[$0] }
      }
    }
  }

  /// Offset of the first byte that is not zero.
  public var firstNonzeroByte: Int? {
    if isZero { return nil }
    return unsafe withUnsafeBytes { unsafe $0.firstIndex { $0 != 0 } }
  }
}
