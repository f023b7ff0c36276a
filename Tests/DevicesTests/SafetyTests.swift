// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Devices

/// Every reason not to write, on a made-up machine.
@Suite struct SafetyTests {
  private let machine: FakeMachine

  init() throws { machine = try FakeMachine() }

  @Test func `LVM on LUKS: the disk below root, home and swap is the system's`() throws {
    try machine.addEncryptedSystem()
    let refusals = try #require(try machine.refusals("nvme0n1"))
    #expect(
      refusals == [
        .systemDisk(path: "/dev/nvme0n1", holding: ["/", "/boot", "/boot/efi", "swap"]),
        .mounted(part: "/dev/nvme0n1p1", at: ["/boot/efi"]),
        .mounted(part: "/dev/nvme0n1p2", at: ["/boot"]),
        .held(part: "/dev/nvme0n1p3", by: DeviceUse.Holder(.encryption, "cryptroot")),
        .notRemovable(path: "/dev/nvme0n1", bus: .nvme),
      ])
    let target = try machine.list().target(at: "/dev/nvme0n1")
    #expect(target.refusals(allowing: Set(Allowance.allCases)).count == 4)
    #expect(
      try machine.refusals("dm-0")?.contains(
        .held(part: "/dev/dm-0", by: DeviceUse.Holder(.logicalVolume, "vg0-root"))) == true)
  }

  @Test func `the system's disk counts also where it is a card: a Pi that builds`() throws {
    try machine.addCard(type: "SD")
    try machine.mount("179:2", "/dev/root", at: "/")
    #expect(
      try machine.refusals("mmcblk0") == [
        .systemDisk(path: "/dev/mmcblk0", holding: ["/"]), .mounted(part: "/dev/mmcblk0p2", at: ["/"]),
      ])
  }

  @Test func `members of a RAID are held by it`() throws {
    for (name, number) in [("sda", "8:0"), ("sdb", "8:16")] {
      try machine.disk(name, number, byteCount: 1 << 40, on: "pci0000:00/ata1/host0/\(name)")
    }
    try machine.partition("sda1", "8:1", of: "sda", start: 1 << 20, byteCount: 1 << 39)
    try machine.disk("md127", "9:127", byteCount: 1 << 39, on: "virtual")
    try machine.stack("md127", on: "sda/sda1")
    try machine.stack("md127", on: "sdb")
    let array = DeviceUse.Holder(.raid, "md127")
    #expect(try machine.refusals("sda")?.first == .held(part: "/dev/sda1", by: array))
    #expect(try machine.refusals("sdb")?.first == .held(part: "/dev/sdb", by: array))
    try machine.mount("9:127", "/dev/md127", at: "/home")
    #expect(try machine.refusals("sda")?.first == .systemDisk(path: "/dev/sda", holding: ["/home"]))
    #expect(try machine.refusals("sdb")?.first == .systemDisk(path: "/dev/sdb", holding: ["/home"]))
  }

  @Test func `bcache holds what it caches`() throws {
    try machine.addStick()
    try machine.disk("bcache0", "252:0", byteCount: 1 << 30, on: "virtual")
    try machine.stack("bcache0", on: "sdb/sdb1")
    #expect(
      try machine.refusals("sdb") == [.held(part: "/dev/sdb1", by: DeviceUse.Holder(.bcache, "bcache0"))])
  }

  @Test func `a btrfs root has a device number of its own, and is found by its source`() throws {
    try machine.disk("sda", "8:0", byteCount: 1 << 40, on: "pci0000:00/ata1/host0/sda")
    try machine.partition("sda2", "8:2", of: "sda", start: 1 << 30, byteCount: 1 << 39)
    try machine.mount("0:27", "/dev/sda2", at: "/", type: "btrfs")
    #expect(
      try machine.refusals("sda")?.prefix(2) == [
        .systemDisk(path: "/dev/sda", holding: ["/"]), .mounted(part: "/dev/sda2", at: ["/"]),
      ])
  }

  @Test func `every device of a btrfs is in use, though only one is its source`() throws {
    try machine.addStick()
    try machine.disk(
      "sdc", "8:32", byteCount: 32 << 30, on: FakeMachine.usb + "/1-2:1.0/host7", removable: true)
    let devices = "sys/fs/btrfs/0f3e2d1c-aaaa-bbbb-cccc-000000000001/devices/"
    try machine.link(devices + "sdb1", to: "../../../../block/sdb/sdb1")
    try machine.link(devices + "sdc", to: "../../../../block/sdc")
    #expect(
      try machine.refusals("sdc") == [
        .held(part: "/dev/sdc", by: DeviceUse.Holder(.btrfs, "0f3e2d1c-aaaa-bbbb-cccc-000000000001"))
      ])
    try machine.mount("0:41", "/dev/sdb1", at: "/mnt/pool", type: "btrfs")
    #expect(try machine.refusals("sdb") == [.mounted(part: "/dev/sdb1", at: ["/mnt/pool"])])
    #expect(try machine.refusals("sdc") == [.mounted(part: "/dev/sdc", at: ["/mnt/pool"])])
  }

  @Test func `a mount is found in any namespace, and with any name of its device`() throws {
    try machine.addStick()
    try machine.link("dev/disk/by-label/CARD", to: "../../sdb1")
    try machine.mount("8:17", "/dev/disk/by-label/CARD", at: "/media/My\\040Card", process: "4711")
    #expect(try machine.refusals("sdb") == [.mounted(part: "/dev/sdb1", at: ["/media/My Card"])])
  }

  @Test func `a namespace is read once, and a process that is gone is no error`() throws {
    try machine.addStick()
    try machine.mount("8:17", "/dev/sdb1", at: "/mnt", process: "1")
    try machine.link("proc/1/ns/mnt", to: "mnt:[1]")
    try machine.mount("8:17", "/dev/sdb1", at: "/twice", process: "2")
    try machine.link("proc/2/ns/mnt", to: "mnt:[1]")
    try machine.makeDirectory("proc/3")
    #expect(try machine.refusals("sdb") == [.mounted(part: "/dev/sdb1", at: ["/mnt"])])
  }

  @Test func `swap on a partition`() throws {
    try machine.addStick()
    try machine.swap("/dev/sdb1")
    #expect(
      try machine.refusals("sdb") == [
        .systemDisk(path: "/dev/sdb", holding: ["swap"]), .swap(part: "/dev/sdb1"),
      ])
  }

  @Test func `a loop device holds the device that it is over, and may not be a way round`() throws {
    try machine.addStick()
    try machine.disk(
      "loop3", "7:3", byteCount: 32_000_000_000, on: "virtual", attributes: ["loop/backing_file": "/dev/sdb"])
    #expect(try machine.refusals("sdb") == [.held(part: "/dev/sdb", by: DeviceUse.Holder(.loop, "loop3"))])
    try machine.mount("8:17", "/dev/sdb1", at: "/boot")
    #expect(
      try machine.refusals("loop3") == [
        .systemDisk(path: "/dev/loop3", holding: ["/boot"]), .mounted(part: "/dev/sdb1", at: ["/boot"]),
        .notRemovable(path: "/dev/loop3", bus: .loop),
      ])
  }

  @Test func `two loop devices over one file hold each other`() throws {
    for (name, number) in [("loop3", "7:3"), ("loop4", "7:4")] {
      try machine.disk(
        name, number, byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/srv/card img"])
    }
    #expect(
      try machine.refusals("loop3") == [
        .held(part: "/srv/card img", by: DeviceUse.Holder(.loop, "loop4")),
        .notRemovable(path: "/dev/loop3", bus: .loop),
      ])
  }

  @Test func `a loop device over a file takes leave, which is all that it takes`() throws {
    try machine.disk(
      "loop3", "7:3", byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/srv/card.img"])
    let target = try machine.list().target(at: "/dev/loop3")
    #expect(target.refusals() == [.notRemovable(path: "/dev/loop3", bus: .loop)])
    #expect(target.refusals(allowing: [.nonRemovable]).isEmpty)
    #expect(target.refusals(allowing: [.large]).count == 1)
    #expect(try #require(TargetID("1073741824")).matches(target.identity))
  }

  @Test func `a disk of 4 TB on USB is too large for a card, unless that is meant`() throws {
    try machine.disk("sdd", "8:48", byteCount: 4_000_787_030_016, on: FakeMachine.usb + "/1-2:1.0/host8")
    let target = try machine.list().target(at: "/dev/sdd")
    #expect(target.refusals() == [.tooLarge(path: "/dev/sdd", byteCount: 4_000_787_030_016)])
    #expect(target.refusals(allowing: [.large]).isEmpty)
  }

  @Test func `2 TiB is a card`() throws {
    try machine.disk("sdd", "8:48", byteCount: 2_199_023_255_552, on: FakeMachine.usb + "/1-2:1.0/host8")
    #expect(try machine.refusals("sdd") == [])
  }

  @Test func `an internal disk that nobody uses is still no card`() throws {
    try machine.disk(
      "sda", "8:0", byteCount: 1 << 40, on: "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0")
    #expect(try machine.refusals("sda") == [.notRemovable(path: "/dev/sda", bus: .ata)])
  }

  @Test func `the switch of a card, and its size`() throws {
    try machine.addStick()
    try machine.file("sys/block/sdb/ro", "1\n")
    let target = try machine.list().target(at: "/dev/sdb")
    #expect(
      target.refusals(needing: 32_000_000_001, allowing: Set(Allowance.allCases)) == [
        .readOnly(path: "/dev/sdb"),
        .tooSmall(path: "/dev/sdb", byteCount: 32_000_000_000, needed: 32_000_000_001),
      ])
  }

  @Test func `an optical drive is never a card`() throws {
    try machine.disk(
      "sr0", "11:0", byteCount: 700 << 20, on: "pci0000:00/ata2/host1", removable: true,
      attributes: ["device/type": "5"])
    #expect(try machine.refusals("sr0") == [.notACard(path: "/dev/sr0", kind: .opticalDrive)])
  }

  @Test func `a file that is swapped to, or that a loop device is over, is in use`() throws {
    try machine.file("srv/card.img", "content")
    try machine.swap("/srv/card.img", type: "file")
    try machine.disk(
      "loop3", "7:3", byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/srv/card.img"])
    let target = try machine.list().target(at: "/srv/card.img")
    #expect(
      target.refusals(allowing: Set(Allowance.allCases)) == [
        .held(part: "/srv/card.img", by: DeviceUse.Holder(.loop, "loop3")), .swap(part: "/srv/card.img"),
      ])
  }

  @Test(arguments: [
    (#"/media/a\040b\134c\011"#, "/media/a b\\c\t"), (#"\04"#, #"\04"#), (#"\777"#, #"\777"#),
    (#"a\"#, #"a\"#),
  ])
  func `escapes of mountinfo`(text: String, decoded: String) { #expect(text.decodingOctalEscapes == decoded) }

  @Test func `each refusal says what, and what to do`() {
    let holder = DeviceUse.Holder(.logicalVolume, "vg\u{1B}[2J")
    #expect(
      "\(Refusal.held(part: "/dev/sda3", by: holder))"
        == "/dev/sda3: belongs to the LVM volume vg?[2J; stop that first")
    #expect(
      "\(Refusal.mounted(part: "/dev/sdb1", at: ["/media/\u{202E}x", "/mnt"]))"
        == "/dev/sdb1: is mounted at /media/?x, /mnt; unmount it first")
    #expect(
      "\(Refusal.partition(path: "/dev/sdb1", disk: "/dev/sdb"))"
        == "/dev/sdb1: is a partition, and a card is written as a whole; name /dev/sdb")
  }

  @Test func `what nothing overrides has no word for it`() {
    let never: [Refusal] = [
      .mounted(part: "", at: []), .swap(part: ""), .held(part: "", by: DeviceUse.Holder(.raid, "")),
      .systemDisk(path: "", holding: []), .readOnly(path: ""), .tooSmall(path: "", byteCount: 0, needed: 1),
      .partition(path: "", disk: ""), .noMedium(path: ""), .notACard(path: "", kind: .eMMCArea),
    ]
    for refusal in never { #expect(refusal.allowance == nil) }
  }

  @Test func `the rule lets in whoever sits at the machine, to this reader alone`() {
    #expect(
      UdevRule(match: .usb(vendor: "0781", product: "5581")).text
        == #"SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ATTRS{idVendor}=="0781", ATTRS{idProduct}=="5581", TAG+="uaccess""#
    )
    #expect(
      UdevRule(match: .path("pci-0000:02:00.0-platform-rtsx_pci_sdmmc.0")).text
        == #"SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{ID_PATH}=="pci-0000:02:00.0-platform-rtsx_pci_sdmmc.0", TAG+="uaccess""#
    )
    #expect(UdevRule.Match.usb("07\"1", "5581") == nil)
    #expect(UdevRule.Match.path(checking: "pci-*") == nil)
  }
}
