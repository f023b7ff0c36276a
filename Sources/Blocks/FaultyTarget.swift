// SPDX-License-Identifier: Apache-2.0

/// Passes everything on to another target until its n-th write, and fails from there on: for tests of what is left
/// behind. Zeroing counts as writing; so does a flush.
public final class FaultyTarget: BlockTarget {
  /// What happens at the n-th write.
  public enum Fault: Sendable, CaseIterable {
    /// Nothing is written; EIO.
    case error
    /// The first half of the bytes is written; then the target gives up.
    case shortWrite
    /// Nothing is written; the job is told to stop.
    case stop
  }

  private let target: any BlockTarget
  private let fault: Fault
  private let failing: Int
  /// Writes asked for so far, the failed ones included.
  public private(set) var writeCount = 0

  /// - Parameter failing: the number of the first write that fails; the first write of all is 1.
  public init(_ target: any BlockTarget, failing: Int, fault: Fault) {
    self.target = target
    self.failing = failing
    self.fault = fault
  }

  public var size: UInt64 { target.size }

  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try target.read(into: &bytes, at: offset)
  }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    guard isFailing() else { return try target.write(bytes, at: offset) }
    if fault == .shortWrite, writeCount == failing {
      try target.write(bytes.extracting(first: bytes.byteCount / 2), at: offset)
    }
    throw error(at: offset, byteCount: bytes.byteCount)
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    guard isFailing() else { return try target.zero(range) }
    throw error(at: range.lowerBound, byteCount: Int(clamping: range.upperBound - range.lowerBound))
  }

  public func flush() throws(BlockError) {
    guard isFailing() else { return try target.flush() }
    throw error(at: 0, byteCount: 0)
  }

  private func isFailing() -> Bool {
    writeCount += 1
    return writeCount >= failing
  }

  private func error(at offset: UInt64, byteCount: Int) -> BlockError {
    switch fault {
    case .error: .system(.write, path: "faulty target", offset: offset, number: Self.inputOutputError)
    case .shortWrite:
      .shortTransfer(.write, path: "faulty target", offset: offset, byteCount: byteCount / 2, of: byteCount)
    case .stop: .cancelled
    }
  }

  /// EIO.
  private static let inputOutputError: CInt = 5
}
