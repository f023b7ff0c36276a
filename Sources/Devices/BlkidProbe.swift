// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import CBlkid
internal import CLinux

/// Sole owner of a libblkid probe of a range of an open file, which outlives it.
///
/// Calls return 0 and more for what is found, or a negative number with errno.
@safe
struct BlkidProbe: ~Copyable {
  private let raw: blkid_probe
  private let path: String

  private init(owning raw: blkid_probe, _ path: String) {
    unsafe self.raw = raw
    self.path = path
  }

  deinit { unsafe blkid_free_probe(raw) }

  /// - Parameter range: in bytes, not empty.
  static func open(_ file: borrowing FileDescriptor, _ range: Range<UInt64>) throws(DeviceError) -> BlkidProbe
  {
    guard let raw = unsafe blkid_new_probe() else {
      throw .system(task: "look at its content", path: file.path, number: ENOMEM)
    }
    let probe = unsafe BlkidProbe(owning: raw, file.path)
    let offset = blkid_loff_t(range.lowerBound)
    let byteCount = blkid_loff_t(range.upperBound - range.lowerBound)
    try probe.check(unsafe blkid_probe_set_device(raw, file.raw, offset, byteCount))
    return probe
  }

  private func check(_ code: CInt) throws(DeviceError) {
    guard code < 0 else { return }
    let number = linux_errno()
    throw .system(task: "look at its content", path: path, number: number == 0 ? EIO : number)
  }

  private func value(_ name: String) -> String? {
    var text: UnsafePointer<CChar>?
    guard unsafe blkid_probe_lookup_value(raw, name, &text, nil) == 0, let text = unsafe text else {
      return nil
    }
    return unsafe String(cString: text).deviceName
  }
}

// MARK: File systems and their like

extension BlkidProbe {
  private static let ambivalent: CInt = -2

  func signatures() throws(DeviceError) -> [DiskContents.Signature] {
    try prepare(superblocks: true)
    switch unsafe blkid_do_safeprobe(raw) {
    case 0: return signature.map { [$0] } ?? []
    case Self.ambivalent: return try allSignatures()
    case let code:
      try check(code)
      return []
    }
  }

  /// One after the other, where several lay claim to the range.
  private func allSignatures() throws(DeviceError) -> [DiskContents.Signature] {
    try prepare(superblocks: true)
    var found: [DiskContents.Signature] = []
    while true {
      let code = unsafe blkid_do_probe(raw)
      try check(code)
      guard code == 0 else { return found }
      if let signature { found.append(signature) }
    }
  }

  private var signature: DiskContents.Signature? {
    value("TYPE").map { DiskContents.Signature(type: $0, label: value("LABEL"), uuid: value("UUID")) }
  }

  private func prepare(superblocks: Bool) throws(DeviceError) {
    unsafe blkid_reset_probe(raw)
    try check(unsafe blkid_probe_enable_superblocks(raw, superblocks ? 1 : 0))
    try check(unsafe blkid_probe_enable_partitions(raw, superblocks ? 0 : 1))
    let flags = BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE
    try check(unsafe blkid_probe_set_superblocks_flags(raw, flags))
  }
}

// MARK: Partitions

extension BlkidProbe {
  struct Table {
    let type: String
    let entries: [Entry]
  }

  struct Entry {
    let number: Int
    let range: Range<UInt64>
    let name: String?
    /// Holds logical partitions, which are entries of their own.
    let isExtended: Bool
  }

  /// Nil where there is none. Several tables at once count as the first that libblkid names.
  func partitionTable() throws(DeviceError) -> Table? {
    try prepare(superblocks: false)
    let code = unsafe blkid_do_safeprobe(raw)
    if code != Self.ambivalent { try check(code) }
    guard code == 0, let type = value("PTTYPE") else { return nil }
    return Table(type: type, entries: try entries())
  }

  private func entries() throws(DeviceError) -> [Entry] {
    guard let list = unsafe blkid_probe_get_partitions(raw) else { return [] }
    var entries: [Entry] = []
    for index in 0..<max(0, unsafe blkid_partlist_numof_partitions(list)) {
      guard let partition = unsafe blkid_partlist_get_partition(list, index) else { continue }
      guard
        let range = Self.range(
          unsafe blkid_partition_get_start(partition), unsafe blkid_partition_get_size(partition))
      else { continue }
      let name = unsafe blkid_partition_get_name(partition).flatMap { unsafe String(cString: $0).deviceName }
      entries.append(
        Entry(
          number: Int(unsafe blkid_partition_get_partno(partition)), range: range, name: name,
          isExtended: unsafe blkid_partition_is_extended(partition) == 1))
    }
    return entries
  }

  /// libblkid counts in sectors of 512 bytes.
  private static func range(_ start: blkid_loff_t, _ count: blkid_loff_t) -> Range<UInt64>? {
    guard let start = UInt64(exactly: start), let count = UInt64(exactly: count) else { return nil }
    let (end, overflow) = start.addingReportingOverflow(count)
    guard !overflow, end <= UInt64.max / 512 else { return nil }
    return start * 512..<end * 512
  }
}
