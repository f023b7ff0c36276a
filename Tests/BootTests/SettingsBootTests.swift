// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

// Cards with settings of all kinds.
extension BootTests {
  @Test(arguments: PiInitramfs.checkouts)
  func `a card with everything settles by itself and remembers`(checkout: String) throws {
    let keys = try LoginKeys(in: scratch)
    let card = try BootCard(try Self.everything(keys, in: scratch), in: scratch)
    try card.checkReproducibility()
    try card.check()
    let pi = try VirtualPi(card: card.image, checkout: checkout, in: scratch)
    try pi.boot()
    try expectHealth(of: pi)
    try pi.expectFirstCommit(of: "pi.apkovl.tar.gz")
    #expect(try pi.succeed("cat /run/greeting").lines == ["good morning"])
    let files = try expectOverlayFiles(on: pi)
    let hostKeys = try pi.hostKeys()
    try expectLogins(with: keys, on: pi, knownHosts: hostKeys)

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try pi.succeed("ls /etc/init.d | grep cairn; true").lines == [])
    #expect(try pi.overlays() == ["pi.apkovl.tar.gz"])
    #expect(try pi.succeed("lbu status").lines == [])
    #expect(try expectOverlayFiles(on: pi) == files)
    #expect(try pi.hostKeys() == hostKeys)
    try commitOften(on: pi)

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try pi.succeed("cat /etc/motd").lines == ["change 5"])
    #expect(try pi.succeed("lbu status").lines == [])
    #expect(try expectOverlayFiles(on: pi) == files)
    #expect(try pi.hostKeys() == hostKeys)
    try expectLogins(with: keys, on: pi, knownHosts: hostKeys)
    try pi.shutDown()
    try card.check()
  }
}

/// Who may log in.
private struct LoginKeys {
  let root: KeyPair
  let ann: KeyPair

  init(in scratch: TemporaryDirectory) throws {
    root = try KeyPair(path: scratch.path("root-key"))
    ann = try KeyPair(path: scratch.path("ann-key"), type: "ecdsa")
  }
}

// What is on the card.
extension BootTests {
  private static let persistentPaths = ["/var/lib/docker", "/var/log", "/srv", "/var/lib/data"]

  private static func everything(_ keys: LoginKeys, in scratch: TemporaryDirectory) throws -> String {
    let (files, homes) = try overlay(in: scratch)
    let (cache, packageKey) = try packages(in: scratch)
    let script = scratch.path("greet.start")
    try Data("#!/bin/sh\necho 'good morning' >/run/greeting\n".utf8).write(to: URL(fileURLWithPath: script))
    return """
      hostname: pi
      timezone: Europe/Vienna
      network:
        interfaces: {eth0: dhcp}
      ssh:
        keys: \(keys.root.publicLine)
      users:
        - {name: ann, admin: true, groups: dialout, keys: \(keys.ann.publicLine)}
        - {name: bob, id: 2000, keys: \(keys.ann.publicLine)}
      packages: cairn-talk
      cache: \(cache)
      repository-keys: \(packageKey)
      scripts: \(script)
      boot: {serial-console: true}
      lbu: {backups: 3}
      overlay: [\(files), \(homes)]
      persist:
        - /var/lib/docker
        - /var/log
        - {path: /srv, by: file, size: 64MiB}
        - {path: /var/lib/data, by: partition, size: 128MiB}
      """
  }

  /// A directory, whose files will belong to root, and a tar that says whom they belong to.
  private static func overlay(in scratch: TemporaryDirectory) throws -> (directory: String, tar: String) {
    let root = try FileTree(at: scratch.path("root"))
    try root.add("etc/profile.d/greeting.sh", "export GREETING=hello\n")
    try root.add("opt/tool/run", "#!/bin/sh\necho running\n", mode: 0o755)
    try root.add("root/.ssh/config", "Host *\n  ForwardAgent no\n", mode: 0o600)
    let home = try FileTree(at: scratch.path("home"))
    try home.add("home/ann/notes/today", "buy bread\n", mode: 0o640)
    let tar = scratch.path("home.tar")
    try ForeignTool("tar").succeed(
      "--owner=:1000", "--group=:1000", "-cf", tar, "-C", home.path, "home/ann")
    return (root.path, tar)
  }

  /// What neither the release nor a network has: a package of the world with one that it needs, and doas for ann.
  private static func packages(in scratch: TemporaryDirectory) throws -> (directory: String, key: String) {
    let signer = try PackageSigner(in: scratch)
    let directory = scratch.path("packages")
    let talk = "#!/bin/sh\ncat /etc/words\n"
    try signer.write(
      "cairn-talk", fields: ["depend = cairn-words>=1.0", "depend = so:libc.musl-aarch64.so.1"],
      files: [("usr/bin/cairn-talk", talk)], to: directory)
    try signer.write("cairn-words", files: [("etc/words", "from the cache\n")], to: directory)
    try signer.write("doas", files: [("usr/bin/doas", "#!/bin/sh\necho as root\n")], to: directory)
    return (directory, signer.publicKey)
  }

  private struct FileTree {
    let path: String

    init(at path: String) throws {
      self.path = path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func add(_ name: String, _ text: String, mode: Int = 0o644) throws {
      let file = URL(fileURLWithPath: "\(path)/\(name)")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }
  }
}

// What shows of it.
extension BootTests {
  private func expectHealth(of pi: VirtualPi) throws {
    try pi.expectHealth(hostname: "pi", persistentPaths: Self.persistentPaths)
    #expect(try pi.succeed("readlink /etc/localtime").lines == ["/usr/share/zoneinfo/Europe/Vienna"])
    let zone = try pi.succeed("date +%Z").lines
    #expect(zone == ["CET"] || zone == ["CEST"])
    #expect(
      try pi.succeed("id -u ann; id -Gn ann; id -u bob").lines == ["1000", "ann wheel dialout", "2000"])
    #expect(try pi.succeed("cairn-talk; doas").lines == ["from the cache", "as root"], "\(pi.console)")
    #expect(try pi.succeed("cat /etc/doas.conf").lines == ["permit persist :wheel", "permit nopass ann"])
    #expect(try pi.succeed("ip -4 -o address show dev eth0").lines.count == 1)
    #expect(try pi.succeed("tail -n 1 /var/log/messages").lines.count == 1)
    try expectSerialLogin(on: pi)
  }

  /// Init has added it, once, and it waits behind what OpenRC has said.
  private func expectSerialLogin(on pi: VirtualPi) throws {
    let line = VirtualPi.serialLine
    #expect(try pi.succeed("grep -c ^\(line): /etc/inittab").lines == ["1"])
    try pi.succeed("for i in $(seq 60); do pgrep -f 'getty.*\(line)' && exit; sleep 1; done; exit 1")
    let screen = pi.console
    #expect(screen.contains("Starting sshd"), "\(screen)")
    #expect(screen.contains("pi login:"), "\(screen)")
  }

  /// Returns what they hold.
  private func expectOverlayFiles(on pi: VirtualPi) throws -> [String] {
    let expected = [
      "/etc/profile.d/greeting.sh 644 0:0", "/opt/tool/run 755 0:0", "/root 700 0:0", "/root/.ssh 700 0:0",
      "/root/.ssh/authorized_keys 600 0:0", "/root/.ssh/config 600 0:0",
      "/home/ann/notes/today 640 1000:1000",
      "/home/ann/.ssh 700 1000:1000", "/home/ann/.ssh/authorized_keys 600 1000:1000",
      "/home/bob 700 2000:2000", "/home/bob/.ssh/authorized_keys 600 2000:2000", "/etc/shadow 640 0:42",
    ]
    let paths = expected.map { $0.prefix { $0 != " " } }.joined(separator: " ")
    #expect(try pi.succeed("stat -c '%n %a %u:%g' \(paths)").lines == expected)
    #expect(try pi.succeed("/opt/tool/run && cat /home/ann/notes/today").lines == ["running", "buy bread"])
    return try pi.succeed("cd / && find etc/profile.d opt root home -type f -exec sha256sum {} + | sort -k 2")
      .lines
  }

  private func expectLogins(with keys: LoginKeys, on pi: VirtualPi, knownHosts: [String]) throws {
    for (user, key) in [("root", keys.root), ("ann", keys.ann), ("bob", keys.ann)] {
      let answer = try pi.logIn(as: user, with: key, knownHosts: knownHosts, run: "id -un && pwd")
      let home = user == "root" ? "/root" : "/home/\(user)"
      #expect(answer.status == 0 && answer.lines == [user, home], "\(answer)")
    }
    let stranger = try pi.logIn(as: "root", with: keys.ann, knownHosts: knownHosts, run: "true")
    #expect(stranger.status == 255, "\(stranger)")
  }

  /// Three backups are as many as there are commits, and as there may be.
  private func commitOften(on pi: VirtualPi) throws {
    for number in 1...5 {
      try pi.succeed("echo 'change \(number)' >/etc/motd && lbu commit && sleep 1")
      let backups = try pi.succeed("lbu list-backup").lines
      #expect(backups.count == min(number, 3), "\(backups)")
    }
    let others = try pi.overlays().filter { !$0.contains(/^pi\.\d{14}\.tar\.gz$/) }
    #expect(others == ["pi.apkovl.tar.gz"])
  }
}
