// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Foundation
import TestSupport
import Testing

private func overlay(
  _ settings: SystemSettings, version: String = "3.22.1", files: OverlayFiles = OverlayFiles()
) throws -> Overlay {
  Overlay(
    hostname: try Hostname("pi"), dataPartitionUUID: "5f0c2a1e-3b7d-4c58-9a46-d1e2f3a4b5c6",
    release: Release(version: version, architecture: .aarch64, models: [.four], packageCount: 68),
    settings: settings, files: files, time: Timestamp(seconds: 1_617_209_520))
}

private func recorded(
  _ settings: SystemSettings, version: String = "3.22.1", files: OverlayFiles = OverlayFiles()
) throws -> Recorder {
  var recorder = Recorder()
  try overlay(settings, version: version, files: files).write(to: &recorder)
  return recorder
}

extension Recorder {
  fileprivate func text(_ path: String) throws -> String? { text(try EntryPath(Array(path.utf8))) }

  fileprivate func lines(_ path: String) throws -> [String] {
    try #require(try text(path)).split(separator: "\n").map(String.init)
  }
}

@Suite struct OverlaySettingsTests {
  @Test(arguments: [
    (
      "etc/network/interfaces",
      """
      auto lo
      iface lo inet loopback

      auto eth0
      iface eth0 inet static
      \taddress 192.168.1.5/24
      \tgateway 192.168.1.1
      iface eth0 inet6 static
      \taddress fd00::5/64
      \tgateway fe80::1

      auto wlan0
      iface wlan0 inet dhcp
      iface wlan0 inet6 auto

      """
    ),
    ("etc/resolv.conf", "search example.org\nnameserver 192.168.1.1\nnameserver fd00::1\n"),
    ("etc/conf.d/loadkmap", "KEYMAP=/usr/share/bkeymaps/de/de-nodeadkeys.bmap.gz\n"),
    ("etc/modules", "af_packet\nipv6\ni2c-dev\n"),
    ("etc/local.d/led.start", "#!/bin/sh\necho none\n"),
    ("etc/apk/keys/me-1.rsa.pub", "-----BEGIN PUBLIC KEY-----\n"),
    (
      "etc/apk/world",
      "alpine-base\ndoas\ndocker\ne2fsprogs@edge\nkbd-bkeymaps\nopenntpd\nopenssh\ntzdata\n"
    ),
    (
      "etc/apk/repositories",
      """
      /media/mmcblk0p1/apks
      http://dl-cdn.alpinelinux.org/alpine/v3.13/main
      @edge http://dl-cdn.alpinelinux.org/alpine/edge/main

      """
    ),
    (
      "etc/apk/protected_paths.d/lbu.list",
      "+home\n+root/.ssh\n+usr/local/bin\n+var/lib/misc/\\*\n-etc/motd\n"
    ),
    (
      "etc/ssh/sshd_config",
      """
      # Of a setting that comes twice, the first one counts.
      Include /etc/ssh/sshd_config.d/*.conf

      Port 2222
      PermitRootLogin yes
      PasswordAuthentication yes
      KbdInteractiveAuthentication yes
      AuthorizedKeysFile .ssh/authorized_keys

      AllowTcpForwarding no
      GatewayPorts no
      X11Forwarding no
      Subsystem sftp internal-sftp

      """
    ),
    ("etc/doas.d/20-wheel.conf", "permit persist :wheel\npermit nopass ann\n"),
    ("root/.ssh/authorized_keys", "\(Credentials.ed25519)\n"),
    ("home/ann/.ssh/authorized_keys", "\(Credentials.ecdsa)\n\(Credentials.ed25519)\n"),
  ])
  func `each answer is in its file`(path: String, text: String) throws {
    #expect(try recorded(.everything).text(path) == text)
  }

  @Test func `owners and modes are what the programs ask for`() throws {
    let listing = try recorded(.everything).listing
    for line in [
      "l 777 0:0 etc/localtime -> /usr/share/zoneinfo/Europe/Vienna",
      "f 755 0:0 etc/local.d/led.start",
      "d 750 0:0 etc/doas.d", "f 600 0:0 etc/doas.d/20-wheel.conf",
      "f 640 0:42 etc/shadow", "f 644 0:0 etc/passwd", "f 644 0:0 etc/group",
      "d 755 0:0 home", "d 700 1001:1001 home/ann", "d 700 1001:1001 home/ann/.ssh",
      "f 600 1001:1001 home/ann/.ssh/authorized_keys", "d 700 1000:1000 home/bob",
      "d 700 0:0 root", "d 700 0:0 root/.ssh", "f 600 0:0 root/.ssh/authorized_keys",
      "l 777 0:0 etc/runlevels/boot/loadkmap -> /etc/init.d/loadkmap",
      "l 777 0:0 etc/runlevels/default/openntpd -> /etc/init.d/openntpd",
      "l 777 0:0 etc/runlevels/default/local -> /etc/init.d/local",
      "l 777 0:0 etc/runlevels/default/sshd -> /etc/init.d/sshd",
    ] {
      #expect(listing.contains(line), "\(line)")
    }
    #expect(!listing.contains { $0.contains("chronyd") || $0.contains("/crond") })
  }

  @Test func `users are in passwd, shadow and group`() throws {
    let recorder = try recorded(.everything)
    #expect(
      try recorder.lines("etc/passwd").suffix(2) == [
        "ann:x:1001:1001::/home/ann:/bin/ash", "bob:x:1000:1000::/home/bob:/bin/ash",
      ])
    let shadow = try recorder.lines("etc/shadow")
    #expect(shadow.first == "root:\(Credentials.sha512):18717:0:::::")
    #expect(
      shadow.suffix(2) == ["ann:*:18717:0:99999:7:::", "bob:\(Credentials.sha256):18717:0:99999:7:::"])
    let group = try recorder.lines("etc/group")
    for line in [
      "wheel:x:10:root,ann,bob", "audio:x:18:ann", "ann:x:1001:bob", "bob:x:1000:", "docker:x:900:ann,bob",
    ] {
      #expect(group.contains(line), "\(line)")
    }
  }

  @Test func `by default the console asks root for no password, and keys alone let in over the network`()
    throws
  {
    let recorder = try recorded(SystemSettings())
    #expect(try recorder.lines("etc/shadow").first == "root:::0:::::")
    var withUser = SystemSettings()
    var ann = SystemSettings.User(name: "ann")
    ann.keys = SystemSettings.everything.rootKeys
    withUser.users = [ann]
    #expect(try recorded(withUser).lines("etc/shadow").first == "root:*::0:::::")
    let server = try recorder.lines("etc/ssh/sshd_config")
    #expect(
      server.contains("PermitRootLogin prohibit-password") && server.contains("PasswordAuthentication no"))
    #expect(try recorder.text("etc/resolv.conf") == nil && recorder.text("etc/modules") == nil)
    #expect(SystemSettings().letsSomebodyIn && SystemSettings.everything.letsSomebodyIn)
    var locked = SystemSettings()
    locked.rootPassword = .locked
    #expect(!locked.letsSomebodyIn)
  }

  @Test(
    arguments: [
      (SystemSettings.TimeService.chrony, "chronyd", "chrony"), (.openntpd, "openntpd", "openntpd"),
      (.busybox, "ntpd", nil), (.none, nil, nil),
    ] as [(SystemSettings.TimeService, String?, String?)])
  func `what sets the clock has its service and its package`(
    timeService: SystemSettings.TimeService, service: String?, package: String?
  ) throws {
    var settings = SystemSettings()
    settings.timeService = timeService
    settings.sshServer = nil
    settings.lbu.commitsFirstBoot = false
    let names = try overlay(settings).services.filter { $0.runlevel == .default }.map(\.name)
    #expect(names == ["crond"] + [service].compactMap { $0 })
    #expect(settings.world == ["alpine-base"] + [package].compactMap { $0 })
  }

  @Test func `services come and go as they are told`() throws {
    var settings = SystemSettings()
    settings.addedServices = [try Service(name: "docker", in: .default)]
    settings.removedServices = ["chronyd", "seedrng"]
    let names = try overlay(settings).services.map(\.name)
    #expect(names.contains("docker") && !names.contains("chronyd") && !names.contains("seedrng"))
  }

  @Test func `a package with a version takes the place of the one that is needed`() {
    var settings = SystemSettings()
    settings.packages = ["openssh>=8.4", "zsh"]
    #expect(settings.world == ["alpine-base", "chrony", "openssh>=8.4", "zsh"])
  }

  @Test(arguments: [
    ("3.13.4", "etc/doas.conf"), ("3.14.0", "etc/doas.conf"), ("3.15.0", "etc/doas.d/20-wheel.conf"),
  ])
  func `doas finds its rules where the release's looks`(version: String, path: String) throws {
    let paths = try recorded(.everything, version: version).files.map { "\($0.entry.path)" }
    #expect(paths.filter { $0.contains("doas") && $0.hasSuffix(".conf") } == [path])
  }

  @Test func `UTC needs neither file nor package`() throws {
    var settings = SystemSettings()
    settings.timezone = "UTC"
    #expect(try recorded(settings).text("etc/localtime") == nil)
    #expect(settings.world == SystemSettings().world)
  }

  @Test func `host keys are private but for their public halves, and all that there are`() throws {
    var settings = SystemSettings()
    #expect(try recorded(settings).text("etc/conf.d/sshd") == nil)
    settings.sshServer?.hostKeys = [
      .init(
        name: "ssh_host_ed25519_key",
        bytes: Array("-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n".utf8)),
      .init(name: "ssh_host_ed25519_key.pub", bytes: Array(Credentials.ed25519.utf8)),
    ]
    let recorder = try recorded(settings)
    #expect(recorder.listing.contains("f 600 0:0 etc/ssh/ssh_host_ed25519_key"))
    #expect(recorder.listing.contains("f 644 0:0 etc/ssh/ssh_host_ed25519_key.pub"))
    #expect(try recorder.lines("etc/conf.d/sshd").contains("sshd_disable_keygen=\"yes\""))
  }

  /// Of a tar whose deflating is zlib's, at a level of its own: a change of it changes every card.
  @Test func `the whole apkovl is the same bytes for ever`() throws {
    let digest = Digest.sha256(try overlay(.everything).archive()).hexadecimal
    #expect(digest == "bdeccaf44f900c78d840c01aefb7c00cdea261a9bd2dde355b53e5e17803f01b")
  }
}

@Suite(.enabled(if: ForeignTool("awk").isInstalled)) struct AccountFilesTests {
  @Test func `every user has a shadow, a group of the number and a name of their own`() throws {
    let directory = try TemporaryDirectory()
    let recorder = try recorded(.everything)
    for name in ["passwd", "shadow", "group"] {
      try Data(try #require(try recorder.text("etc/\(name)")).utf8)
        .write(to: URL(fileURLWithPath: directory.path(name)))
    }
    let result = try ForeignTool("awk").run(
      "-F:",
      """
      FILENAME ~ /group$/ { if ($1 in group || $3 in number) print "twice", $0; group[$1]; number[$3]; next }
      FILENAME ~ /shadow$/ { if (NF != 9) print "fields", $0; shadow[$1]; next }
      { if (NF != 7) print "fields", $0; if ($1 in user || $3 in id) print "twice", $0
        user[$1]; id[$3]; if (!($4 in number)) print "group", $0; if (!($1 in shadow)) print "shadow", $0 }
      """, directory.path("group"), directory.path("shadow"), directory.path("passwd"))
    #expect(result.status == 0 && result.text == "", "\(result.text)")
  }
}
