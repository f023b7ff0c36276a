// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Devices

@Suite struct DeviceListTests {
  private let machine: FakeMachine

  init() throws { machine = try FakeMachine() }

  @Test func `a USB stick is told whole, and may be written`() throws {
    try machine.addStick()
    let stick = try #require(try machine.device("sdb"))
    #expect(stick.path == "/dev/sdb")
    #expect(stick.number == DeviceNumber(major: 8, minor: 16))
    #expect(stick.byteCount == 32_000_000_000)
    #expect(stick.vendor == "SanDisk")
    #expect(stick.model == "Ultra")
    #expect(stick.serial == "4C530001230512116322")
    #expect(stick.cardID == nil)
    #expect(stick.bus == .usb)
    #expect(WriteTarget.device(stick).hasClaimedSize)
    #expect(stick.isRemovable)
    #expect(!stick.isReadOnly)
    #expect(stick.sequence == 9)
    #expect(stick.stablePaths == ["/dev/disk/by-id/usb-SanDisk_Ultra_4C530001230512116322-0:0"])
    #expect(
      stick.partitions == [
        Device.Partition(
          path: "/dev/sdb1", number: 1, deviceNumber: DeviceNumber(major: 8, minor: 17),
          range: 4_194_304..<272_629_760)
      ])
    #expect(stick.uses.isEmpty)
    #expect(stick.queue.logicalBlockSize == 512)
    #expect(stick.queue.physicalBlockSize == 4096)
    #expect(stick.queue.largestRequestByteCount == 1_048_576)
    #expect(stick.queue.requestCount == 2)
    #expect(stick.queue.optimalByteCount == nil)
    #expect(stick.queue.largestDiscardByteCount == 0)
    #expect(stick.queue.largestZeroByteCount == nil)
    #expect(stick.refusals().isEmpty)
  }

  @Test func `without udev the same stands in sysfs`() throws {
    try machine.addStick()
    try FileManager.default.removeItem(atPath: machine.root + "/run")
    let stick = try #require(try machine.device("sdb"))
    #expect(stick.vendor == "SanDisk")
    #expect(stick.model == "Ultra")
    #expect(stick.serial == "4C530001230512116322")
    #expect(stick.readerMatch == .usb(vendor: "0781", product: "5581"))
  }

  @Test func `an SD card in a built-in reader is a card, though the kernel calls it fixed`() throws {
    try machine.addCard(type: "SD")
    let card = try #require(try machine.device("mmcblk0"))
    #expect(card.bus == .mmc)
    #expect(card.model == "SC32G")
    #expect(card.cardID == "035344534333324780aabbccdd012345")
    #expect(!card.isRemovable)
    #expect(card.isRemovableMedium)
    #expect(card.refusals().isEmpty)
    #expect(card.readerMatch == .path("pci-0000:02:00.0-platform-rtsx_pci_sdmmc.0"))
  }

  @Test func `an eMMC is no card, and its boot areas never are`() throws {
    try machine.addCard(type: "MMC")
    for (name, number) in [("mmcblk0boot0", "179:8"), ("mmcblk0boot1", "179:16"), ("mmcblk0rpmb", "179:24")] {
      try machine.disk(name, number, byteCount: 4 << 20, on: FakeMachine.slot)
    }
    #expect(try machine.refusals("mmcblk0") == [.notRemovable(path: "/dev/mmcblk0", bus: .mmc)])
    for name in ["mmcblk0boot0", "mmcblk0boot1", "mmcblk0rpmb"] {
      #expect(try machine.refusals(name) == [.notACard(path: "/dev/" + name, kind: .eMMCArea)])
      #expect(try machine.refusals(name)?.first?.allowance == nil)
    }
  }

  @Test func `an empty reader is there, with no medium`() throws {
    try machine.disk("sdc", "8:32", byteCount: 0, on: FakeMachine.usb + "/1-2:1.0/host7", removable: true)
    #expect(try machine.device("sdc")?.byteCount == 0)
    #expect(try machine.refusals("sdc") == [.noMedium(path: "/dev/sdc")])
  }

  @Test func `a loop device without a file is not listed, but has a name`() throws {
    try machine.disk("loop0", "7:0", byteCount: 0, on: "virtual")
    #expect(try machine.list().devices.isEmpty)
    let target = try machine.list().target(at: "/dev/loop0")
    #expect(target.refusals() == [.noMedium(path: "/dev/loop0")])
  }

  @Test(arguments: [
    (
      "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb",
      DeviceBus.usb
    ),
    ("/sys/devices/platform/soc/3f202000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0", .mmc),
    (
      "/sys/devices/pci0000:00/usb2/2-1/2-1:1.0/rtsx_usb_sdmmc.2.auto/mmc_host/mmc0/mmc0:0001/block/mmcblk0",
      .mmc
    ),
    ("/sys/devices/pci0000:00/0000:00:1d.0/0000:02:00.0/nvme/nvme0/nvme0n1", .nvme),
    ("/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda", .ata),
    ("/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda", .virtio),
    ("/sys/devices/pci0000:00/0000:00:05.0/host2/target2:0:0/2:0:0:0/block/sda", .scsi),
    ("/sys/devices/virtual/block/loop0", .loop),
    ("/sys/devices/virtual/block/dm-0", .deviceMapper),
    ("/sys/devices/virtual/block/md127", .md),
    ("/sys/devices/virtual/block/zram0", .virtual),
    ("/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", .nvme),
    ("/sys/devices/vbd-51712/block/xvda", .other),
  ])
  func `the bus is what is nearest in the path`(path: String, bus: DeviceBus) {
    let name = String(path.split(separator: "/").last ?? "")
    #expect(DeviceBus(devicePath: path, name: name) == bus)
  }

  @Test func `names from devices can't play tricks on a terminal`() throws {
    try machine.addStick()
    try machine.udev(
      "8:16",
      [
        "ID_VENDOR_ENC": "Evil\\x1b[2J\\x0a/dev/sda", "ID_MODEL_ENC": "a\\xe2\\x80\\xaeb\\xff  c\\x00\\x20",
        "ID_SERIAL_SHORT": "12\u{7}3\\x1b]0;x",
      ])
    let stick = try #require(try machine.device("sdb"))
    #expect(stick.vendor == "Evil?[2J?/dev/sda")
    #expect(stick.model == "a?b\u{FFFD} c?")
    #expect(stick.serial == "12?3?]0;x")
  }

  @Test func `a name of any length is cut`() throws {
    try machine.addStick()
    try machine.udev("8:16", ["ID_MODEL_ENC": String(repeating: "x", count: 100_000)])
    #expect(try machine.device("sdb")?.model?.count == 128)
  }

  @Test func `numbers that can't be are none`() throws {
    try machine.addStick()
    try machine.file("sys/block/sdb/queue/max_sectors_kb", "9223372036854775807\n")
    try machine.file("sys/block/sdb/sdb1/start", "18446744073709551615\n")
    #expect(try machine.device("sdb")?.queue.largestRequestByteCount == nil)
    #expect(try machine.device("sdb")?.partitions == [])
    try machine.file("sys/block/sdb/size", "18446744073709551615\n")
    #expect(try machine.device("sdb") == nil)
  }

  @Test func `without sysfs or the table of mounts nothing is listed`() throws {
    try FileManager.default.removeItem(atPath: machine.root + "/proc/self/mountinfo")
    #expect(throws: DeviceError.unreadable(path: "/proc/self/mountinfo", number: ENOENT)) {
      try machine.list()
    }
    try machine.file("proc/self/mountinfo", "36 35 8:17\n")
    #expect(throws: DeviceError.malformed(path: "/proc/self/mountinfo", line: "36 35 8:17")) {
      try machine.list()
    }
    try FileManager.default.removeItem(atPath: machine.root + "/sys")
    #expect(throws: DeviceError.unreadable(path: "/sys/block", number: ENOENT)) { try machine.list() }
  }

  @Test func `this machine's own disks are listed`() throws {
    let list = try DeviceList()
    for device in list.devices { #expect(device.path.hasPrefix("/dev/")) }
  }
}

@Suite struct TargetPathTests {
  private let machine: FakeMachine

  init() throws {
    machine = try FakeMachine()
    try machine.addStick()
  }

  @Test(arguments: ["/dev/sdb", "/dev/disk/by-id/usb-SanDisk_Ultra_4C530001230512116322-0:0"])
  func `a disk is named by its node or a link to it`(path: String) throws {
    guard case .device(let device) = try machine.list().target(at: path) else {
      Issue.record("no device")
      return
    }
    #expect(device.path == "/dev/sdb")
  }

  @Test(arguments: ["/dev/sdb1", "/dev/disk/by-id/usb-SanDisk_Ultra_4C530001230512116322-0:0-part1"])
  func `a partition is refused, and its disk named`(path: String) throws {
    let target = try machine.list().target(at: path)
    #expect(
      target.refusals(allowing: Set(Allowance.allCases)) == [.partition(path: "/dev/sdb1", disk: "/dev/sdb")])
    #expect(throws: DeviceError.refused([.partition(path: "/dev/sdb1", disk: "/dev/sdb")])) {
      _ = try OpenDevice(target, in: machine.tree)
    }
  }

  @Test func `what isn't there is told`() throws {
    #expect(throws: DeviceError.notFound(path: "/dev/sdz")) { try machine.list().target(at: "/dev/sdz") }
  }

  @Test func `a directory and a character device are no targets`() throws {
    #expect(throws: DeviceError.notATarget(path: "/dev/disk", kind: .directory)) {
      try machine.list().target(at: "/dev/disk")
    }
    #expect(throws: DeviceError.notATarget(path: "/dev/null", kind: .characterDevice)) {
      try DeviceList().target(at: "/dev/null")
    }
  }

  @Test func `a file among the nodes of devices is no card`() throws {
    try machine.file("dev/sdz", "a slip of dd")
    #expect(throws: DeviceError.notATarget(path: "/dev/sdz", kind: .other)) {
      try machine.list().target(at: "/dev/sdz")
    }
    try machine.file("dev/shm/card", "a file")
    #expect(try machine.list().target(at: "/dev/shm/card").refusals() == [])
  }

  @Test func `a regular file is a card, of its own size`() throws {
    let scratch = try TemporaryDirectory()
    let path = scratch.path("card")
    try Data(repeating: 1, count: 1000).write(to: URL(fileURLWithPath: path))
    let target = try DeviceList().target(at: path)
    #expect(target.path == path)
    #expect(target.identity.byteCount == 1000)
    #expect(!target.hasClaimedSize)
    #expect(target.refusals(needing: 1000) == [])
    #expect(target.refusals(needing: 1001) == [.tooSmall(path: path, byteCount: 1000, needed: 1001)])
    #expect(try #require(TargetID("1000")).matches(target.identity))
    #expect(try #require(TargetID("1001")).matches(target.identity) == false)
    let open = try OpenDevice(target)
    #expect(open.byteCount == 1000)
    #expect(try open.rereadPartitionTable() == .notPartitionable)
    #expect(throws: DeviceError.locked(path: path)) { _ = try OpenDevice(target) }
  }

  @Test func `a file that was replaced meanwhile is not written`() throws {
    let scratch = try TemporaryDirectory()
    let path = scratch.path("card")
    try Data(repeating: 1, count: 1000).write(to: URL(fileURLWithPath: path))
    let target = try DeviceList().target(at: path)
    try Data(repeating: 1, count: 1000).write(to: URL(fileURLWithPath: path), options: .atomic)
    #expect(throws: DeviceError.self) { _ = try OpenDevice(target) }
    do throws(DeviceError) {
      _ = try OpenDevice(target)
    } catch {
      guard case .changed(path, let expected, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(expected == target.identity)
    }
  }

  @Test func `an empty file is no card`() throws {
    let scratch = try TemporaryDirectory()
    try Data().write(to: URL(fileURLWithPath: scratch.path("card")))
    let target = try DeviceList().target(at: scratch.path("card"))
    #expect(target.refusals() == [.tooSmall(path: scratch.path("card"), byteCount: 0, needed: 1)])
  }
}
