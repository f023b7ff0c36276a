// SPDX-License-Identifier: Apache-2.0
import Alpine
import Archive
import Entries
import Foundation
import TestSupport
import Testing

private let uuid = "5f0c2a1e-3b7d-4c58-9a46-d1e2f3a4b5c6"

private func overlay(
  version: String = "3.13.4", hostname: String = "alpine-pi", persistence: [Persistence] = [.docker]
) throws -> Overlay {
  Overlay(
    hostname: try Hostname(hostname), dataPartitionUUID: uuid,
    release: Release(version: version, architecture: .aarch64, models: [.four], packageCount: 68),
    persistence: persistence, time: Timestamp(seconds: 1_617_209_520))
}

private func recorded(_ overlay: Overlay) -> Recorder {
  var recorder = Recorder()
  overlay.write(to: &recorder)
  return recorder
}

@Suite struct OverlayTests {
  @Test func `every entry has its kind, mode, owner and place`() throws {
    #expect(
      recorded(try overlay()).listing == [
        "d 755 0:0 etc",
        "d 755 0:0 etc/apk",
        "f 644 0:0 etc/apk/arch",
        "l 777 0:0 etc/apk/cache -> /media/mmcblk0p2/cache",
        "d 755 0:0 etc/apk/protected_paths.d",
        "f 644 0:0 etc/apk/protected_paths.d/lbu.list",
        "f 644 0:0 etc/apk/repositories",
        "f 644 0:0 etc/apk/world",
        "f 644 0:0 etc/fstab",
        "f 644 0:0 etc/group",
        "f 644 0:0 etc/hostname",
        "f 644 0:0 etc/hosts",
        "d 755 0:0 etc/init.d",
        "f 755 0:0 etc/init.d/cairn-first-commit",
        "d 755 0:0 etc/lbu",
        "f 644 0:0 etc/lbu/lbu.conf",
        "d 755 0:0 etc/network",
        "f 644 0:0 etc/network/interfaces",
        "f 644 0:0 etc/passwd",
        "d 755 0:0 etc/runlevels",
        "d 755 0:0 etc/runlevels/boot",
        "l 777 0:0 etc/runlevels/boot/bootmisc -> /etc/init.d/bootmisc",
        "l 777 0:0 etc/runlevels/boot/hostname -> /etc/init.d/hostname",
        "l 777 0:0 etc/runlevels/boot/modules -> /etc/init.d/modules",
        "l 777 0:0 etc/runlevels/boot/networking -> /etc/init.d/networking",
        "l 777 0:0 etc/runlevels/boot/swclock -> /etc/init.d/swclock",
        "l 777 0:0 etc/runlevels/boot/sysctl -> /etc/init.d/sysctl",
        "l 777 0:0 etc/runlevels/boot/syslog -> /etc/init.d/syslog",
        "l 777 0:0 etc/runlevels/boot/urandom -> /etc/init.d/urandom",
        "d 755 0:0 etc/runlevels/default",
        "l 777 0:0 etc/runlevels/default/cairn-first-commit -> /etc/init.d/cairn-first-commit",
        "l 777 0:0 etc/runlevels/default/chronyd -> /etc/init.d/chronyd",
        "l 777 0:0 etc/runlevels/default/crond -> /etc/init.d/crond",
        "l 777 0:0 etc/runlevels/default/sshd -> /etc/init.d/sshd",
        "d 755 0:0 etc/runlevels/shutdown",
        "l 777 0:0 etc/runlevels/shutdown/killprocs -> /etc/init.d/killprocs",
        "l 777 0:0 etc/runlevels/shutdown/mount-ro -> /etc/init.d/mount-ro",
        "l 777 0:0 etc/runlevels/shutdown/savecache -> /etc/init.d/savecache",
        "d 755 0:0 etc/runlevels/sysinit",
        "l 777 0:0 etc/runlevels/sysinit/devfs -> /etc/init.d/devfs",
        "l 777 0:0 etc/runlevels/sysinit/dmesg -> /etc/init.d/dmesg",
        "l 777 0:0 etc/runlevels/sysinit/hwdrivers -> /etc/init.d/hwdrivers",
        "l 777 0:0 etc/runlevels/sysinit/mdev -> /etc/init.d/mdev",
        "l 777 0:0 etc/runlevels/sysinit/modloop -> /etc/init.d/modloop",
        "f 640 0:42 etc/shadow",
        "d 755 0:0 etc/ssh",
        "f 644 0:0 etc/ssh/sshd_config",
      ])
  }

  @Test(arguments: [
    ("etc/hostname", "alpine-pi\n"),
    (
      "etc/hosts",
      """
      127.0.0.1\talpine-pi localhost.localdomain localhost
      ::1\t\tlocalhost localhost.localdomain

      """
    ),
    (
      "etc/fstab",
      """
      /dev/cdrom\t/media/cdrom\tiso9660\tnoauto,ro 0 0
      /dev/usbdisk\t/media/usb\tvfat\tnoauto,ro 0 0
      UUID=5f0c2a1e-3b7d-4c58-9a46-d1e2f3a4b5c6\t/media/mmcblk0p2\text4\trw,relatime 0 0
      /media/mmcblk0p2/var/lib/docker\t/var/lib/docker\tnone\tbind 0 0

      """
    ),
    (
      "etc/network/interfaces",
      """
      auto lo
      iface lo inet loopback

      auto eth0
      iface eth0 inet dhcp

      """
    ),
    ("etc/apk/arch", "aarch64\n"),
    ("etc/apk/world", "alpine-base\nchrony\nopenssh\n"),
    (
      "etc/apk/repositories",
      """
      /media/mmcblk0p1/apks
      http://dl-cdn.alpinelinux.org/alpine/v3.13/main
      #http://dl-cdn.alpinelinux.org/alpine/v3.13/community

      """
    ),
  ])
  func `files hold what the setup scripts would have left`(path: String, text: String) throws {
    #expect(recorded(try overlay()).text(try EntryPath(Array(path.utf8))) == text)
  }

  @Test(arguments: [
    (nil, ["LBU_MEDIA=\"mmcblk0p2\"", "#BACKUP_LIMIT=3"]),
    (5, ["LBU_MEDIA=\"mmcblk0p2\"", "BACKUP_LIMIT=5"]),
  ])
  func `lbu is told where to commit and how much to keep`(limit: Int?, lines: [String]) throws {
    var overlay = try overlay()
    overlay.settings.lbu.backupLimit = limit
    let text = try #require(recorded(overlay).text(EntryPath("etc/lbu/lbu.conf")))
    let settings = text.split(separator: "\n").filter { !$0.hasPrefix("# ") }.map(String.init)
    #expect(settings == lines + ["#DEFAULT_CIPHER=aes-256-cbc", "#ENCRYPTION=$DEFAULT_CIPHER"])
  }

  @Test(.enabled(if: ForeignTool("sh").isInstalled))
  func `a shell reads lbu.conf as lbu does`() throws {
    var overlay = try overlay()
    overlay.settings.lbu.backupLimit = 3
    let directory = try TemporaryDirectory()
    let path = directory.path("lbu.conf")
    try Data(try #require(recorded(overlay)[EntryPath("etc/lbu/lbu.conf")]).bytes)
      .write(to: URL(fileURLWithPath: path))
    let result = try ForeignTool("sh").run(
      "-euc", ". \(path); echo \"$LBU_MEDIA $BACKUP_LIMIT ${ENCRYPTION-none}\"")
    #expect(result.text == "mmcblk0p2 3 none\n")
  }

  @Test(arguments: [
    ("3.13.4", "urandom", "v3.13"), ("3.16.9", "urandom", "v3.16"), ("3.17.0", "seedrng", "v3.17"),
    ("3.22.1", "seedrng", "v3.22"), ("3.22.0_rc1", "seedrng", "v3.22"), ("20240329", "seedrng", "edge"),
    ("3.20.0_alpha20240329", "seedrng", "edge"), ("4.0.0", "seedrng", "v4.0"),
  ])
  func `release decides on the random seed's service and the mirror's branch`(
    version: String, service: String, branch: String
  ) throws {
    let recorder = recorded(try overlay(version: version))
    let seeds = recorder.files.map(\.entry.path.description).filter {
      $0.hasSuffix("/urandom") || $0.hasSuffix("/seedrng")
    }
    #expect(seeds == ["etc/runlevels/boot/\(service)"])
    #expect(recorder.text(EntryPath("etc/apk/repositories"))?.contains("/alpine/\(branch)/main\n") == true)
  }

  @Test func `without a release there is no architecture and no mirror`() throws {
    let recorder = recorded(
      Overlay(
        hostname: try Hostname("pi"), dataPartitionUUID: uuid, release: nil, time: Timestamp(seconds: 0)))
    #expect(recorder[EntryPath("etc/apk/arch")] == nil)
    #expect(recorder.text(EntryPath("etc/apk/repositories")) == "/media/mmcblk0p1/apks\n")
    #expect(recorder[EntryPath("etc/runlevels/boot/seedrng")] != nil)
  }

  @Test func `a name with a domain stands in hosts with its first label`() throws {
    let hosts = recorded(try overlay(hostname: "pi.example.org")).text(EntryPath("etc/hosts"))
    #expect(hosts?.hasPrefix("127.0.0.1\tpi.example.org pi localhost.localdomain localhost\n") == true)
  }

  @Test func `every time is the one that was given`() throws {
    let times = Set(recorded(try overlay()).files.map(\.entry.modificationTime))
    #expect(times == [Timestamp(seconds: 1_617_209_520)])
  }

  @Test func `what would end a field of fstab is escaped`() throws {
    let directory = try Persistence(try EntryPath(Array("srv/a b#c\\d".utf8)), strategy: .bind)
    let fstab = recorded(try overlay(persistence: [directory])).text(EntryPath("etc/fstab"))
    #expect(
      fstab?.hasSuffix(
        "\n/media/mmcblk0p2/srv/a\\040b\\043c\\134d\t/srv/a\\040b\\043c\\134d\tnone\tbind 0 0\n") == true)
  }
}

@Suite struct OverlayArchiveTests {
  @Test func `the same settings give the same bytes`() throws {
    #expect(try overlay().archive() == (try overlay().archive()))
  }

  @Test func `its gzip header has no name and no time`() throws {
    // RFC 1952, section 2.3.1: magic, deflate, no flags, MTIME 0.
    #expect(try overlay().archive().prefix(8) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
  }

  @Test func `it is named after the host`() throws {
    #expect(try overlay().fileName == "alpine-pi.apkovl.tar.gz")
  }

  @Test(.enabled(if: ForeignTool("tar").isInstalled && ForeignTool("gzip").isInstalled))
  func `GNU tar lists and unpacks it`() throws {
    let directory = try TemporaryDirectory()
    let archive = directory.path("o.tar.gz")
    try Data(try overlay().archive()).write(to: URL(fileURLWithPath: archive))
    #expect(try ForeignTool("gzip").run("-t", archive).status == 0)

    let listing = try ForeignTool("tar").run("--numeric-owner", "--full-time", "-tvzf", archive)
    #expect(listing.status == 0)
    let lines = listing.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.count == 47)
    #expect(lines.contains("-rw-r--r-- 0/0 10 2021-03-31 16:52:00 etc/hostname"))
    #expect(
      lines.contains("lrwxrwxrwx 0/0 0 2021-03-31 16:52:00 etc/apk/cache -> /media/mmcblk0p2/cache"))
    #expect(lines.contains("drwxr-xr-x 0/0 0 2021-03-31 16:52:00 etc/runlevels/default/"))

    #expect(
      try ForeignTool("tar").run("-xzf", archive, "-C", directory.path, "--no-same-owner").status == 0)
    for file in recorded(try overlay()).files {
      guard case .regular = file.entry.kind else { continue }
      let unpacked = try Data(contentsOf: URL(fileURLWithPath: directory.path("\(file.entry.path)")))
      #expect(Array(unpacked) == file.bytes, "\(file.entry.path)")
    }
  }
}

@Suite struct DataPartitionTests {
  @Test func `it holds the apkovl, the cache and the persistent directories`() throws {
    let partition = try DataPartition(try overlay())
    var recorder = Recorder()
    partition.write(to: &recorder)
    #expect(
      recorder.listing == [
        "f 644 0:0 alpine-pi.apkovl.tar.gz",
        "d 755 0:0 cache",
        "d 755 0:0 var",
        "d 755 0:0 var/lib",
        "d 710 0:0 var/lib/docker",
      ])
    #expect(recorder.files.first?.bytes == (try overlay().archive()))
  }

  @Test func `without persistence there is no more than apkovl and cache`() throws {
    var recorder = Recorder()
    try DataPartition(try overlay(persistence: [])).write(to: &recorder)
    #expect(recorder.files.map { "\($0.entry.path)" } == ["alpine-pi.apkovl.tar.gz", "cache"])
  }
}
