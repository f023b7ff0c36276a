// SPDX-License-Identifier: Apache-2.0
import Blocks
import CExt2fs

/// A `MetadataStore` as an I/O manager of libext2fs.
///
/// The library's `open` gets no argument of ours. So the channel is made without a store, which `attach`
/// hands in before anything is read or written.
enum MetadataChannel {
  /// The manager's table of functions, for `ext2fs_initialize`.
  static var manager: io_manager { unsafe table.raw }

  /// Gives the channel its store, which it keeps alive until it is closed.
  static func attach(_ store: MetadataStore, to channel: io_channel) {
    unsafe channel.pointee.private_data = Unmanaged.passRetained(store).toOpaque()
  }

  private static let table = FunctionTable()
}

/// Filled once, before anybody has it, then neither changed nor freed: safe to share.
@safe
private struct FunctionTable: @unchecked Sendable {
  let raw: io_manager

  init() {
    unsafe raw = .allocate(capacity: 1)
    unsafe raw.initialize(to: struct_io_manager())
    unsafe raw.pointee.magic = errcode_t(EXT2_ET_MAGIC_IO_MANAGER)
    unsafe raw.pointee.open = { _, _, channel in unsafe open(channel) }
    unsafe raw.pointee.close = { channel in unsafe close(channel) }
    unsafe raw.pointee.set_blksize = { channel, size in
      unsafe channel?.pointee.block_size = size
      return 0
    }
    unsafe raw.pointee.read_blk = { channel, block, count, bytes in
      unsafe read(channel, UInt64(block), count, bytes)
    }
    unsafe raw.pointee.write_blk = { channel, block, count, bytes in
      unsafe write(channel, UInt64(block), count, bytes)
    }
    unsafe raw.pointee.read_blk64 = { channel, block, count, bytes in
      unsafe read(channel, block, count, bytes)
    }
    unsafe raw.pointee.write_blk64 = { channel, block, count, bytes in
      unsafe write(channel, block, count, bytes)
    }
    unsafe raw.pointee.zeroout = { channel, block, count in unsafe zero(channel, block, count) }
    unsafe raw.pointee.flush = { _ in 0 }
  }
}

private func open(_ result: UnsafeMutablePointer<io_channel?>?) -> errcode_t {
  let channel = io_channel.allocate(capacity: 1)
  unsafe channel.initialize(to: struct_io_channel())
  unsafe channel.pointee.magic = errcode_t(EXT2_ET_MAGIC_IO_CHANNEL)
  unsafe channel.pointee.manager = MetadataChannel.manager
  unsafe channel.pointee.block_size = 1024
  unsafe channel.pointee.refcount = 1
  unsafe result?.pointee = channel
  return 0
}

private func close(_ channel: io_channel?) -> errcode_t {
  guard let channel = unsafe channel else { return 0 }
  if let store = unsafe channel.pointee.private_data {
    unsafe Unmanaged<MetadataStore>.fromOpaque(store).release()
  }
  unsafe channel.deallocate()
  return 0
}

/// The store and the range in it that a call of the library means: `count` blocks, or as many bytes where it
/// is negative. Nil for what lies outside of the volume.
private func resolve(
  _ channel: io_channel?, _ block: UInt64, _ count: Int64
) -> (store: MetadataStore, range: Range<UInt64>)? {
  guard let channel = unsafe channel, let opaque = unsafe channel.pointee.private_data else { return nil }
  let store = unsafe Unmanaged<MetadataStore>.fromOpaque(opaque).takeUnretainedValue()
  let blockSize = unsafe UInt64(channel.pointee.block_size)
  let (start, isFar) = block.multipliedReportingOverflow(by: blockSize)
  let (byteCount, isLong) =
    count < 0 ? (count.magnitude, false) : count.magnitude.multipliedReportingOverflow(by: blockSize)
  guard !isFar, !isLong, start <= store.size, byteCount <= store.size - start else { return nil }
  return (store, start..<start + byteCount)
}

private func read(
  _ channel: io_channel?, _ block: UInt64, _ count: CInt, _ bytes: UnsafeMutableRawPointer?
) -> errcode_t {
  guard let (store, range) = unsafe resolve(channel, block, Int64(count)), let bytes = unsafe bytes else {
    return errcode_t(EXT2_ET_SHORT_READ)
  }
  let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: range.count)
  var span = unsafe buffer.mutableBytes
  store.read(into: &span, at: range.lowerBound)
  return 0
}

private func write(
  _ channel: io_channel?, _ block: UInt64, _ count: CInt, _ bytes: UnsafeRawPointer?
) -> errcode_t {
  guard let (store, range) = unsafe resolve(channel, block, Int64(count)), let bytes = unsafe bytes else {
    return errcode_t(EXT2_ET_SHORT_WRITE)
  }
  store.write(unsafe UnsafeRawBufferPointer(start: bytes, count: range.count).bytes, at: range.lowerBound)
  return 0
}

private func zero(_ channel: io_channel?, _ block: UInt64, _ count: UInt64) -> errcode_t {
  guard let count = Int64(exactly: count), let (store, range) = unsafe resolve(channel, block, count) else {
    return errcode_t(EXT2_ET_SHORT_WRITE)
  }
  store.zero(range)
  return 0
}
