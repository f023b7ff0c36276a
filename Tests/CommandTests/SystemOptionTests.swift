// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// Options for what the system is like: each says what its key of a recipe says.
@Suite struct SystemOptionTests {
  private let scratch: TemporaryDirectory
  private let image: String
  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk"
  private static let hash =
    "$6$salt$CV0p.flyrqHlPZrvH5R0ARpT37cdpwwl7wdfCx2ee4eMmJedEM2cl9lbvvg5UJ1WQ2R3QT2C7yRfr/Co4Firs."

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
    try write("# mine\n\(Self.key)\n\n", to: "ann.pub")
    try write("#!/bin/sh\n", to: "late.start")
    try FileManager.default.createDirectory(
      atPath: scratch.path("extra/opt"), withIntermediateDirectories: true)
    try write("x", to: "extra/opt/file")
  }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: scratch.url.appendingPathComponent(name))
  }

  private func build(_ options: [String], to output: String? = nil) throws -> ForeignTool.Result {
    try cairn.run(
      SampleCard.arguments(release: try SampleCard.shared.get().release, output: output ?? image) + options)
  }

  @Test func `options make the card that a recipe with their keys makes`() throws {
    let options = try build([
      "--timezone", "Europe/Vienna", "--keymap", "de de-nodeadkeys",
      "--network", "eth0=dhcp", "--network", "eth1=192.168.1.5/24,gateway=192.168.1.1", "--network",
      "eth0=auto",
      "--nameserver", "9.9.9.9", "--nameserver", "1.1.1.1", "--search-domain", "example.org", "--ntp",
      "busybox",
      "--ssh-key", scratch.path("ann.pub"), "--ssh-passwords", "--ssh-port", "2222",
      "--root-password", Self.hash,
      "--user", "ann,admin,key=\(scratch.path("ann.pub")),group=audio,group=video,id=1200,shell=/bin/sh",
      "--user", "bob,password=\(Self.hash),key=\(Self.key)",
      "--package", "docker", "--package", "git", "--service", "docker", "--service", "own:boot",
      "--no-service", "crond", "--module", "i2c-dev", "--repository", "http://example.org/main",
      "--backups", "3", "--lbu-include", "/opt/notes", "--lbu-exclude", "etc/motd", "--no-first-commit",
      "--overlay", scratch.path("extra"), "--local-script", scratch.path("late.start"),
      "--config", "a=b", "--cmdline", "c", "--serial-console", "--online-first-boot",
    ])
    #expect(options.status == 0, "\(options.errors)")
    try write(
      """
      release: \(try SampleCard.shared.get().release)
      hostname: pi
      size: 256MiB
      boot: {size: 64MiB, config: a=b, cmdline: c, serial-console: true}
      timezone: Europe/Vienna
      keymap: de de-nodeadkeys
      network:
        interfaces: {eth0: [dhcp, auto], eth1: {address: 192.168.1.5/24, gateway: 192.168.1.1}}
        nameservers: [9.9.9.9, 1.1.1.1]
        search: example.org
      ntp: busybox
      ssh: {key-files: ann.pub, passwords: true, port: 2222}
      root: {password: \(Self.hash)}
      users:
        - {name: ann, admin: true, key-files: ann.pub, groups: [audio, video], id: 1200, shell: /bin/sh}
        - {name: bob, password: \(Self.hash), keys: "\(Self.key)"}
      packages: [docker, git]
      services: {default: docker, boot: own, remove: crond}
      modules: i2c-dev
      repositories: http://example.org/main
      lbu: {backups: 3, include: opt/notes, exclude: etc/motd, first-commit: false}
      overlay: extra
      scripts: late.start
      cache: {online-first-boot: true}

      """, to: "card.yaml")
    let recipe = try cairn.run(
      "build", scratch.path("card.yaml"), "-o", scratch.path("second.img"), "--no-sync")
    #expect(recipe.status == 0 && recipe.errors == options.errors, "\(recipe.errors)")
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: scratch.path("second.img")))
    #expect(!FileManager.default.contentsEqual(atPath: image, andPath: try SampleCard.shared.get().image))
  }

  @Test func `options take the place of the recipe's keys`() throws {
    try write(
      """
      packages: [docker, git]
      ssh: {key-files: missing.pub, passwords: true}
      users: bob
      services: {default: docker}
      lbu: {first-commit: false}
      scripts: missing.start

      """, to: "card.yaml")
    let options = [
      "--package", "git", "--ssh-key", Self.key, "--no-ssh-passwords", "--user", "ann", "--service", "sshd",
      "--first-commit", "--local-script", scratch.path("late.start"), "--online-first-boot",
    ]
    let over = try build([scratch.path("card.yaml")] + options)
    #expect(over.status == 0, "\(over.errors)")
    let plain = try build(options, to: scratch.path("second.img"))
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: scratch.path("second.img")))
  }

  @Test(arguments: [
    (["--timezone", "Vienna"], 3, "--timezone: \"Vienna\" is no name of the tz database"),
    (["--keymap", "de"], 3, "--keymap: \"de\" is not a layout and a variant"),
    (["--network", "eth0=dchp"], 3, "--network eth0: \"dchp\" can't stand here; did you mean dhcp?"),
    (["--network", "eth0"], 2, "'eth0' is invalid"),
    (["--network", "eth0=1.2.3.4/24,gw=1.2.3.1"], 2, "is invalid for '--network"),
    (["--network", "eth0=1.2.3.4/24,gateway=9.9.9.9"], 3, "--network"),
    (["--nameserver", "dns.example.org"], 3, "--nameserver: \"dns.example.org\" is no address"),
    (["--search-domain", "a b"], 3, "--search-domain: \"a b\" is no domain"),
    (["--ntp", "crony"], 3, "--ntp: \"crony\" can't stand here; did you mean chrony?"),
    (["--ssh-key", "ssh-ed25519 AAAA"], 3, "--ssh-key: "),
    (["--ssh-port", "99999"], 3, "--ssh-port: \"99999\" is no whole number"),
    (["--root-password", "secret"], 3, "--root-password: is no hash"),
    (["--user", "root"], 3, "--user name: root is there in any case"),
    (["--user", "ann,id=7"], 3, "--user id: 7 is not for people"),
    (["--user", "ann,password=secret"], 3, "--user password: is no hash"),
    (["--user", "ann,admn"], 2, "is invalid for '--user"),
    (["--user", "ann,id=1,id=2"], 2, "only key and group can come twice"),
    (["--package", "a b"], 3, "--package: \"a b\" is no package"),
    (["--service", "a:bot"], 3, "--service bot: no such key; did you mean \"boot\"?"),
    (["--no-service", "docker"], 3, "--no-service: \"docker\" would not start anyway"),
    (["--module", "a/b"], 3, "--module: \"a/b\" is no kernel module"),
    (["--repository", "example.org"], 3, "--repository: \"example.org\" is no repository"),
    (["--backups", "many"], 3, "--backups: \"many\" is no whole number"),
    (["--lbu-include", "/"], 3, "--lbu-include: \"/\" is no directory below the root"),
    (["--lbu-exclude", "opt"], 3, "--lbu-exclude: opt lies in nothing that a commit keeps"),
    (["--local-script", "a.sh"], 3, "--local-script: \"a.sh\" has to end in .start"),
    (["--config", "gpu_mem"], 3, "--config: \"gpu_mem\" is no line of config.txt"),
    (["--cmdline", "a='b'"], 3, "--cmdline: "),
    (["--serial-console", "--config", "enable_uart=0"], 3, "--config: takes the serial line away"),
    (["--no-ssh", "--ssh-port", "23"], 2, "'--no-ssh' leaves no server for '--ssh-port'"),
    (["--no-data", "--timezone", "UTC"], 2, "'--no-data' leaves no place for '--timezone'"),
    (["--overlay", ""], 2, "'--overlay' takes a path, and it is empty"),
  ])
  func `what can't be is refused by the option's name, and nothing is made`(
    options: [String], status: Int32, part: String
  ) throws {
    let build = try build(options)
    #expect(build.status == status, "\(build.errors)")
    #expect(build.errors.hasPrefix("cairn: ") && build.errors.contains(part), "\(build.errors)")
    #expect(!build.errors.contains("secret"))
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  @Test func `all that is wrong with options is said at once`() throws {
    let build = try build(["--ntp", "crony", "--backups", "x"])
    #expect(build.status == 3)
    #expect(build.errors.hasPrefix("cairn: 2 problems with the options\n  --ntp: "), "\(build.errors)")
  }

  @Test func `a key's file is looked at`() throws {
    try write("\(Self.key)\nnonsense\n", to: "bad.pub")
    try write("# none\n", to: "empty.pub")
    let bad = try build(["--ssh-key", scratch.path("bad.pub")])
    #expect(bad.status == 5)
    #expect(bad.errors.hasPrefix("cairn: \(scratch.path("bad.pub")):2: is no public key"), "\(bad.errors)")
    let empty = try build(["--user", "ann,key=\(scratch.path("empty.pub"))"])
    #expect(empty.status == 5)
    #expect(empty.errors.contains("there is no key in the file"), "\(empty.errors)")
    let missing = try build(["--ssh-key", scratch.path("missing.pub")])
    #expect(missing.status == 5)
    #expect(missing.errors.contains("missing.pub: cannot open"), "\(missing.errors)")
    let output = try build(["--ssh-key", scratch.path("ann.pub")], to: scratch.path("ann.pub"))
    #expect(output.status == 2)
    #expect(try String(contentsOfFile: scratch.path("ann.pub"), encoding: .utf8).contains(Self.key))
  }

  @Test func `they are for an Alpine system`() throws {
    let build = try cairn.run("build", "--boot", scratch.path("extra"), "--package", "git", "-o", image)
    #expect(build.status == 2)
    #expect(build.errors.hasPrefix("cairn: '--package' is for an Alpine system"), "\(build.errors)")
    try write("packages: git\n", to: "card.yaml")
    let recipe = try cairn.run(
      "build", "--boot", scratch.path("extra"), scratch.path("card.yaml"), "-o", image)
    #expect(recipe.status == 2)
    #expect(
      recipe.errors.contains("such as its users or packages: is for an Alpine system"), "\(recipe.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }
}
