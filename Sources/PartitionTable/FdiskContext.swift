// SPDX-License-Identifier: Apache-2.0
internal import CFdisk
internal import CLinux

/// Sole owner of a libfdisk context with a disk assigned to it.
///
/// Calls that fail return a negative errno; `check` turns it into the module's error.
@safe
struct FdiskContext: ~Copyable {
  private let raw: OpaquePointer

  private init(owning raw: OpaquePointer) { unsafe self.raw = raw }

  deinit { unsafe fdisk_unref_context(raw) }

  /// - Parameter disk: must outlive the context.
  static func open(_ disk: borrowing MemoryDisk) throws(PartitionTableError) -> FdiskContext {
    guard let raw = unsafe fdisk_new_context() else {
      throw .library(task: "start libfdisk", number: ENOMEM)
    }
    let context = unsafe FdiskContext(owning: raw)
    try check(unsafe fdisk_disable_dialogs(raw, 1), "turn off questions")
    try check(unsafe fdisk_assign_device_by_fd(raw, disk.descriptor, "memory", 0), "open the disk")
    return context
  }

  /// An empty table. Partitions may begin at sector 1.
  func createLabel(diskSignature: UInt32) throws(PartitionTableError) {
    try check(unsafe fdisk_create_disklabel(raw, "dos"), "make an MBR")
    let identifier = "0x" + String(diskSignature, radix: 16)
    try check(unsafe fdisk_set_disklabel_id_from_string(raw, identifier), "set the disk signature")
    try check(unsafe fdisk_set_first_lba(raw, 1) < 0 ? -EINVAL : 0, "let partitions begin at sector 1")
  }

  func add(_ partition: MasterBootRecord.Partition) throws(PartitionTableError) {
    let task =
      "add partition \(partition.number), \(partition.sectorCount) sectors from \(partition.firstLBA) on"
    let entry = try FdiskPartition.new()
    let type = try FdiskPartitionType.new(code: partition.type.rawValue)
    try check(unsafe fdisk_partition_set_partno(entry.raw, partition.number - 1), task)
    try check(unsafe fdisk_partition_set_start(entry.raw, UInt64(partition.firstLBA)), task)
    try check(unsafe fdisk_partition_set_size(entry.raw, UInt64(partition.sectorCount)), task)
    try check(unsafe fdisk_partition_size_explicit(entry.raw, 1), task)
    try check(unsafe fdisk_partition_set_type(entry.raw, type.raw), task)
    try check(unsafe fdisk_add_partition(raw, entry.raw, nil), task)
    if partition.isActive {
      let flag = UInt(DOS_FLAG_ACTIVE)
      try check(unsafe fdisk_toggle_partition_flag(raw, partition.number - 1, flag), "set the active flag")
    }
  }

  func write() throws(PartitionTableError) {
    try check(unsafe fdisk_verify_disklabel(raw), "agree with the table")
    try check(unsafe fdisk_write_disklabel(raw), "write the table")
  }

  var holdsMasterBootRecord: Bool {
    guard let label = unsafe fdisk_get_label(raw, nil) else { return false }
    return unsafe fdisk_label_get_type(label) == Int32(FDISK_DISKLABEL_DOS.rawValue)
  }

  func diskSignature() throws(PartitionTableError) -> UInt32 {
    var text: UnsafeMutablePointer<CChar>?
    try check(unsafe fdisk_get_disklabel_id(raw, &text), "read the disk signature")
    defer { unsafe free(text) }
    guard let text = unsafe text, let value = unsafe UInt32(String(cString: text).dropFirst(2), radix: 16)
    else { throw .library(task: "read the disk signature", number: EINVAL) }
    return value
  }

  /// The primary partitions in use.
  func partitions() throws(PartitionTableError) -> [MasterBootRecord.Partition] {
    var found: [MasterBootRecord.Partition] = []
    for index in 0..<4 {
      var raw: OpaquePointer?
      guard unsafe fdisk_get_partition(self.raw, index, &raw) == 0, let entry = unsafe raw else { continue }
      let partition = unsafe FdiskPartition(owning: entry)
      if let value = partition.value { found.append(value) }
    }
    return found
  }
}

/// Sole owner of a reference to a libfdisk partition.
@safe
private struct FdiskPartition: ~Copyable {
  let raw: OpaquePointer

  init(owning raw: OpaquePointer) { unsafe self.raw = raw }

  deinit { unsafe fdisk_unref_partition(raw) }

  static func new() throws(PartitionTableError) -> FdiskPartition {
    guard let raw = unsafe fdisk_new_partition() else {
      throw .library(task: "make a partition", number: ENOMEM)
    }
    return unsafe FdiskPartition(owning: raw)
  }

  /// Nil where the entry is unused or lies beyond what an MBR can say.
  var value: MasterBootRecord.Partition? {
    guard unsafe fdisk_partition_is_used(raw) == 1,
      let firstLBA = unsafe UInt32(exactly: fdisk_partition_get_start(raw)),
      let sectorCount = unsafe UInt32(exactly: fdisk_partition_get_size(raw)),
      let type = unsafe fdisk_partition_get_type(raw)
    else { return nil }
    return MasterBootRecord.Partition(
      number: unsafe fdisk_partition_get_partno(raw) + 1, firstLBA: firstLBA, sectorCount: sectorCount,
      type: PartitionType(rawValue: unsafe UInt8(truncatingIfNeeded: fdisk_parttype_get_code(type))),
      isActive: unsafe fdisk_partition_is_bootable(raw) == 1)
  }
}

/// Sole owner of a reference to a libfdisk partition type.
@safe
private struct FdiskPartitionType: ~Copyable {
  let raw: OpaquePointer

  private init(owning raw: OpaquePointer) { unsafe self.raw = raw }

  deinit { unsafe fdisk_unref_parttype(raw) }

  static func new(code: UInt8) throws(PartitionTableError) -> FdiskPartitionType {
    guard let raw = unsafe fdisk_new_parttype() else {
      throw .library(task: "make a partition type", number: ENOMEM)
    }
    let type = unsafe FdiskPartitionType(owning: raw)
    try check(unsafe fdisk_parttype_set_code(raw, CInt(code)), "set a partition's type")
    return type
  }
}

/// Throws for the negative errno that libfdisk returns.
private func check(_ code: CInt, _ task: String) throws(PartitionTableError) {
  if code < 0 { throw .library(task: task, number: -code) }
}
