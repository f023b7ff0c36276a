// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Passes everything on to another target until its n-th write, and fails from there on: for tests of what is
/// left behind. Zeroing counts as writing; so does a flush.
public final class FaultyTarget: BlockTarget {
  /// What happens at the n-th write. Nothing is written from the one after it on.
  public enum Fault: Sendable, CaseIterable {
    /// Nothing is written; EIO.
    case error
    /// The first half of the bytes is written or zeroed; then the target gives up.
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
    if isShort { try target.write(bytes.extracting(first: bytes.byteCount / 2), at: offset) }
    throw error(.write, at: offset, byteCount: UInt64(bytes.byteCount))
  }

  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    guard isFailing() else { return try target.zero(range) }
    let byteCount = range.upperBound - range.lowerBound
    if isShort { try target.zero(range.lowerBound..<range.lowerBound + byteCount / 2) }
    throw error(.zero, at: range.lowerBound, byteCount: byteCount)
  }

  public func flush() throws(BlockError) {
    guard isFailing() else { return try target.flush() }
    throw fault == .stop ? .cancelled : system(.flush, nil)
  }

  private func isFailing() -> Bool {
    writeCount += 1
    return writeCount >= failing
  }

  /// Whether half of the current write is to be done.
  private var isShort: Bool { fault == .shortWrite && writeCount == failing }

  private func error(
    _ operation: BlockError.Operation, at offset: UInt64, byteCount: UInt64
  ) -> BlockError {
    if fault == .stop { return .cancelled }
    guard isShort else { return system(operation, offset) }
    let count = Int(clamping: byteCount)
    return .shortTransfer(operation, path: Self.path, offset: offset, byteCount: count / 2, of: count)
  }

  private func system(_ operation: BlockError.Operation, _ offset: UInt64?) -> BlockError {
    .system(operation, path: Self.path, offset: offset, number: EIO)
  }

  private static let path = "faulty target"
}
