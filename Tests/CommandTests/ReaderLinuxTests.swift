// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// `cairn write` in a virtual machine, whose kernel has a USB stick and an SD card behind controllers of their own. On
/// request, as the other tests of `VirtualLinux` are.
@Suite(.serialized, .enabled(if: VirtualLinux.isPossible, "needs CAIRN_TEST_KERNEL, see VirtualLinux"))
struct ReaderLinuxTests {
  private let scratch: TemporaryDirectory
  private let machine: VirtualLinux
  private let release: String
  private static let serial = "CAIRN20260001"

  /// USB storage, SD cards, and the file systems of a card.
  private static let modules = [
    "usb-common", "usbcore", "xhci-hcd", "xhci-pci", "scsi_common", "scsi_mod", "usb-storage",
    "crct10dif_common",
    "crct10dif_generic", "crc-t10dif", "crc64", "crc64-rocksoft_generic", "crc64-rocksoft", "t10-pi",
    "sd_mod",
    "mmc_core", "mmc_block", "cqhci", "sdhci", "sdhci-pci", "nls_cp437", "nls_ascii", "nls_iso8859-1",
    "nls_utf8",
    "fat", "vfat", "crc16", "crc32c_generic", "mbcache", "jbd2", "ext4",
  ]

  init() throws {
    scratch = try TemporaryDirectory()
    release = try SampleCard.shared.get().release
    machine = try VirtualLinux(
      in: scratch, modules: Self.modules, spareModules: ["scsi_debug"], programs: [try #require(cairn.path)],
      files: [release], memory: 1536
    )
  }

  private var start: String {
    """
    mkdir /sys
    mount -t sysfs none /sys
    find_nodes() { for i in $(seq 60); do [ -b /dev/$1 ] && return; sleep 1; done; }
    written() { awk '{print $7}' /sys/block/sda/stat; }
    write="\(cairn.path ?? "") write --release \(release) \(WrittenCard.options.joined(separator: " "))"

    """
  }

  @Test func `a stick and a card are written, and the kernel reads their partitions anew`() throws {
    let stick = scratch.path("stick")
    let card = scratch.path("card")
    for path in [stick, card] { try WrittenCard.makeOld(at: path) }
    let output = try machine.run(
      start + """
        write_to() {
          $write /dev/$1 --yes --target-id $2
          echo "wrote $1: status $?"
          mount -t vfat -o ro /dev/$3 /mnt && echo "boot of $1: $(ls /mnt | tr '\\n' ' ')" && umount /mnt
          mount -t ext4 -o ro /dev/$4 /mnt && echo "data of $1: $(ls /mnt | tr '\\n' ' ')" && umount /mnt
        }
        find_nodes sda
        find_nodes mmcblk0
        \(cairn.path ?? "") devices
        write_to sda \(Self.serial) sda1 sda2
        write_to mmcblk0 $(cat /sys/block/mmcblk0/device/cid) mmcblk0p1 mmcblk0p2
        """,
      cards: [.usbStick(path: stick, serial: Self.serial), .sdCard(path: card)])
    for name in ["sda", "mmcblk0"] {
      #expect(output.contains("wrote \(name): status 0"), "\(output)")
      #expect(output.contains("data of \(name): cache lost+found pi.apkovl.tar.gz var"), "\(output)")
      let boot = output.split(whereSeparator: \.isNewline).first { $0.hasPrefix("boot of \(name): ") }
      #expect(boot?.contains("config.txt") == true, "\(output)")
    }
    let image = scratch.path("image")
    try WrittenCard.buildImage(at: image)
    for path in [stick, card] { try WrittenCard.expect(path, toBe: image) }
  }

  @Test func `a stick that is pulled out while it is written is told as gone, and is blank`() throws {
    let stick = scratch.path("stick")
    try WrittenCard.makeOld(at: stick)
    let output = try machine.run(
      start + """
        exec 3<>/dev/ttyS1
        stty -F /dev/ttyS1 raw -echo
        cat <&3 >/dev/null &
        echo >&3
        find_nodes sda
        $write /dev/sda --yes --target-id \(Self.serial) &
        while [ "$(written)" -lt 8000 ]; do usleep 10000; done
        echo 'device_del stick' >&3
        wait $!
        echo "written: status $?"
        ls /sys/block
        """,
      cards: [.usbStick(path: stick, serial: Self.serial, writeRate: 2 << 20)])
    #expect(output.contains("written: status 9"), "\(output)")
    #expect(output.contains("the device is gone"), "\(output)")
    let sector = try FileHandle(forReadingFrom: URL(fileURLWithPath: stick)).read(upToCount: 512)
    #expect(sector == Data(count: 512))
  }

  @Test func `a write that is told to stop waits for a slow stick's answer, and nothing is written after it`()
    throws
  {
    let stick = scratch.path("stick")
    try WrittenCard.makeOld(at: stick)
    let output = try machine.run(
      start + """
        find_nodes sda
        $write /dev/sda --yes --target-id \(Self.serial) &
        while [ "$(written)" -lt 8000 ]; do usleep 10000; done
        before=$(written)
        kill $!
        wait $!
        echo "written: status $?, $(($(written) - before)) sectors more"
        """,
      cards: [.usbStick(path: stick, serial: Self.serial, writeRate: 1 << 20)])
    let line = try #require(
      output.split(whereSeparator: \.isNewline).first { $0.hasPrefix("written: status 143, ") }, "\(output)")
    let sectorCount = try #require(line.split(separator: " ").dropFirst(3).first.flatMap { Int($0) })
    #expect(sectorCount <= (4 << 20) / 512, "\(output)")
    #expect(output.contains("waiting for the card to take"), "\(output)")
    #expect(output.contains("stopped by signal 15; the card is blank"), "\(output)")
    let sector = try FileHandle(forReadingFrom: URL(fileURLWithPath: stick)).read(upToCount: 512)
    #expect(sector == Data(count: 512))
  }

  @Test func `a disk that wraps round is found out before it is written`() throws {
    let output = try machine.run(
      start + """
        insmod /spare/scsi_debug.ko virtual_gb=8 dev_size_mb=64 removable=1
        find_nodes sda
        tr '\\0' 'x' </dev/zero | dd of=/dev/sda bs=1M count=64 2>/dev/null
        sync
        before=$(head -c 67108864 /dev/sda | md5sum)
        serial=$(\(cairn.path ?? "") devices --json | sed -n 's/.*"serial" : "\\([^"]*\\)".*/\\1/p')
        $write /dev/sda --yes --target-id "${serial:-8589934592}"
        echo "written: status $?"
        \(cairn.path ?? "") bench --destructive /dev/sda --yes --target-id "${serial:-8589934592}"
        echo "benched: status $?"
        echo 3 >/proc/sys/vm/drop_caches
        [ "$before" = "$(head -c 67108864 /dev/sda | md5sum)" ] && echo "as it was"
        """)
    #expect(output.contains("written: status 7"), "\(output)")
    #expect(output.contains("the card says that it holds 8 GiB, and holds about 64 MiB"), "\(output)")
    #expect(output.contains("as it was"), "\(output)")
    #expect(output.contains("benched: status 7"), "\(output)")
  }
}
