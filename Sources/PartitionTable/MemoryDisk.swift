// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CLinux

/// A disk of any size in memory, of which only the sectors that someone wrote take room: what libfdisk works on.
struct MemoryDisk: ~Copyable {
  let descriptor: CInt

  private init(descriptor: CInt) { self.descriptor = descriptor }

  /// An empty disk, or one that begins with `firstSector`.
  static func make(byteCount: UInt64, firstSector: RawSpan? = nil) throws(PartitionTableError) -> MemoryDisk {
    let descriptor = unsafe linux_memfd_create("partition table", linux_MFD_CLOEXEC)
    guard descriptor >= 0 else { throw .library(task: "make a disk in memory", number: linux_errno()) }
    let disk = MemoryDisk(descriptor: descriptor)
    guard let size = off_t(exactly: byteCount), ftruncate(descriptor, size) == 0 else {
      throw .library(task: "make a disk of \(byteCount) bytes", number: linux_errno())
    }
    if let firstSector { try disk.write(firstSector) }
    return disk
  }

  deinit { close(descriptor) }

  private func write(_ sector: RawSpan) throws(PartitionTableError) {
    let count = unsafe sector.withUnsafeBytes { bytes in
      unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
    }
    guard count == sector.byteCount else { throw .library(task: "copy sector 0", number: linux_errno()) }
  }

  func firstSector() throws(PartitionTableError) -> [UInt8] {
    var sector = [UInt8](repeating: 0, count: Int(MasterBootRecord.sectorSize))
    let count = unsafe sector.withUnsafeMutableBytes { bytes in
      unsafe pread(descriptor, bytes.baseAddress, bytes.count, 0)
    }
    guard count == sector.count else { throw .library(task: "read sector 0 back", number: linux_errno()) }
    return sector
  }
}
