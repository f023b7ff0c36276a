// SPDX-License-Identifier: Apache-2.0

/// What is measured: bytes at offsets, read and written by several threads at a time.
///
/// Buffers begin at a multiple of 4096 bytes; offsets and sizes are multiples of 4096.
public protocol MeasuredStorage: AnyObject, Sendable {
  /// What may be read, and written where `isWritable`, in bytes.
  var byteCount: UInt64 { get }
  /// Whether its content may be overwritten.
  var isWritable: Bool { get }
  /// Goes round the page cache from now on, or through it. False where there is no way round.
  func setDirect(_ isDirect: Bool) throws(BenchError) -> Bool
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BenchError)
  func write(_ bytes: RawSpan, at offset: UInt64) throws(BenchError)
  /// Returns when what was written is on storage.
  func flush() throws(BenchError)
  /// Lets go of what the page cache holds, so that reading it means reading storage.
  func dropCache()
}
