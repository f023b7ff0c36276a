// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

extension BootTests {
  @Test func `a card with host keys of its own waits for a person to commit`() throws {
    let key = try KeyPair(path: scratch.path("bob-key"))
    let hostKeys = try makeHostKeys()
    let card = try BootCard(recipe(key), in: scratch)
    try card.check()
    let pi = try VirtualPi(card: card.image, in: scratch)
    try pi.boot()
    try expectHealth(of: pi)
    #expect(try pi.succeed("find / -xdev -name 'cairn*'").lines == [])
    #expect(try pi.hostKeys() == hostKeys)
    try expectLogins(with: key, on: pi, knownHosts: hostKeys)
    try expectFirstBootChanges(on: pi)
    try pi.succeed("mkdir /var/lib/kept && echo kept >/var/lib/kept/note && echo 'not kept' >/etc/motd")
    try pi.succeed("lbu commit")
    #expect(try pi.succeed("lbu status").lines == [])
    // None is asked for.
    #expect(try pi.overlays() == ["shed.example.apkovl.tar.gz"])

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try pi.succeed("lbu status").lines == [])
    #expect(try pi.hostKeys() == hostKeys)
    #expect(try pi.succeed("cat /var/lib/kept/note").lines == ["kept"])
    #expect(try pi.run("grep 'not kept' /etc/motd").status == 1)
    try expectLogins(with: key, on: pi, knownHosts: hostKeys)
    try pi.shutDown()
    try card.check()
  }

  /// Returns the public halves in the order of the files' names.
  private func makeHostKeys() throws -> [String] {
    let directory = scratch.path("host-keys")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    return try ["ecdsa", "ed25519", "rsa"].map { type in
      try KeyPair(path: "\(directory)/ssh_host_\(type)_key", type: type).publicLine
    }
  }

  private func recipe(_ key: KeyPair) -> String {
    """
    hostname: shed.example
    keymap: de de-nodeadkeys
    network:
      interfaces:
        eth0: [{address: 10.0.2.20/24, gateway: 10.0.2.2}, fd00:2::5/64]
      nameservers: 10.0.2.3
      search: example
    ntp: busybox
    ssh: {root: false, port: 2222, host-keys: \(scratch.path("host-keys"))}
    users:
      - {name: bob, keys: \(key.publicLine)}
    lbu: {first-commit: false, include: var/lib/kept, exclude: etc/motd}
    persist: none
    """
  }
}

extension BootTests {
  private func expectHealth(of pi: VirtualPi) throws {
    try pi.expectHealth(hostname: "shed.example", persistentPaths: [])
    let addresses = try pi.succeed("ip -o address show dev eth0 | awk '{print $4}'").lines
    #expect(addresses.contains("10.0.2.20/24") && addresses.contains("fd00:2::5/64"), "\(addresses)")
    #expect(try pi.succeed("ip route show default").lines.first?.hasPrefix("default via 10.0.2.2") == true)
    #expect(try pi.succeed("cat /etc/resolv.conf").lines == ["search example", "nameserver 10.0.2.3"])
  }

  private func expectLogins(with key: KeyPair, on pi: VirtualPi, knownHosts: [String]) throws {
    for (user, status) in [("bob", 0), ("root", 255)] {
      let answer = try pi.logIn(as: user, with: key, port: 2222, knownHosts: knownHosts, run: "id -un")
      #expect(answer.status == status, "\(answer)")
    }
  }

  /// Packages add their users, and init brings the release's keys.
  private func expectFirstBootChanges(on pi: VirtualPi) throws {
    let known = ["passwd", "passwd-", "shadow", "shadow-", "group", "group-"].map { "etc/" + $0 }
    let changes = try pi.succeed("lbu status").lines.map { String($0.dropFirst(2)) }
    let others = changes.filter {
      !known.contains($0) && $0 != "etc/apk/keys" && !$0.hasPrefix("etc/apk/keys/")
    }
    #expect(others == [])
    // What the overlay has brought counts as changed only where the file is newer.
    try pi.succeed("echo '# a change' >>/etc/hosts")
    #expect(try pi.succeed("lbu status").lines.contains("U etc/hosts"))
  }
}
