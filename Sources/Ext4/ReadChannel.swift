// SPDX-License-Identifier: Apache-2.0
import Blocks
import CExt2fs

/// What is read of a target, by the library and by us; the first error of the target is kept.
final class VolumeSource {
  private let target: any BlockTarget
  private(set) var failure: BlockError?

  init(_ target: any BlockTarget) { self.target = target }

  var size: UInt64 { target.size }

  /// - Returns: false, and nothing is read, where the range reaches beyond the end of the target.
  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(Ext4Error) -> Bool {
    guard offset <= size, UInt64(bytes.byteCount) <= size - offset else { return false }
    do throws(BlockError) {
      try target.read(into: &bytes, at: offset)
    } catch {
      if failure == nil { failure = error }
      throw .target(error)
    }
    return true
  }

  /// Reads what the volume has.
  func readAll(into bytes: inout MutableRawSpan, at offset: UInt64) throws(Ext4Error) {
    let byteCount = UInt64(bytes.byteCount)
    guard try read(into: &bytes, at: offset) else {
      throw .target(.outOfBounds(offset: offset, byteCount: byteCount, size: size))
    }
  }
}

/// A `VolumeSource` as an I/O manager of libext2fs that only reads.
///
/// The library's `open` gets a name and nothing else, so the name is the address of the source.
enum ReadChannel {
  static var manager: io_manager { unsafe table.raw }

  /// The name to open; the channel keeps the source alive from then on.
  static func name(of source: VolumeSource) -> String {
    unsafe String(UInt(bitPattern: Unmanaged.passUnretained(source).toOpaque()))
  }

  private static let table = ReadFunctionTable()
}

/// Filled once, before anybody has it, then neither changed nor freed: safe to share.
@safe
private struct ReadFunctionTable: @unchecked Sendable {
  let raw: io_manager

  init() {
    unsafe raw = .allocate(capacity: 1)
    unsafe raw.initialize(to: struct_io_manager())
    unsafe raw.pointee.magic = errcode_t(EXT2_ET_MAGIC_IO_MANAGER)
    unsafe raw.pointee.open = { name, _, channel in unsafe open(name, channel) }
    unsafe raw.pointee.close = { channel in unsafe close(channel) }
    unsafe raw.pointee.set_blksize = { channel, size in
      unsafe channel?.pointee.block_size = size
      return 0
    }
    unsafe raw.pointee.read_blk = { channel, block, count, bytes in
      unsafe read(channel, UInt64(block), count, bytes)
    }
    unsafe raw.pointee.read_blk64 = { channel, block, count, bytes in
      unsafe read(channel, block, count, bytes)
    }
    unsafe raw.pointee.write_blk = { _, _, _, _ in errcode_t(EXT2_ET_RO_FILSYS) }
    unsafe raw.pointee.write_blk64 = { _, _, _, _ in errcode_t(EXT2_ET_RO_FILSYS) }
    unsafe raw.pointee.flush = { _ in 0 }
  }
}

private func open(_ name: UnsafePointer<CChar>?, _ result: UnsafeMutablePointer<io_channel?>?) -> errcode_t {
  guard let name = unsafe name, let address = unsafe UInt(String(cString: name)),
    let source = unsafe UnsafeRawPointer(bitPattern: address)
  else { return errcode_t(EXT2_ET_BAD_DEVICE_NAME) }
  let channel = io_channel.allocate(capacity: 1)
  unsafe channel.initialize(to: struct_io_channel())
  unsafe channel.pointee.magic = errcode_t(EXT2_ET_MAGIC_IO_CHANNEL)
  unsafe channel.pointee.manager = ReadChannel.manager
  unsafe channel.pointee.block_size = 1024
  unsafe channel.pointee.refcount = 1
  unsafe channel.pointee.private_data =
    Unmanaged<VolumeSource>.fromOpaque(source).retain().toOpaque()
  unsafe result?.pointee = channel
  return 0
}

private func close(_ channel: io_channel?) -> errcode_t {
  guard let channel = unsafe channel else { return 0 }
  if let source = unsafe channel.pointee.private_data {
    unsafe Unmanaged<VolumeSource>.fromOpaque(source).release()
  }
  unsafe channel.deallocate()
  return 0
}

/// `count` blocks, or as many bytes where it is negative.
private func read(
  _ channel: io_channel?, _ block: UInt64, _ count: CInt, _ bytes: UnsafeMutableRawPointer?
) -> errcode_t {
  guard let channel = unsafe channel, let opaque = unsafe channel.pointee.private_data,
    let bytes = unsafe bytes
  else { return errcode_t(EXT2_ET_SHORT_READ) }
  let source = unsafe Unmanaged<VolumeSource>.fromOpaque(opaque).takeUnretainedValue()
  let blockSize = unsafe Int(channel.pointee.block_size)
  let byteCount = count < 0 ? Int(count.magnitude) : Int(count) * blockSize
  let (offset, isFar) = block.multipliedReportingOverflow(by: UInt64(blockSize))
  guard !isFar else { return errcode_t(EXT2_ET_SHORT_READ) }
  let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: byteCount)
  var span = unsafe buffer.mutableBytes
  do throws(Ext4Error) {
    return try source.read(into: &span, at: offset) ? 0 : errcode_t(EXT2_ET_SHORT_READ)
  } catch {
    return errcode_t(EXT2_ET_SHORT_READ)
  }
}
