// SPDX-License-Identifier: Apache-2.0
import Blocks
import CExt2fs

// Inodes and where the content of files lies, for a file system that was opened with its checksums.
extension CheckedFileSystem {
  /// Fills `slot`, all bytes of an inode.
  ///
  /// - Returns: why not.
  func read(inode number: UInt32, into slot: inout AlignedBuffer) -> Ext4Error.Damage? {
    var bytes = slot.mutableBytes
    let code = unsafe bytes.withUnsafeMutableBytes { bytes -> errcode_t in
      guard let start = bytes.baseAddress else { return errcode_t(EXT2_ET_NO_MEMORY) }
      return unsafe ext2fs_read_inode2(
        raw, number, start.assumingMemoryBound(to: ext2_inode.self), CInt(bytes.count), 0)
    }
    return code == 0 ? nil : damage(code)
  }

  /// Where the content of a file lies, in order; blocks that nothing was written to are left out.
  ///
  /// - Parameter inode: one that has blocks.
  func extents(of inode: StoredInode, within blocks: Range<UInt64>) -> Result<[Extent], Ext4Error.Damage> {
    guard !inode.hasExtents || inode.extentDepth <= ExtentNode.largestDepth else {
      return .failure(.extentDepth(inode.extentDepth))
    }
    var collector = ExtentCollector(blocks: blocks)
    let code =
      inode.hasExtents ? collect(inode.number, &collector) : collectPointers(inode.number, &collector)
    if let damage = collector.damage { return .failure(damage) }
    if code != 0 { return .failure(damage(code)) }
    return collector.result()
  }

  private func damage(_ code: errcode_t) -> Ext4Error.Damage {
    switch code {
    case errcode_t(EXT2_ET_INODE_CSUM_INVALID): .inodeChecksum
    case errcode_t(EXT2_ET_EXTENT_CSUM_INVALID): .extentChecksum
    default: .library(unsafe String(cString: error_message(code)))
    }
  }

  /// The extent tree. The library follows it to the depth that its root has, with a block in memory for each level; a
  /// leaf that comes again breaks the order.
  private func collect(_ inode: UInt32, _ collector: inout ExtentCollector) -> errcode_t {
    var handle: ext2_extent_handle_t?
    let code = unsafe ext2fs_extent_open(raw, inode, &handle)
    guard code == 0, let handle = unsafe handle else { return code }
    defer { unsafe ext2fs_extent_free(handle) }
    var extent = ext2fs_extent()
    var step = EXT2_EXTENT_ROOT
    while true {
      let code = unsafe ext2fs_extent_get(handle, step, &extent)
      if code == errcode_t(EXT2_ET_EXTENT_NO_NEXT) { return 0 }
      guard code == 0 else { return code }
      step = EXT2_EXTENT_NEXT
      guard extent.e_flags & UInt32(EXT2_EXTENT_FLAGS_LEAF) != 0 else { continue }
      let isWritten = extent.e_flags & UInt32(EXT2_EXTENT_FLAGS_UNINIT) == 0
      let found = Extent(logical: extent.e_lblk, physical: extent.e_pblk, blockCount: UInt64(extent.e_len))
      guard collector.append(found, isWritten: isWritten) else { return 0 }
    }
  }

  /// Pointers to blocks, direct and indirect.
  private func collectPointers(_ inode: UInt32, _ collector: inout ExtentCollector) -> errcode_t {
    unsafe withUnsafeMutablePointer(to: &collector) { collector in
      unsafe ext2fs_block_iterate3(
        raw, inode, BLOCK_FLAG_READ_ONLY, nil,
        { _, block, logical, _, _, collector in
          guard let block = unsafe block?.pointee,
            let collector = unsafe collector?.assumingMemoryBound(to: ExtentCollector.self)
          else { return BLOCK_ABORT }
          return unsafe collector.pointee.append(block, logical: logical) ? 0 : BLOCK_ABORT
        }, collector)
    }
  }
}

/// Blocks of one file as they come, until something can't be.
private struct ExtentCollector {
  /// Those that the volume has.
  let blocks: Range<UInt64>
  private(set) var damage: Ext4Error.Damage?
  private var extents: [Extent] = []
  private var nextLogical: UInt64 = 0
  private var count: UInt64 = 0

  init(blocks: Range<UInt64>) { self.blocks = blocks }

  /// - Returns: whether to go on.
  mutating func append(_ extent: Extent, isWritten: Bool) -> Bool {
    guard extent.blockCount > 0, extent.logical >= nextLogical else { return fail(.extentOrder) }
    let (end, isBeyond) = extent.physical.addingReportingOverflow(extent.blockCount)
    guard !isBeyond, extent.physical >= blocks.lowerBound, end <= blocks.upperBound else {
      return fail(.blockOutside(extent.physical))
    }
    nextLogical = extent.logical + extent.blockCount
    guard isWritten else { return true }
    if let last = extents.last, last.logical + last.blockCount == extent.logical,
      last.physical + last.blockCount == extent.physical
    {
      extents[extents.count - 1].blockCount += extent.blockCount
    } else {
      extents.append(extent)
    }
    return true
  }

  /// A block of the file, or one of pointers, whose `logical` is below 0. More of them than the volume has blocks go
  /// round in a circle.
  mutating func append(_ block: UInt64, logical: Int64) -> Bool {
    count += 1
    guard count <= blocks.upperBound else { return fail(.blockTwice(block)) }
    guard logical >= 0 else { return true }
    return append(Extent(logical: UInt64(logical), physical: block, blockCount: 1), isWritten: true)
  }

  private mutating func fail(_ damage: Ext4Error.Damage) -> Bool {
    self.damage = damage
    return false
  }

  /// The extents, none of which may have a block of another.
  func result() -> Result<[Extent], Ext4Error.Damage> {
    guard extents.count > 1 else { return .success(extents) }
    let sorted = extents.sorted { $0.physical < $1.physical }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where first.physical + first.blockCount > second.physical {
      return .failure(.blockTwice(second.physical))
    }
    return .success(extents)
  }
}
