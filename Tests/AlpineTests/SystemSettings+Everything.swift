// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries

extension SystemSettings {
  /// With an answer to every question.
  static var everything: SystemSettings {
    var settings = SystemSettings()
    settings.timezone = "Europe/Vienna"
    settings.keymap = Keymap(layout: "de", variant: "de-nodeadkeys")
    settings.interfaces = [
      NetworkInterface(
        name: "eth0",
        addresses: [
          .fixed(address: "192.168.1.5/24", gateway: "192.168.1.1"),
          .fixed(address: "fd00::5/64", gateway: "fe80::1"),
        ]),
      NetworkInterface(name: "wlan0", addresses: [.dhcp, .automatic]),
    ]
    settings.nameservers = ["192.168.1.1", "fd00::1"]
    settings.searchDomain = "example.org"
    settings.timeService = .openntpd
    settings.sshServer?.port = 2222
    settings.sshServer?.allowsPasswords = true
    settings.rootPassword = .hash(Credentials.sha512)
    settings.rootKeys = [Credentials.ed25519]
    settings.users = [.administrator, .operator]
    settings.packages = ["docker", "e2fsprogs@edge"]
    settings.removedServices = ["crond"]
    settings.modules = ["i2c-dev", "ipv6"]
    settings.repositories = [
      "http://dl-cdn.alpinelinux.org/alpine/v3.13/main",
      "@edge http://dl-cdn.alpinelinux.org/alpine/edge/main",
    ]
    settings.repositoryKeys = [
      NamedFile(name: "me-1.rsa.pub", bytes: Array("-----BEGIN PUBLIC KEY-----\n".utf8))
    ]
    settings.lbu.backupLimit = 3
    settings.lbu.includes = [EntryPath("usr/local/bin"), EntryPath("var/lib/misc/*")]
    settings.lbu.excludes = [EntryPath("etc/motd")]
    settings.localScripts = [NamedFile(name: "led.start", bytes: Array("#!/bin/sh\necho none\n".utf8))]
    return settings
  }
}

extension SystemSettings.User {
  fileprivate static var administrator: Self {
    var user = Self(name: "ann")
    user.groups = ["docker", "audio"]
    user.keys = [Credentials.ecdsa, Credentials.ed25519]
    user.isAdministrator = true
    return user
  }

  fileprivate static var `operator`: Self {
    var user = Self(name: "bob")
    user.id = 1000
    user.groups = ["ann", "docker"]
    user.password = .hash(Credentials.sha256)
    user.isAdministrator = true
    return user
  }
}
