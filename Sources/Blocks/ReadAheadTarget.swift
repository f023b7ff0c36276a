// SPDX-License-Identifier: Apache-2.0

/// A target that can begin to read what will be wanted soon.
public protocol ReadAheadTarget: BlockTarget {
  /// Starts to read `range`, so that a `read` of it or of a part finds it there. A hint: the target may leave
  /// it, and errors are the `read`'s.
  func readAhead(_ range: Range<UInt64>)
}
