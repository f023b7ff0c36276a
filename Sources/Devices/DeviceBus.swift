// SPDX-License-Identifier: Apache-2.0

/// What a disk hangs on, or what makes it.
public enum DeviceBus: String, Sendable, CaseIterable {
  case usb, mmc, nvme, ata, scsi, virtio, firewire, loop
  /// Device mapper: LVM, LUKS, multipath.
  case deviceMapper = "dm"
  case md
  /// Made by the kernel from something else: zram, ram, nbd.
  case virtual
  case other

  /// From the device's path in sysfs, "/sys/devices/pci0000:00/…/usb1/…/block/sda". What is nearest to the disk decides:
  /// the reader of an SD card may itself hang on USB.
  init(devicePath: String, name: String) {
    let components = devicePath.split(separator: "/")
    if components.contains("virtual") {
      self = Self.kernelMade.first { name.hasPrefix($0.prefix) }?.bus ?? .virtual
      return
    }
    for component in components.dropLast().reversed() {
      if let bus = Self.bus(of: component) {
        self = bus
        return
      }
    }
    self = components.contains { Self.isNumbered($0, "host") } ? .scsi : .other
  }

  private static let kernelMade: [(prefix: String, bus: DeviceBus)] = [
    ("loop", .loop), ("dm-", .deviceMapper), ("md", .md), ("nvme", .nvme),
  ]

  private static func bus(of component: Substring) -> DeviceBus? {
    if component == "mmc_host" { return .mmc }
    if component == "nvme" { return .nvme }
    if isNumbered(component, "usb") { return .usb }
    if isNumbered(component, "ata") { return .ata }
    if isNumbered(component, "virtio") { return .virtio }
    if component.hasPrefix("fw"), component.dropFirst(2).first?.isNumber == true { return .firewire }
    return nil
  }

  /// "usb12" of "usb".
  private static func isNumbered(_ component: Substring, _ prefix: String) -> Bool {
    let rest = component.dropFirst(prefix.count)
    return component.hasPrefix(prefix) && !rest.isEmpty && rest.allSatisfy { ("0"..."9").contains($0) }
  }
}
