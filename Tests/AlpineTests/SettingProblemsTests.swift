// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Foundation
import TestSupport
import Testing

/// Settings with something in them that can't be.
private struct Refusal: CustomTestStringConvertible, Sendable {
  let key: String
  let part: String
  let change: @Sendable (inout SystemSettings) throws -> Void
  var testDescription: String { "\(key): \(part)" }

  init(
    _ key: String, _ part: String, _ change: @escaping @Sendable (inout SystemSettings) throws -> Void
  ) {
    (self.key, self.part, self.change) = (key, part, change)
  }

  static func user(
    _ key: String, _ part: String, _ change: @escaping @Sendable (inout SystemSettings.User) -> Void
  ) -> Refusal {
    Refusal("users.0.\(key)", part) {
      var user = SystemSettings.User(name: "ann")
      change(&user)
      $0.users = [user]
    }
  }

  static func fixed(_ address: String, _ gateway: String?, _ key: String, _ part: String) -> Refusal {
    Refusal("interfaces.0.addresses.0.\(key)", part) {
      $0.interfaces = [.init(name: "eth0", addresses: [.fixed(address: address, gateway: gateway)])]
    }
  }

  static func rootKey(_ line: String, _ part: String) -> Refusal {
    Refusal("rootKeys.0", part) { $0.rootKeys = [line] }
  }

  static func hash(_ hash: String, _ part: String) -> Refusal {
    Refusal("rootPassword", part) { $0.rootPassword = .hash(hash) }
  }

  static func package(_ line: String, _ part: String = "is no package") -> Refusal {
    Refusal("packages.0", part) { $0.packages = [line] }
  }
}

private func file(_ name: String, _ text: String = "x") -> SystemSettings.NamedFile {
  SystemSettings.NamedFile(name: name, bytes: Array(text.utf8))
}

private let time: [Refusal] = [
  Refusal("timezone", "Vienna") { $0.timezone = "Vienna" },
  Refusal("timezone", "Europe/../x") { $0.timezone = "Europe/../x" },
  Refusal("timezone", "/usr") { $0.timezone = "/usr/share/zoneinfo/UTC" },
  Refusal("keymap.layout", "no keyboard layout") { $0.keymap = .init(layout: "d/e", variant: "d/e") },
  Refusal("keymap.variant", "begin with the layout's name") {
    $0.keymap = .init(layout: "de", variant: "us")
  },
]

private let network: [Refusal] = [
  Refusal("interfaces.0.name", "is there in any case") { $0.interfaces = [.dhcp("lo")] },
  Refusal("interfaces.0.name", "15 characters") { $0.interfaces = [.dhcp("a-very-long-name")] },
  Refusal("interfaces.0.name", "no name of an interface") { $0.interfaces = [.dhcp("eth 0")] },
  Refusal("interfaces.1.name", "second time") { $0.interfaces = [.dhcp("eth0"), .dhcp("eth0")] },
  Refusal("interfaces.0.addresses", "no address") { $0.interfaces = [.init(name: "eth0", addresses: [])] },
  Refusal("interfaces.0.addresses.1", "second time") {
    $0.interfaces = [.init(name: "eth0", addresses: [.dhcp, .dhcp])]
  },
  .fixed("192.168.1.5", nil, "address", "length of the prefix is missing"),
  .fixed("192.168.1.500/24", nil, "address", "no address with a prefix"),
  .fixed("192.168.1.05/24", nil, "address", "no address with a prefix"),
  .fixed("192.168.1.5/33", nil, "address", "no address with a prefix"),
  .fixed("192.168.1.5/0", nil, "address", "no address with a prefix"),
  .fixed("192.168.1.0/24", nil, "address", "not an address that a machine can have"),
  .fixed("192.168.1.255/24", nil, "address", "not an address that a machine can have"),
  .fixed("224.0.0.1/24", nil, "address", "not an address that a machine can have"),
  .fixed("fd00::5::1/64", nil, "address", "no address with a prefix"),
  .fixed("fd00:1:2:3:4:5:6:7:8/64", nil, "address", "no address with a prefix"),
  .fixed("fd00::5/129", nil, "address", "no address with a prefix"),
  .fixed("ff02::1/64", nil, "address", "not an address that a machine can have"),
  .fixed("192.168.1.5/24", "192.168.2.1", "gateway", "outside the address's network"),
  .fixed("192.168.1.5/24", "fd00::1", "gateway", "outside the address's network"),
  .fixed("192.168.1.5/24", "192.168.1.5", "gateway", "own address"),
  .fixed("192.168.1.5/24", "router", "gateway", "no address"),
  Refusal("interfaces.1.addresses.0.gateway", "second gateway") {
    $0.interfaces = [
      .init(name: "eth0", addresses: [.fixed(address: "10.0.0.2/8", gateway: "10.0.0.1")]),
      .init(name: "eth1", addresses: [.fixed(address: "172.16.0.2/16", gateway: "172.16.0.1")]),
    ]
  },
  Refusal("nameservers.0", "a name can't be looked up") { $0.nameservers = ["dns.example.org"] },
  Refusal("nameservers.3", "a fourth") { $0.nameservers = ["1.1.1.1", "8.8.8.8", "9.9.9.9", "fd00::53"] },
  Refusal("searchDomain", "no domain") { $0.searchDomain = "example_org" },
]

private let server: [Refusal] = [
  Refusal("sshServer.port", "0 is no port") { $0.sshServer?.port = 0 },
  Refusal("rootKeys", "may not log in") {
    $0.sshServer?.allowsRoot = false
    $0.rootKeys = [Credentials.ed25519]
  },
  .rootKey("me@desk", "is no public key"),
  .rootKey("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
  .rootKey("ssh-ed25519", "nothing behind"),
  .rootKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgME", "cut off"),
  .rootKey("ssh-ed25519 AAAA*", "no base64"),
  .rootKey(Credentials.ed25519.replacingOccurrences(of: "ssh-ed25519 ", with: "ssh-rsa "), "its base64"),
  .rootKey(Credentials.rsa767, "767 bits"),
  .rootKey("ssh-dss AAAA", "DSA"),
  .rootKey("ssh-ed25519-cert-v01@openssh.com AAAA", "certificate"),
  .rootKey(Credentials.ed25519 + "\n" + Credentials.ecdsa, "line break"),
  Refusal("rootKeys.1", "second time") { $0.rootKeys = [Credentials.ecdsa, Credentials.ecdsa] },
  Refusal("sshServer.hostKeys.0", "no name of a host key") { $0.sshServer?.hostKeys = [file("id_rsa")] },
  Refusal("sshServer.hostKeys.0", "without its ssh_host_rsa_key.pub") {
    $0.sshServer?.hostKeys = [file("ssh_host_rsa_key")]
  },
  Refusal("sshServer.hostKeys.0", "without its private key") {
    $0.sshServer?.hostKeys = [file("ssh_host_ed25519_key.pub", Credentials.ed25519)]
  },
]

private let users: [Refusal] = [
  .hash("secret", "is no hash"),
  .hash("$y$j9T$abc$def", "yescrypt"),
  .hash("$7$abc$def", "scrypt"),
  .hash("$6$saltsalt$short", "cut off"),
  .hash("$6$rounds=99$salt$" + String(repeating: "a", count: 86), "cut off or damaged"),
  .hash("$2b$99$" + String(repeating: "a", count: 53), "cut off or damaged"),
  .user("password", "is no hash") { $0.password = .hash("secret") },
  .user("name", "small letters") { $0.name = "Ann" },
  .user("name", "small letters") { $0.name = "" },
  .user("name", "rootPassword") { $0.name = "root" },
  .user("name", "Alpine's own") { $0.name = "mail" },
  .user("name", "Alpine's own") { $0.name = "wheel" },
  .user("id", "not for people") { $0.id = 500 },
  .user("groups.0", "no name of a group") { $0.groups = ["a:b"] },
  .user("groups.1", "second time") { $0.groups = ["docker", "docker"] },
  .user("keys.0", "is no public key") { $0.keys = ["x"] },
  .user("shell", "no path of a shell") { $0.shell = "ash" },
  .user("shell", "add it") { $0.shell = "/bin/bash" },
  Refusal("users.1.name", "second time") { $0.users = [.init(name: "ann"), .init(name: "ann")] },
  Refusal("users.1.id", "another user's") {
    $0.users = [.init(name: "ann"), .init(name: "bob")]
    $0.users[0].id = 1000
    $0.users[1].id = 1000
  },
]

private let packages: [Refusal] = [
  .package("two words"), .package(""), .package("-x"), .package("a>"), .package("a=>1"), .package("a=b"),
  .package("docker@edge", "not among the repositories"),
  Refusal("packages.1", "second time") { $0.packages = ["docker", "docker>1"] },
  Refusal("repositories.0", "no repository") { $0.repositories = ["dl-cdn.alpinelinux.org/alpine"] },
  Refusal("repositories.0", "no repository") { $0.repositories = ["@edge"] },
  Refusal("repositories.0", "no repository") { $0.repositories = ["http:///alpine"] },
  Refusal("repositoryKeys.0", "ends in .pub") { $0.repositoryKeys = [file("../me.pub")] },
  Refusal("repositoryKeys.0", "no public key in PEM") { $0.repositoryKeys = [file("me.rsa.pub")] },
]

private let rest: [Refusal] = [
  Refusal("removedServices.0", "would not start anyway") { $0.removedServices = ["docker"] },
  Refusal("removedServices.0", "to be added, too") {
    $0.removedServices = ["crond"]
    $0.addedServices = [try Service(name: "crond", in: .boot)]
  },
  Refusal("addedServices.1", "second time") {
    $0.addedServices = [try Service(name: "docker", in: .default), try Service(name: "docker", in: .default)]
  },
  Refusal("modules.0", "no kernel module") { $0.modules = ["i2c dev;"] },
  Refusal("localScripts.0", ".start or .stop") { $0.localScripts = [file("hello.sh")] },
  Refusal("localScripts.0", ".start or .stop") { $0.localScripts = [file("../hello.start")] },
  Refusal("localScripts.0", "is empty") { $0.localScripts = [file("hello.start", "")] },
  Refusal("localScripts.0", "DOS") { $0.localScripts = [file("hello.start", "#!/bin/sh\r\necho\r\n")] },
  Refusal("lbu.backupLimit", "-1") { $0.lbu.backupLimit = -1 },
  Refusal("lbu.includes.0", "the root itself") { $0.lbu.includes = [.root] },
  Refusal("lbu.includes.0", "kept anyway") { $0.lbu.includes = [EntryPath("etc/motd")] },
  Refusal("lbu.includes.0", "at every boot") { $0.lbu.includes = [EntryPath("run/x")] },
  Refusal("lbu.includes.0", "line break") { $0.lbu.includes = [try EntryPath(Array("a\nb".utf8))] },
  Refusal("lbu.excludes.0", "in nothing that a commit keeps") { $0.lbu.excludes = [EntryPath("var/log")] },
  Refusal("lbu.excludes.0", "to be included, too") {
    $0.lbu.includes = [EntryPath("srv")]
    $0.lbu.excludes = [EntryPath("srv")]
  },
]

@Suite struct SettingProblemsTests {
  @Test(arguments: time + network + server + users + packages + rest)
  fileprivate func `what can't be is one problem, with its key`(_ refusal: Refusal) throws {
    var settings = SystemSettings()
    try refusal.change(&settings)
    let problems = settings.problems()
    #expect(problems.map { $0.key.joined(separator: ".") } == [refusal.key])
    #expect(problems.first?.reason.contains(refusal.part) == true, "\(problems)")
  }

  @Test func `all problems come at once, and no overlay is made`() throws {
    var settings = SystemSettings()
    settings.timezone = "Vienna"
    settings.nameservers = ["x"]
    settings.rootPassword = .hash("secret")
    let problems = settings.problems()
    #expect(problems.map(\.key) == [["timezone"], ["nameservers", "0"], ["rootPassword"]])
    let overlay = Overlay(
      hostname: .default, dataPartitionUUID: "", release: nil, settings: settings, time: Timestamp(seconds: 0)
    )
    #expect(throws: AlpineError.settings(problems)) { try overlay.archive() }
  }

  @Test func `what setup-alpine would take is taken`() throws {
    #expect(SystemSettings().problems().isEmpty)
    #expect(SystemSettings.everything.problems() == [])
  }

  @Test(arguments: [
    Credentials.ed25519, Credentials.rsa1024, Credentials.ecdsa, Credentials.securityKey,
    "from=\"10.0.0.0/8\",command=\"echo \\\"hi there\\\"\" \(Credentials.ed25519)",
    "restrict \(Credentials.ecdsa)",
  ])
  func `keys of every kind are taken, with options`(line: String) {
    var settings = SystemSettings()
    settings.rootKeys = [line]
    #expect(settings.problems() == [])
  }

  @Test(arguments: [
    Credentials.sha512, Credentials.sha256, Credentials.md5,
    "$6$rounds=5000$saltsalt$" + String(repeating: "a", count: 86),
    "$2b$12$" + String(repeating: "a", count: 53),
  ])
  func `hashes that musl knows are taken`(hash: String) {
    var settings = SystemSettings()
    settings.rootPassword = .hash(hash)
    #expect(settings.problems() == [])
  }

  @Test(arguments: [
    "docker", "docker>=20.10", "nginx=1.18.0-r13", "docker@edge", "docker@edge>1", "docker>1@edge",
    "linux~5.10", "libc++", "py3-yaml", "gtk+3.0",
  ])
  func `lines of a world are taken`(line: String) {
    var settings = SystemSettings()
    settings.repositories = ["@edge http://dl-cdn.alpinelinux.org/alpine/edge/main"]
    settings.packages = [line]
    #expect(settings.problems() == [])
  }

  @Test(arguments: [
    "fd00::5/64", "::5/64", "fd00:1:2:3:4:5:6:7/64", "::ffff:10.0.0.1/96", "10.0.0.2/31", "10.0.0.2/32",
  ])
  func `addresses are taken in every form`(address: String) {
    var settings = SystemSettings()
    settings.interfaces = [.init(name: "eth0", addresses: [.fixed(address: address, gateway: nil)])]
    #expect(settings.problems() == [])
  }
}

@Suite struct HostKeyProblemsTests {
  /// Both files of a pair that ssh-keygen makes.
  private func pair(_ kind: String, _ passphrase: String = "") throws -> [SystemSettings.NamedFile] {
    let directory = try TemporaryDirectory()
    let path = directory.path("key")
    let result = try ForeignTool("ssh-keygen").run(["-q", "-t", kind, "-N", passphrase, "-f", path])
    try #require(result.status == 0, "\(result.errors)")
    return try ["", ".pub"].map {
      SystemSettings.NamedFile(
        name: "ssh_host_\(kind)_key\($0)", bytes: Array(try Data(contentsOf: URL(fileURLWithPath: path + $0)))
      )
    }
  }

  private func reasons(_ files: [SystemSettings.NamedFile]) -> [String] {
    var settings = SystemSettings()
    settings.sshServer?.hostKeys = files
    return settings.problems().map(\.reason)
  }

  @Test(.enabled(if: ForeignTool("ssh-keygen").isInstalled), arguments: ["rsa", "ecdsa", "ed25519"])
  func `a pair is taken`(kind: String) throws {
    #expect(reasons(try pair(kind)) == [])
  }

  @Test(.enabled(if: ForeignTool("ssh-keygen").isInstalled))
  func `halves of two pairs are refused`() throws {
    let problems = reasons([try pair("ed25519")[0], try pair("ed25519")[1]])
    #expect(problems == ["ssh_host_ed25519_key and ssh_host_ed25519_key.pub are not of one pair"])
  }

  @Test(.enabled(if: ForeignTool("ssh-keygen").isInstalled))
  func `a passphrase is refused`() throws {
    let problems = reasons(try pair("ed25519", "secret"))
    #expect(problems.count == 1 && problems[0].contains("has a passphrase"))
  }

  @Test(.enabled(if: ForeignTool("ssh-keygen").isInstalled))
  func `a key of another kind than its name says is refused`() throws {
    var files = try pair("ecdsa")
    files[0].name = "ssh_host_rsa_key"
    files[1].name = "ssh_host_rsa_key.pub"
    let problems = reasons(files)
    #expect(problems.count == 1 && problems[0].contains("of another kind"))
  }
}
