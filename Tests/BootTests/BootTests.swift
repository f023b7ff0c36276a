// SPDX-License-Identifier: Apache-2.0
import Alpine
import Foundation
import TestSupport
import Testing

/// Cards that boot, on request: with a genuine release's packages, its own init, and an arm64 kernel, in qemu.
///
/// ```sh
/// apt-get install qemu-system-arm squashfs-tools mtools cpio
/// git clone --branch 3.5.0 https://gitlab.alpinelinux.org/alpine/mkinitfs  # what fits the release, here 3.13's
/// CAIRN_TEST_RELEASE=release.tar.gz CAIRN_TEST_MKINITFS=$PWD/mkinitfs swift test --filter BootTests
/// ```
///
/// The release is an alpine-rpi tarball in which boot/vmlinuz-rpi and the modules in boot/modloop-rpi are those of
/// Debian's linux-image-arm64. The Pi's own kernel knows no machine of qemu's.
@Suite(
  .enabled(
    if: VirtualPi.isPossible,
    "needs CAIRN_TEST_RELEASE, CAIRN_TEST_MKINITFS, qemu-system-aarch64, unsquashfs, mtools and cpio"
  ))
struct BootTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  @Test(arguments: Persistence.Strategy.allCases)
  func `a card boots and remembers over two reboots and a power cut`(strategy: Persistence.Strategy) throws {
    let card = try BootCard(strategy, in: scratch)
    try card.check()
    let pi = try VirtualPi(card: card.image, in: scratch)
    try pi.boot()
    try expectHealth(of: pi)
    let sample = try writeSample(on: pi)
    try expectFirstBootChanges(on: pi)
    try pi.succeed("echo 'first change' >/etc/motd && lbu commit")
    #expect(try pi.succeed("lbu status").lines == [])
    let identity = try hostKeys(of: pi)

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try fingerprint(on: pi) == sample)
    #expect(try hostKeys(of: pi) == identity)
    #expect(try pi.succeed("cat /etc/motd").lines == ["first change"])
    #expect(try pi.succeed("lbu status").lines == [])
    try expectBackupLimit(on: pi)

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try fingerprint(on: pi) == sample)
    #expect(try pi.succeed("cat /etc/motd").lines == ["change 3"])
    try pi.succeed("echo 'before the cut' >/var/lib/docker/last && sync")
    pi.cutPower()

    try pi.boot()
    try expectHealth(of: pi)
    #expect(try fingerprint(on: pi) == sample)
    #expect(try pi.succeed("cat /var/lib/docker/last").lines == ["before the cut"])
    #expect(try hostKeys(of: pi) == identity)
    #expect(try pi.succeed("lbu status").lines == [])
    try pi.shutDown()
    try card.check()
  }
}

// What every boot must bring.
extension BootTests {
  private func expectHealth(of pi: VirtualPi) throws {
    #expect(try pi.succeed("rc-status --runlevel").lines == ["default"])
    #expect(try pi.succeed("ls /run/openrc/failed /run/openrc/starting | grep -v :; true").lines == [])
    let idle = """
      for link in /etc/runlevels/sysinit/* /etc/runlevels/boot/* /etc/runlevels/default/*; do
        [ -e /run/openrc/started/${link##*/} ] || echo ${link##*/}
      done
      """
    #expect(try pi.succeed(idle).lines == [], "\(pi.console)")
    let options = try pi.succeed("awk '$2 == \"/media/mmcblk0p2\" {print $4}' /proc/mounts").lines
    #expect(options.count == 1 && options[0].split(separator: ",").contains("rw"), "\(options)")
    try pi.succeed("touch /media/mmcblk0p2/writable && rm /media/mmcblk0p2/writable")
    try pi.succeed("mountpoint /var/lib/docker")
    #expect(try pi.succeed("readlink -f /etc/apk/cache").lines == ["/media/mmcblk0p2/cache"])
    #expect(try pi.succeed("hostname").lines == ["pi"])
  }
}

// What is done on a Pi, and how it shows.
extension BootTests {
  private static let sample = "/var/lib/docker/sample"

  /// 10 MB with an owner and a mode of their own.
  private func writeSample(on pi: VirtualPi) throws -> [String] {
    let file = Self.sample
    try pi.succeed(
      "head -c 10000000 /dev/urandom >\(file) && chown 1234:5678 \(file) && chmod 2640 \(file)")
    return try fingerprint(on: pi)
  }

  private func fingerprint(on pi: VirtualPi) throws -> [String] {
    try pi.succeed("stat -c '%s %u:%g %a' \(Self.sample) && sha256sum \(Self.sample)").lines
  }

  private func hostKeys(of pi: VirtualPi) throws -> [String] {
    let keys = try pi.succeed("sha256sum /etc/ssh/ssh_host_*_key").lines
    #expect(!keys.isEmpty)
    return keys
  }

  /// Packages add their users, sshd makes its keys, init brings the release's keys.
  private func expectFirstBootChanges(on pi: VirtualPi) throws {
    let known = ["passwd", "passwd-", "shadow", "shadow-", "group", "group-"].map { "etc/" + $0 }
    let changes = try pi.succeed("lbu status").lines.map { String($0.dropFirst(2)) }
    let others = changes.filter { path in
      !known.contains(path)
        && !["etc/ssh", "etc/apk/keys"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
    #expect(others == [])
    // What the overlay has brought counts as changed only where the file is newer.
    try pi.succeed("echo '# a change' >>/etc/hosts")
    #expect(try pi.succeed("lbu status").lines.contains("U etc/hosts"))
  }

  private func expectBackupLimit(on pi: VirtualPi) throws {
    let list = "ls /media/mmcblk0p2"
    let limit = 2
    try pi.succeed("sed -i 's/^#*BACKUP_LIMIT=.*/BACKUP_LIMIT=\(limit)/' /etc/lbu/lbu.conf")
    for number in 1...3 {
      try pi.succeed("echo 'change \(number)' >/etc/motd && lbu commit && sleep 1")
    }
    let names = try pi.succeed(list).lines
    #expect(names.filter { $0.hasSuffix(".apkovl.tar.gz") } == ["pi.apkovl.tar.gz"])
    #expect(try pi.succeed("lbu list-backup").lines.count == limit, "\(names)")
  }
}
