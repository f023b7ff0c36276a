// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct DevicesCommandTests {
  private let machine: FakeMachine

  init() throws { machine = try FakeMachine() }

  private func lines() throws -> [String] {
    let run = try cairn.run("devices", "--sysroot", machine.root)
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    // Words, as the widths depend on what else there is.
    return run.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
  }

  @Test func `a table of all disks, and what stands against each`() throws {
    try machine.addEncryptedSystem()
    try machine.addStick()
    try machine.addCard(type: "SD")
    try machine.mount("179:2", "/dev/mmcblk0p2", at: "/media/My\\040Card")
    try machine.disk("sdc", "8:32", byteCount: 0, on: FakeMachine.usb + "/1-2:1.0/host7", removable: true)
    try machine.disk("sdd", "8:48", byteCount: 4_000_787_030_016, on: FakeMachine.usb + "/1-2:1.0/host8")
    for index in [10, 2] {
      try machine.disk(
        "loop\(index)", "7:\(index)", byteCount: 1 << 30, on: "virtual",
        attributes: ["loop/backing_file": "/srv/card\(index).img"])
    }
    let lines = try lines()
    #expect(lines[0] == "DEVICE SIZE BUS MODEL SERIAL IN USE VERDICT")
    #expect(lines.contains("/dev/sdb 29.8 GiB usb SanDisk Ultra 4C530001230512116322 may be written"))
    #expect(lines.contains("/dev/mmcblk0 29.7 GiB mmc SC32G 0xaabbccdd /media/My Card mounted"))
    #expect(
      lines.contains(
        "/dev/nvme0n1 476.9 GiB nvme Samsung SSD 970 S4EWNX0 /boot/efi /boot [cryptroot] system's disk"))
    #expect(lines.contains { $0.hasPrefix("/dev/sdc no medium usb ") && $0.hasSuffix(" put a card in") })
    #expect(
      lines.contains {
        $0.hasPrefix("/dev/sdd 3.6 TiB usb ") && $0.hasSuffix(" larger than 2 TiB: --allow large")
      })
    let loops = lines.filter { $0.hasPrefix("/dev/loop") }
    #expect(
      loops == [
        "/dev/loop2 1.0 GiB loop /srv/card2.img not removable: --allow non-removable",
        "/dev/loop10 1.0 GiB loop /srv/card10.img not removable: --allow non-removable",
      ])
  }

  @Test func `no disks are no error`() throws {
    #expect(try lines() == ["There are no disks."])
  }

  @Test func `nothing that a device says reaches the terminal as it is`() throws {
    try machine.addStick()
    try machine.udev("8:16", ["ID_MODEL_ENC": "a\\x1b[2Jb\\x0d"])
    try machine.mount("8:17", "/dev/sdb1", at: "/mnt/\u{1B}[31m")
    try machine.disk(
      "loop0", "7:0", byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/srv/\u{202E}x"])
    for arguments in [[], ["--json"]] {
      let run = try cairn.run(["devices", "--sysroot", machine.root] + arguments)
      #expect(run.status == 0)
      #expect(!run.text.contains("\u{1B}"))
      #expect(!run.text.contains("\r"))
      if arguments.isEmpty { #expect(!run.text.contains("\u{202E}")) }
    }
  }

  @Test func `all that is known is there as JSON`() throws {
    try machine.addEncryptedSystem()
    try machine.addStick()
    let run = try cairn.run("devices", "--json", "--sysroot", machine.root)
    #expect(run.status == 0)
    let report = try #require(try JSONSerialization.jsonObject(with: run.output) as? [String: Any])
    #expect(report["schema"] as? Int == 1)
    let devices = try #require(report["devices"] as? [[String: Any]])
    let stick = try #require(devices.first { $0["path"] as? String == "/dev/sdb" })
    #expect(stick["size"] as? UInt64 == 32_000_000_000)
    #expect(stick["serial"] as? String == "4C530001230512116322")
    #expect(stick["writable"] as? Bool == true)
    #expect(stick["links"] as? [String] == ["/dev/disk/by-id/usb-SanDisk_Ultra_4C530001230512116322-0:0"])
    let system = try #require(devices.first { $0["path"] as? String == "/dev/nvme0n1" })
    #expect(system["system"] as? [String] == ["/", "/boot", "/boot/efi", "swap"])
    #expect(system["writable"] as? Bool == false)
    let refusals = try #require(system["refusals"] as? [[String: Any]])
    #expect(
      refusals.compactMap { $0["kind"] as? String } == [
        "system", "mounted", "mounted", "held", "non-removable",
      ])
    #expect(refusals.last?["allow"] as? String == "non-removable")
  }

  @Test func `a machine whose mounts can't be read has no list`() throws {
    try FileManager.default.removeItem(atPath: machine.root + "/proc/self/mountinfo")
    let run = try cairn.run("devices", "--sysroot", machine.root)
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(
      run.errors
        == "cairn: /proc/self/mountinfo: cannot read: No such file or directory; without it no device is safe to write\n"
    )
  }
}
