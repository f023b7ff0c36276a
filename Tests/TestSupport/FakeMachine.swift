// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A made-up sysfs, procfs, udev database and /dev in a directory.
public final class FakeMachine {
  private let scratch: TemporaryDirectory
  private var mounts: [String] = []
  private var swaps: [String] = []

  public init() throws {
    scratch = try TemporaryDirectory()
    for directory in ["sys/block", "proc/self", "run/udev/data", "dev/disk/by-id"] {
      try makeDirectory(directory)
    }
    try file("proc/self/mountinfo", "")
    try file("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
  }

  /// Where its sys, proc, run and dev lie.
  public var root: String { scratch.path }

  // MARK: Making it up

  public func makeDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: scratch.path(path), withIntermediateDirectories: true)
  }

  public func file(_ path: String, _ text: String) throws {
    try makeDirectory((path as NSString).deletingLastPathComponent)
    try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.path(path)))
  }

  public func link(_ path: String, to target: String) throws {
    try makeDirectory((path as NSString).deletingLastPathComponent)
    try FileManager.default.createSymbolicLink(atPath: scratch.path(path), withDestinationPath: target)
  }

  /// A whole disk, with a node that is a file.
  ///
  /// - Parameters:
  ///   - parent: the device that it is, below /sys/devices; for instance one on USB.
  ///   - attributes: by path from the disk's directory.
  public func disk(
    _ name: String, _ number: String, byteCount: UInt64, on parent: String, removable: Bool = false,
    attributes: [String: String] = [:]
  ) throws {
    let directory = "sys/devices/\(parent)/block/\(name)"
    var all = [
      "dev": number, "size": "\(byteCount / 512)", "removable": removable ? "1" : "0", "ro": "0",
      "queue/logical_block_size": "512",
    ]
    all.merge(attributes) { $1 }
    for (path, value) in all { try file("\(directory)/\(path)", value + "\n") }
    try makeDirectory(directory + "/holders")
    try makeDirectory(directory + "/slaves")
    try link("sys/block/" + name, to: "../devices/\(parent)/block/\(name)")
    try file("dev/" + name, "")
  }

  public func partition(_ name: String, _ number: String, of disk: String, start: UInt64, byteCount: UInt64)
    throws
  {
    let index = String(name.reversed().prefix { $0.isNumber }.reversed())
    let attributes = [
      "dev": number, "partition": index, "start": "\(start / 512)", "size": "\(byteCount / 512)",
    ]
    for (path, value) in attributes { try file("sys/block/\(disk)/\(name)/\(path)", value + "\n") }
    try makeDirectory("sys/block/\(disk)/\(name)/holders")
    try file("dev/" + name, "")
  }

  /// `upper` stands on `lower`: "sda/sda3", or "sda" for a whole disk.
  public func stack(_ upper: String, on lower: String) throws {
    let name = String(lower.split(separator: "/").last ?? "")
    try link("sys/block/\(upper)/slaves/\(name)", to: "../../\(name)")
    try link("sys/block/\(lower)/holders/\(upper)", to: "../../\(upper)")
  }

  public func mount(
    _ number: String, _ source: String, at point: String, type: String = "ext4", process: String = "self"
  ) throws {
    let line = "36 35 \(number) / \(point) rw,relatime shared:1 - \(type) \(source) rw\n"
    let path = "proc/\(process)/mountinfo"
    let before = (try? String(contentsOfFile: scratch.path(path), encoding: .utf8)) ?? ""
    try file(path, before + line)
  }

  public func swap(_ path: String, type: String = "partition") throws {
    let before = try String(contentsOfFile: scratch.path("proc/swaps"), encoding: .utf8)
    try file("proc/swaps", before + "\(path)  \(type)\t1048572\t\t0\t\t-2\n")
  }

  public func udev(_ number: String, _ properties: [String: String]) throws {
    try file(
      "run/udev/data/b\(number)",
      "I:1\n" + properties.map { "E:\($0.key)=\($0.value)\n" }.joined() + "G:systemd\n")
  }
}

// MARK: What machines have

extension FakeMachine {
  public static let usb = "pci0000:00/0000:00:14.0/usb1/1-2"

  /// A stick of 32 GB with one partition, as udev describes it.
  public func addStick(_ name: String = "sdb", _ major: Int = 8, _ minor: Int = 16) throws {
    try file("sys/devices/\(Self.usb)/idVendor", "0781\n")
    try file("sys/devices/\(Self.usb)/idProduct", "5581\n")
    try file("sys/devices/\(Self.usb)/serial", "4C530001230512116322\n")
    try disk(
      name, "\(major):\(minor)", byteCount: 32_000_000_000,
      on: Self.usb + "/1-2:1.0/host6/target6:0:0/6:0:0:0", removable: true,
      attributes: [
        "device/vendor": "SanDisk ", "device/model": "Ultra           ", "device/type": "0", "diskseq": "9",
        "queue/max_sectors_kb": "1024", "queue/nr_requests": "2", "queue/optimal_io_size": "0",
        "queue/discard_max_bytes": "0", "queue/physical_block_size": "4096",
      ])
    try partition(
      name + "1", "\(major):\(minor + 1)", of: name, start: 4 << 20, byteCount: 256 << 20)
    try link("dev/disk/by-id/usb-SanDisk_Ultra_4C530001230512116322-0:0", to: "../../" + name)
    try link("dev/disk/by-id/usb-SanDisk_Ultra_4C530001230512116322-0:0-part1", to: "../../\(name)1")
    try udev(
      "\(major):\(minor)",
      [
        "ID_VENDOR_ENC": "SanDisk\\x20", "ID_MODEL_ENC": "Ultra\\x20\\x20\\x20", "ID_MODEL": "Ultra",
        "ID_SERIAL_SHORT": "4C530001230512116322", "ID_VENDOR_ID": "0781", "ID_MODEL_ID": "5581",
      ])
  }

  /// A laptop's disk: EFI, /boot, and LVM on LUKS for root, home and swap.
  public func addEncryptedSystem() throws {
    let virtual = "virtual"
    try disk(
      "nvme0n1", "259:0", byteCount: 512_110_190_592, on: "pci0000:00/0000:00:1d.0/0000:02:00.0/nvme/nvme0",
      attributes: ["device/model": "Samsung SSD 970", "device/serial": "S4EWNX0"])
    for (index, size) in [UInt64(512 << 20), 1 << 30, 510_000_000_000].enumerated() {
      try partition(
        "nvme0n1p\(index + 1)", "259:\(index + 1)", of: "nvme0n1", start: UInt64(index + 1) << 30,
        byteCount: size)
    }
    for (minor, name, uuid) in [
      (0, "cryptroot", "CRYPT-LUKS2-aa-cryptroot"), (1, "vg0-root", "LVM-abc"), (2, "vg0-swap", "LVM-def"),
    ] {
      try disk(
        "dm-\(minor)", "253:\(minor)", byteCount: 100 << 30, on: virtual,
        attributes: ["dm/name": name, "dm/uuid": uuid])
    }
    try stack("dm-0", on: "nvme0n1/nvme0n1p3")
    try stack("dm-1", on: "dm-0")
    try stack("dm-2", on: "dm-0")
    try link("dev/mapper/vg0-swap", to: "../dm-2")
    try mount("253:1", "/dev/mapper/vg0-root", at: "/")
    try mount("259:2", "/dev/nvme0n1p2", at: "/boot")
    try mount("259:1", "/dev/nvme0n1p1", at: "/boot/efi", type: "vfat")
    try swap("/dev/mapper/vg0-swap")
  }
}

extension FakeMachine {
  public static let slot = "pci0000:00/0000:02:00.0/rtsx_pci_sdmmc.0/mmc_host/mmc0/mmc0:aaaa"

  /// What is in a built-in slot: an SD card, or an eMMC without its boot areas.
  public func addCard(type: String) throws {
    try disk(
      "mmcblk0", "179:0", byteCount: 31_914_983_424, on: Self.slot,
      attributes: [
        "device/type": type, "device/name": "SC32G", "device/cid": "035344534333324780aabbccdd012345",
        "device/serial": "0xaabbccdd",
      ])
    try partition("mmcblk0p1", "179:1", of: "mmcblk0", start: 4 << 20, byteCount: 256 << 20)
    try partition("mmcblk0p2", "179:2", of: "mmcblk0", start: 260 << 20, byteCount: 1 << 30)
    try udev("179:0", ["ID_NAME": "SC32G", "ID_PATH": "pci-0000:02:00.0-platform-rtsx_pci_sdmmc.0"])
  }
}
