// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// A block device, written with no regard to who else has it.
final class DeviceTarget: BlockTarget {
  let size: UInt64
  private let path: String
  private let file: FileHandle

  init(_ path: String, size: UInt64) throws {
    self.path = path
    self.size = size
    file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    let byteCount = bytes.byteCount
    let count = bytes.withUnsafeMutableBytes {
      pread(file.fileDescriptor, $0.baseAddress, $0.count, off_t(offset))
    }
    try check(.read, count, of: byteCount, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    let count = bytes.withUnsafeBytes { pwrite(file.fileDescriptor, $0.baseAddress, $0.count, off_t(offset)) }
    try check(.write, count, of: bytes.byteCount, at: offset)
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: zeros.count) {
      let count = min(zeros.count, Int(range.upperBound - start))
      try write(zeros.span.bytes.extracting(first: count), at: start)
    }
  }

  func flush() throws(BlockError) {
    try check(.flush, Int(fsync(file.fileDescriptor)), of: 0, at: 0)
  }

  private func check(
    _ operation: BlockError.Operation, _ count: Int, of byteCount: Int, at offset: UInt64
  ) throws(BlockError) {
    guard count != byteCount else { return }
    guard count < 0 else {
      throw .shortTransfer(operation, path: path, offset: offset, byteCount: count, of: byteCount)
    }
    throw .system(operation, path: path, offset: offset, number: errno)
  }
}
