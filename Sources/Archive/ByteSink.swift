// SPDX-License-Identifier: Apache-2.0

/// Where an archive's bytes go, in order: memory, a file, a compression.
public protocol ByteSink: AnyObject {
  /// Takes all of `bytes`, which are lent for the call.
  ///
  /// - Throws: a sink with errors of its own throws them as `ArchiveError.sink`.
  func write(_ bytes: RawSpan) throws(ArchiveError)

  /// Writes what is still on the way. Nothing may be written after it.
  func finish() throws(ArchiveError)
}

/// Keeps all bytes in memory.
public final class MemorySink: ByteSink {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public func write(_ bytes: RawSpan) throws(ArchiveError) {
    unsafe bytes.withUnsafeBytes { unsafe self.bytes.append(contentsOf: $0) }
  }

  public func finish() throws(ArchiveError) {}
}

/// The error of a sink from elsewhere, as it was thrown.
public struct SinkError: Error, Equatable, CustomStringConvertible {
  public let underlying: any Error & Equatable

  public init(_ underlying: any Error & Equatable) { self.underlying = underlying }

  public static func == (left: SinkError, right: SinkError) -> Bool {
    isEqual(left.underlying, right.underlying)
  }

  public var description: String { "\(underlying)" }

  private static func isEqual<Value: Equatable>(_ left: Value, _ right: any Equatable) -> Bool {
    right as? Value == left
  }
}
