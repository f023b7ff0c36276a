// SPDX-License-Identifier: Apache-2.0

/// The system calls that a device target makes, from several threads at once; tests put others in their
/// place.
protocol DeviceCalls: AnyObject, Sendable {
  /// What errors call the device.
  var path: String { get }
  /// pread(2).
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) -> CallResult
  /// pwrite(2), which returns when the device has answered.
  func write(_ bytes: RawSpan, at offset: UInt64) -> CallResult
  /// Makes `range` read as zero without sending zeros; `unsupported` where that can't be.
  func zero(_ range: Range<UInt64>) -> CallResult
  /// fdatasync(2).
  func flush() -> CallResult
}

/// What a system call returned.
enum CallResult: Equatable, Sendable {
  /// So many bytes; 0 for calls that move none.
  case moved(Int)
  /// An errno, never EINTR.
  case failed(CInt)
  case unsupported
}

extension DeviceCalls {
  /// Reads until `bytes` is full; returns what kept it from that.
  func readAll(into bytes: inout MutableRawSpan, at offset: UInt64) -> BlockError? {
    var position = 0
    while position < bytes.byteCount {
      var rest = bytes._mutatingExtracting(position..<bytes.byteCount)
      switch step(.read, read(into: &rest, at: offset + UInt64(position)), position, bytes.byteCount, offset)
      {
      case .success(let count): position += count
      case .failure(let error): return error
      }
    }
    return nil
  }

  /// Writes until all of `bytes` is taken; returns what kept it from that.
  func writeAll(_ bytes: RawSpan, at offset: UInt64) -> BlockError? {
    var position = 0
    while position < bytes.byteCount {
      let rest = bytes.extracting(droppingFirst: position)
      switch step(.write, write(rest, at: offset + UInt64(position)), position, bytes.byteCount, offset) {
      case .success(let count): position += count
      case .failure(let error): return error
      }
    }
    return nil
  }

  /// How many bytes further a call that began at `position` of `byteCount` has brought it.
  private func step(
    _ operation: BlockError.Operation, _ result: CallResult, _ position: Int, _ byteCount: Int,
    _ offset: UInt64
  ) -> Result<Int, BlockError> {
    switch result {
    case .moved(let count) where count > 0: .success(count)
    case .failed(let number):
      .failure(.system(operation, path: path, offset: offset + UInt64(position), number: number))
    case .moved, .unsupported:
      .failure(.shortTransfer(operation, path: path, offset: offset, byteCount: position, of: byteCount))
    }
  }
}

extension AlignedBuffer {
  /// Fills `range` with what the device holds from `offset` on.
  mutating func fill(_ range: Range<Int>, from offset: UInt64, by calls: any DeviceCalls) -> BlockError? {
    var all = mutableBytes
    var part = all._mutatingExtracting(range)
    return calls.readAll(into: &part, at: offset)
  }

  /// Writes `range` to the device, from `offset` on.
  func write(_ range: Range<Int>, to offset: UInt64, by calls: any DeviceCalls) -> BlockError? {
    calls.writeAll(bytes.extracting(range), at: offset)
  }
}
