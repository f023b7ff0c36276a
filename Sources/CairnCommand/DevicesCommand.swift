// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List disks and cards, who uses them, and which may be written.",
    discussion: """
      Read from sysfs, mountinfo and udev's database; nothing is opened, and no rights are needed. A card is a disk that \
      is removable, on USB, or an SD card. What is mounted (in any mount namespace that can be seen), swapped to, part \
      of a RAID, LVM or another device, read-only, or under the running system is never written; what is not \
      removable takes --allow non-removable, what is larger than 2 TiB --allow large.
      """)

  @Flag(help: "Print all that is known as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Read sys, proc, run and dev below this directory, as a copy of another machine's.",
      valueName: "directory"))
  var sysroot = "/"

  func validate() throws { try FileArgument.check(input: sysroot, "--sysroot") }

  func run() throws {
    let list: DeviceList
    do throws(DeviceError) { list = try DeviceList(SystemTree(root: sysroot)) } catch { throw Failure(error) }
    if json { return try Terminal.standardOutput(list.json()) }
    guard !list.devices.isEmpty else { return try Terminal.standardOutput("There are no disks.\n") }
    let rows = [["DEVICE", "SIZE", "BUS", "MODEL", "SERIAL", "IN USE", "VERDICT"]] + list.devices.map(row)
    try Terminal.standardOutput(TextTable(rows: rows).lines.map { $0 + "\n" }.joined())
  }

  private func row(_ device: Device) -> [String] {
    [
      device.path.printable, size(of: device), device.bus.rawValue, model(of: device),
      device.serial ?? device.cardID ?? "", inUse(device), verdict(on: device),
    ]
  }

  private func size(of device: Device) -> String {
    device.byteCount == 0 ? "no medium" : ByteSize(byteCount: device.byteCount).rounded
  }

  private func model(of device: Device) -> String {
    if let path = device.backingPath { return path.printable }
    return [device.vendor, device.model].compactMap { $0 }.joined(separator: " ")
  }

  private func inUse(_ device: Device) -> String {
    let words = device.uses.map { use in
      switch use {
      case .mounted(_, let place): place.printable
      case .swap: "[swap]"
      case .held(_, let holder): "[\(holder.name.printable)]"
      }
    }
    return words.count > 3 ? "\(words[0]) and \(words.count - 1) more" : words.joined(separator: " ")
  }

  private func verdict(on device: Device) -> String {
    switch device.refusals().first {
    case nil: device.isAccessible == false ? "may be written, but not by this user" : "may be written"
    case .systemDisk: "system's disk"
    case .mounted: "mounted"
    case .swap: "swap"
    case .held(_, let holder):
      "part of \(holder.kind.rawValue.dropFirst("the ".count)) \(holder.name.printable)"
    case .noMedium: "put a card in"
    case .notACard(_, .opticalDrive): "optical drive"
    case .notACard: "eMMC's own area"
    case .readOnly: "read-only"
    case .notRemovable: "not removable: --allow non-removable"
    case .tooLarge: "larger than 2 TiB: --allow large"
    case .partition, .tooSmall: ""
    }
  }
}
