// SPDX-License-Identifier: Apache-2.0
import Testing

// What every boot must bring.
extension VirtualPi {
  func expectHealth(hostname: String, persistentPaths: [String]) throws {
    #expect(try succeed("rc-status --runlevel").lines == ["default"])
    try expectServices()
    try expectMounts(persistentPaths)
    #expect(try succeed("readlink -f /etc/apk/cache").lines == ["/media/mmcblk0p2/cache"])
    #expect(try succeed("hostname").lines == [hostname])
    // What init's apk has to say of packages that are nowhere.
    #expect(!console.contains("ERROR"), "\(console)")
  }

  private func expectServices() throws {
    #expect(try succeed("ls /run/openrc/failed /run/openrc/starting | grep -v :; true").lines == [])
    // busybox's ntpd has no pid file until it has looked for its server.
    let crashed = "for i in $(seq 20); do found=$(rc-status --crashed) || break; sleep 3; done; echo $found"
    #expect(try succeed(crashed).lines == [])
    let idle = """
      for link in /etc/runlevels/sysinit/* /etc/runlevels/boot/* /etc/runlevels/default/*; do
        [ -e /run/openrc/started/${link##*/} ] || echo ${link##*/}
      done
      """
    #expect(try succeed(idle).lines == [], "\(console)")
  }

  private func expectMounts(_ persistentPaths: [String]) throws {
    let options = try succeed("awk '$2 == \"/media/mmcblk0p2\" {print $4}' /proc/mounts").lines
    #expect(options.count == 1 && options[0].split(separator: ",").contains("rw"), "\(options)")
    try succeed("touch /media/mmcblk0p2/writable && rm /media/mmcblk0p2/writable")
    for path in persistentPaths {
      try succeed("mountpoint \(path) && touch \(path)/writable && rm \(path)/writable")
    }
    #expect(try succeed("dmesg | grep -E 'EXT4-fs.*error|FAT-fs.*error'; true").lines == [])
  }

  /// The one-shot service has done its work, and nothing of it has come back.
  func expectFirstCommit(of overlay: String) throws {
    let name = "cairn-first-commit"
    #expect(try succeed("ls /etc/runlevels/*/\(name) 2>/dev/null; true").lines == [])
    let paths = try succeed("tar -tzf /media/mmcblk0p2/\(overlay)").lines
    #expect(!paths.contains { $0.contains(name) })
    for path in ["etc/fstab", "etc/ssh/ssh_host_ed25519_key", "etc/passwd"] {
      #expect(paths.contains(path), "\(path) is not committed")
    }
    #expect(try overlays() == [overlay])
    #expect(try succeed("lbu status").lines == [])
  }

  /// The apkovl and its backups: all files that lie beside it.
  func overlays() throws -> [String] {
    try succeed("cd /media/mmcblk0p2 && find * -maxdepth 0 -type f").lines
  }
}
