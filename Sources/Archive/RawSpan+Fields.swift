// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
  /// The byte at `offset`, which lies within the span.
  func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

  /// A copy of `range`, for what outlives the span.
  func copy(_ range: Range<Int>) -> [UInt8] {
    let part = extracting(range)
    return unsafe part.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The bytes of a field up to its first NUL.
  func text(_ field: Range<Int>) -> [UInt8] {
    copy(field.lowerBound..<(field.first { byte(at: $0) == 0 } ?? field.upperBound))
  }

  /// Whether every byte is zero.
  var isZero: Bool {
    let wordByteCount = byteCount / 8 * 8
    for offset in stride(from: 0, to: wordByteCount, by: 8) {
      guard unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) == 0 else { return false }
    }
    return (wordByteCount..<byteCount).allSatisfy { byte(at: $0) == 0 }
  }
}
