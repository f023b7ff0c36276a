// SPDX-License-Identifier: Apache-2.0

/// How a device wants to be written, as its queue in sysfs says.
///
/// Source: Linux, Documentation/ABI/stable/sysfs-block. A value that the kernel doesn't tell is nil.
public struct QueueLimits: Equatable, Sendable {
  /// The unit that the device addresses: offsets and lengths of direct I/O are multiples of it.
  public var logicalBlockSize: Int?
  /// The unit that the device writes without reading first.
  public var physicalBlockSize: Int?
  /// The largest request that is sent to the device, in bytes. `max_sectors_kb`.
  public var largestRequestByteCount: Int?
  /// The request that suits the device best, in bytes; nil where it has no wish. `optimal_io_size`.
  public var optimalByteCount: Int?
  /// Requests that the queue holds. `nr_requests`.
  public var requestCount: Int?
  /// The largest discard, in bytes; 0 where the device has none. `discard_max_bytes`.
  public var largestDiscardByteCount: UInt64?
  /// The largest range that the device zeroes by itself, in bytes; 0 where it can't. `write_zeroes_max_bytes`.
  public var largestZeroByteCount: UInt64?
  /// A disk that turns. `rotational`.
  public var isRotational: Bool?

  public init() {}
}

extension QueueLimits {
  /// - Parameter directory: of the disk in sysfs.
  init(_ tree: SystemTree, _ directory: String) {
    let queue = directory + "/queue/"
    logicalBlockSize = tree.number(queue + "logical_block_size")
    physicalBlockSize = tree.number(queue + "physical_block_size")
    largestRequestByteCount = tree.number(queue + "max_sectors_kb").flatMap { (count: Int) in
      let (byteCount, overflow) = count.multipliedReportingOverflow(by: 1024)
      return overflow ? nil : byteCount
    }
    optimalByteCount = tree.number(queue + "optimal_io_size").flatMap { $0 > 0 ? $0 : nil }
    requestCount = tree.number(queue + "nr_requests")
    largestDiscardByteCount = tree.number(queue + "discard_max_bytes")
    largestZeroByteCount = tree.number(queue + "write_zeroes_max_bytes")
    isRotational = tree.number(queue + "rotational").map { (value: Int) in value != 0 }
  }
}
