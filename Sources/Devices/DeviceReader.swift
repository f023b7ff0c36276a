// SPDX-License-Identifier: Apache-2.0

/// What sysfs and udev know of one disk, whoever uses it.
struct DeviceReader {
  let tree: SystemTree
  let node: BlockNodes.Node
  private let udev: UdevRecord
  /// In sysfs, with all links followed: "/sys/devices/pci0000:00/…/block/sda".
  private let devicePath: String
  private let bus: DeviceBus

  init(_ tree: SystemTree, _ node: BlockNodes.Node) {
    self.tree = tree
    self.node = node
    udev = UdevRecord(tree, node.number)
    do throws(FileFailure) { devicePath = try tree.realPath(node.directory) } catch {
      devicePath = node.directory
    }
    bus = DeviceBus(devicePath: devicePath, name: node.name)
  }

  /// Nil for a device that has gone meanwhile, and for a path of several to one disk.
  func device(stablePaths: [String], nodes: BlockNodes) -> Device? {
    guard let byteCount = byteCount(in: node.directory), !flag("hidden") else { return nil }
    var device = Device(
      path: node.path, number: node.number, byteCount: byteCount, bus: bus,
      isRemovable: flag("removable"), isReadOnly: flag("ro"))
    device.vendor = vendor
    device.model = model
    device.serial = serial
    device.cardID = bus == .mmc ? attribute("device/cid")?.deviceName : nil
    device.stablePaths = stablePaths
    device.kind = kind
    device.isSoldered = isSoldered
    device.partitions = partitions(nodes)
    device.queue = QueueLimits(tree, node.directory)
    device.sequence = tree.number(node.directory + "/diskseq")
    device.readerMatch = readerMatch
    device.isAccessible = tree.isAccessible(node.path)
    device.backingPath = nodes.backingPath(of: node.name)
    return device
  }

  private func attribute(_ name: String) -> String? { tree.attribute(node.directory + "/" + name) }

  private func flag(_ name: String) -> Bool { attribute(name) == "1" }

  /// sysfs counts in sectors of 512 bytes whatever the device's own are.
  private func byteCount(in directory: String) -> UInt64? {
    tree.number(directory + "/size").flatMap { (count: UInt64) in
      let (byteCount, overflow) = count.multipliedReportingOverflow(by: 512)
      return overflow ? nil : byteCount
    }
  }

  private func partitions(_ nodes: BlockNodes) -> [Device.Partition] {
    nodes.partitions(of: node.name).compactMap { part in
      guard let number = part.partitionNumber, let byteCount = byteCount(in: part.directory),
        let start: UInt64 = tree.number(part.directory + "/start")
      else { return nil }
      let (offset, overflow) = start.multipliedReportingOverflow(by: 512)
      let (end, beyond) = offset.addingReportingOverflow(byteCount)
      guard !overflow, !beyond else { return nil }
      return Device.Partition(path: part.path, number: number, deviceNumber: part.number, range: offset..<end)
    }
  }
}

// MARK: What it is

extension DeviceReader {
  private var kind: Device.Kind {
    let name = node.name
    if bus == .mmc, ["boot", "rpmb", "gp"].contains(where: { name.hasMMCArea($0) }) { return .eMMCArea }
    // 5 is SCSI's type for optical drives.
    if attribute("device/type") == "5" || name.hasPrefix("sr") { return .opticalDrive }
    return .disk
  }

  /// SD cards are of type SD; MMC is an eMMC, as the removable cards of that name have died out.
  private var isSoldered: Bool {
    bus == .mmc && (attribute("device/type") == "MMC" || tree.exists("/sys/block/\(node.name)boot0"))
  }

  private var vendor: String? {
    // virtio's and PCI's are numbers.
    let vendor = udev.name("ID_VENDOR") ?? attribute("device/vendor")?.deviceName
    return vendor?.hasPrefix("0x") == true ? nil : vendor
  }

  private var model: String? {
    udev["ID_MODEL_ENC"]?.decodingHexEscapes.deviceName
      ?? attribute("device/model")?.deviceName
      ?? udev["ID_MODEL"]?.deviceName
      ?? (bus == .mmc ? attribute("device/name")?.deviceName : nil)
      ?? attribute("dm/name")?.deviceName
  }

  private var serial: String? {
    udev["ID_SERIAL_SHORT"]?.decodingHexEscapes.deviceName
      ?? attribute("device/serial")?.deviceName
      ?? attribute("serial")?.deviceName
      ?? usbDevice.flatMap { tree.attribute($0 + "/serial")?.deviceName }
  }

  private var readerMatch: UdevRule.Match? {
    switch bus {
    case .usb:
      guard let usbDevice else { return .usb(udev["ID_VENDOR_ID"], udev["ID_MODEL_ID"]) }
      return .usb(tree.attribute(usbDevice + "/idVendor"), tree.attribute(usbDevice + "/idProduct"))
    case .mmc: return .path(checking: udev["ID_PATH"])
    default: return nil
    }
  }

  /// The USB device that the disk belongs to, in sysfs.
  private var usbDevice: String? {
    guard bus == .usb else { return nil }
    var path = devicePath[...]
    while let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      path = path[..<slash]
      if tree.exists(path + "/idVendor") { return String(path) }
    }
    return nil
  }
}

extension String {
  /// "mmcblk0boot1" has "boot": a number, the area's name, and for all but rpmb a number.
  fileprivate func hasMMCArea(_ area: String) -> Bool {
    guard hasPrefix("mmcblk") else { return false }
    let rest = dropFirst("mmcblk".count).drop { $0.isNumber }
    return rest.hasPrefix(area) && rest.dropFirst(area.count).allSatisfy(\.isNumber)
  }
}
