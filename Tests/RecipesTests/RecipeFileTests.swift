// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Ext4
import Foundation
import Recipes
import Testing

/// A recipe with every key.
let everything = """
  release: alpine-rpi.tar.gz
  allow: [unknown-release]
  hostname: pi.example.org
  size: 4GB
  epoch: 1700000000
  boot:
    size: 300MiB
    from: [boot, /more/boot.tar]
    config: [dtparam=audio=on, "[pi4]", gpu_mem=16]
    cmdline: cgroup_enable=memory cgroup_memory=1
    serial-console: true
  data:
    size: min+100MiB
    label: NOTES
    uuid: 01234567-89ab-cdef-0123-456789abcdef
    journal: 16MiB
    reserved: 0.5%
    inodes: 4096
    inode-ratio: 8KiB
    features: [^metadata_csum, ^64bit]
    mount-options: discard
    errors: remount-ro
    from: [home=home, backup.tar]
    owner: 1000:root
    device-table: devices.txt
  persist:
    - /var/lib/docker
    - {path: /srv/data, by: file, size: 512MiB}
  overlay: extra
  cache: {from: [apks, /more/apks.tar], online-first-boot: true}
  timezone: Europe/Vienna
  keymap: de de-nodeadkeys
  network:
    interfaces:
      eth0: [dhcp, auto]
      eth1: {address: 192.168.1.5/24, gateway: 192.168.1.1}
      eth2: fd00::5/64
    nameservers: 9.9.9.9
    search: example.org
  ntp: openntpd
  ssh:
    keys: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk
    key-files: [ann.pub, /keys/bob.pub]
    passwords: true
    root: true
    port: 2222
    host-keys: keys
  root: {password: $6$salt$CV0p.flyrqHlPZrvH5R0ARpT37cdpwwl7wdfCx2ee4eMmJedEM2cl9lbvvg5UJ1WQ2R3QT2C7yRfr/Co4Firs.}
  users:
    - bob
    - name: ann
      id: 1200
      groups: [audio, video]
      password: $6$pepper$5sFfp0/ZtYxZdxXViZ9X7/emchE6zaGPfWTli6F7tWGdUe4rFUoZHd.gwLa6psOjfBq1JUt8DSkHHaKOYcdsa0
      keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk]
      key-files: ann.pub
      admin: true
      shell: /bin/sh
  packages: [docker, git]
  services:
    sysinit: a
    boot: b
    default: [docker, c]
    shutdown: d
    remove: crond
  modules: i2c-dev
  repositories: [https://example.org/alpine/v3.22/main]
  repository-keys: own.rsa.pub
  lbu: {backups: 3, include: [/opt/notes], exclude: etc/motd, first-commit: false}
  scripts: [hello.start]

  """

@Suite struct RecipeFileTests {
  private func read(_ text: String, in directory: String = "") throws -> RecipeFile {
    try RecipeFile(Array(text.utf8), directory: directory)
  }

  @Test func `the shortest recipe names a release and a host name`() throws {
    let file = try read("release: alpine-rpi.tar.gz\nhostname: pi\n")
    var expected = RecipeFile()
    expected.inputs.release = "alpine-rpi.tar.gz"
    expected.recipe.hostname = try Hostname("pi")
    #expect(file == expected)
  }

  @Test(arguments: ["", "# nothing\n", "---\n...\n", "{}"])
  func `every key has a default`(text: String) throws {
    #expect(try read(text) == RecipeFile())
  }

  @Test func `card and inputs come from their keys`() throws {
    let file = try read(everything, in: "recipes")
    var format = DataFormat(
      label: try VolumeLabel("NOTES"), uuid: try Identifier("01234567-89ab-cdef-0123-456789abcdef"),
      journal: .blocks(4096), reservedBlockPercentage: Percentage(hundredths: 50), inodeRatio: 8192,
      inodeCount: 4096)
    format.features = .standard.removing(.metadataChecksums).removing(.wideBlockNumbers)
    format.mountOptions.flags.insert(.discard)
    format.errorBehavior = .remountReadOnly
    #expect(
      file.recipe
        == Recipe(
          size: ByteSize(byteCount: 4_000_000_000), bootSize: ByteSize(byteCount: 300 << 20),
          hostname: try Hostname("pi.example.org"),
          dataSize: .smallest(slack: ByteSize(byteCount: 100 << 20)),
          dataFormat: format, persistence: [.docker, try PersistenceRequest("/srv/data:file,size=512MiB")],
          system: file.recipe.system, epoch: 1_700_000_000))
    var inputs = RecipeFile.Inputs()
    inputs.release = "recipes/alpine-rpi.tar.gz"
    inputs.acceptsAnyRelease = true
    inputs.boot = ["recipes/boot", "/more/boot.tar"]
    inputs.data = [
      ContentSource(path: "recipes/home", target: EntryPath("home")),
      ContentSource(path: "recipes/backup.tar"),
    ]
    inputs.directoryOwner = Entry.Owner(user: 1000, group: 0)
    inputs.deviceTable = "recipes/devices.txt"
    inputs.overlay = ["recipes/extra"]
    inputs.keyFiles = [
      KeyFile(path: "recipes/ann.pub"), KeyFile(path: "/keys/bob.pub"),
      KeyFile(path: "recipes/ann.pub", user: "ann"),
    ]
    inputs.cache = ["recipes/apks", "/more/apks.tar"]
    inputs.hostKeys = "recipes/keys"
    inputs.repositoryKeys = ["recipes/own.rsa.pub"]
    inputs.localScripts = ["recipes/hello.start"]
    #expect(file.inputs == inputs)
  }

  @Test func `the system's settings come from their keys`() throws {
    let system = try read(everything).recipe.system
    var expected = SystemSettings()
    expected.timezone = "Europe/Vienna"
    expected.keymap = SystemSettings.Keymap(layout: "de", variant: "de-nodeadkeys")
    expected.interfaces = [
      .init(name: "eth0", addresses: [.dhcp, .automatic]),
      .init(name: "eth1", addresses: [.fixed(address: "192.168.1.5/24", gateway: "192.168.1.1")]),
      .init(name: "eth2", addresses: [.fixed(address: "fd00::5/64", gateway: nil)]),
    ]
    expected.nameservers = ["9.9.9.9"]
    expected.searchDomain = "example.org"
    expected.timeService = .openntpd
    expected.rootKeys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk"
    ]
    expected.sshServer?.allowsPasswords = true
    expected.sshServer?.allowsRoot = true
    expected.sshServer?.port = 2222
    expected.rootPassword = .hash(
      "$6$salt$CV0p.flyrqHlPZrvH5R0ARpT37cdpwwl7wdfCx2ee4eMmJedEM2cl9lbvvg5UJ1WQ2R3QT2C7yRfr/Co4Firs.")
    var ann = SystemSettings.User(name: "ann")
    ann.id = 1200
    ann.groups = ["audio", "video"]
    ann.password = .hash(
      "$6$pepper$5sFfp0/ZtYxZdxXViZ9X7/emchE6zaGPfWTli6F7tWGdUe4rFUoZHd.gwLa6psOjfBq1JUt8DSkHHaKOYcdsa0")
    ann.keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk"]
    ann.isAdministrator = true
    ann.shell = "/bin/sh"
    expected.users = [SystemSettings.User(name: "bob"), ann]
    expected.packages = ["docker", "git"]
    expected.isOnlineAtFirstBoot = true
    expected.addedServices = [
      try Service(name: "a", in: .sysinit), try Service(name: "b", in: .boot),
      try Service(name: "docker", in: .default),
      try Service(name: "c", in: .default), try Service(name: "d", in: .shutdown),
    ]
    expected.removedServices = ["crond"]
    expected.modules = ["i2c-dev"]
    expected.repositories = ["https://example.org/alpine/v3.22/main"]
    expected.lbu.backupLimit = 3
    expected.lbu.includes = [EntryPath("opt/notes")]
    expected.lbu.excludes = [EntryPath("etc/motd")]
    expected.lbu.commitsFirstBoot = false
    expected.boot.configuration = ["dtparam=audio=on", "[pi4]", "gpu_mem=16"]
    expected.boot.kernelParameters = ["cgroup_enable=memory cgroup_memory=1"]
    expected.boot.hasSerialConsole = true
    #expect(system == expected)
  }

  @Test func `a word turns off what a mapping would describe`() throws {
    #expect(try read("boot: none").recipe.hasBootPartition == false)
    #expect(try read("data: none").recipe.hasDataPartition == false)
    #expect(try read("ssh: none").recipe.system.sshServer == nil)
    #expect(try read("persist: none").recipe.persistence == [])
    #expect(try read("data: none\npersist: none").recipe.persistence == [])
    #expect(try read("hostname: pi").recipe.persistence == [.docker])
  }

  @Test(arguments: ["NO", "true", "null", "1234", "0x10", "1e3", "12-30"])
  func `a scalar is what its key takes, whatever else it could be`(text: String) throws {
    #expect(try read("hostname: \(text)").recipe.hostname.name == text)
    #expect(try read("packages: [\(text)]").recipe.system.packages == [text])
    #expect(try read("data: {label: \(text)}").recipe.dataFormat.label.text == text)
    #expect(try read("hostname: !!int \(text)").recipe.hostname.name == text)
  }

  @Test func `JSON, a byte order mark and lines of Windows are YAML, too`() throws {
    let expected = try read("hostname: pi\nsize: 4GB\n")
    #expect(try read("{\"hostname\": \"pi\", \"size\": \"4GB\"}") == expected)
    #expect(try read("\u{FEFF}hostname: pi\r\nsize: 4GB\r\n") == expected)
  }

  @Test func `paths stay as they are where the recipe is in the working directory`() throws {
    #expect(try read("release: a/b.tar").inputs.release == "a/b.tar")
    #expect(try read("release: a/b.tar", in: "/").inputs.release == "/a/b.tar")
    #expect(try read("release: /a/b.tar", in: "c").inputs.release == "/a/b.tar")
  }

  @Test func `a cache is a path, a list of them, or a mapping`() throws {
    #expect(try read("cache: apks", in: "a").inputs.cache == ["a/apks"])
    #expect(try read("cache: [apks, b.tar]").inputs.cache == ["apks", "b.tar"])
    #expect(try read("cache: {from: apks}").inputs.cache == ["apks"])
    #expect(try read("cache: apks").recipe.system.isOnlineAtFirstBoot == false)
    let online = try read("cache: {online-first-boot: true}")
    #expect(online.recipe.system.isOnlineAtFirstBoot && online.inputs.cache.isEmpty)
  }

  @Test func `a package and a service are found again in the text, what the text has not isn't`() throws {
    let file = try read("hostname: docker\npackages:\n  - git\n  - docker>=20\nservices: {default: docker}\n")
    let package = file.complaint("is nowhere", aboutPackage: try Dependency("docker>=20"))
    #expect(package == RecipeComplaint(line: 4, column: 5, keyPath: "packages.1", "is nowhere"))
    let service = file.complaint("has no script", aboutService: "docker")
    #expect(service == RecipeComplaint(line: 5, column: 21, keyPath: "services.default", "has no script"))
    #expect(file.complaint("", aboutPackage: try Dependency("docker")) == nil)
    #expect(file.complaint("", aboutService: "git") == nil)
  }

  @Test func `every key is told of, and nothing else`() throws {
    func paths(_ keys: [RecipeKey], below prefix: String = "") -> [String] {
      keys.flatMap { ["\(prefix)\($0.name)"] + paths($0.keys, below: "\(prefix)\($0.name).") }
    }
    let names = paths(RecipeFile.keys)
    #expect(Set(names).count == names.count)
    for name in names {
      let last = name.split(separator: ".").last ?? ""
      #expect(everything.contains("\(last):"), "\(name) is not in the recipe that has every key")
    }
    func isWhole(_ key: RecipeKey) -> Bool {
      (key.help.hasSuffix(".") || key.help.hasSuffix(")")) && !key.value.isEmpty
        && key.keys.allSatisfy(isWhole)
    }
    #expect(RecipeFile.keys.allSatisfy(isWhole))
  }

  @Test func `the README's recipe is one as it stands there`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let blocks = readme.components(separatedBy: "```yaml\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    try #require(blocks.count == 1)
    #expect(blocks[0].split(separator: "\n").count < 20)
    let file = try read(blocks[0])
    #expect(file.recipe.hostname.name == "pi")
    #expect(file.recipe.system.rootKeys.count == 1)
    #expect(file.recipe.system.lbu.backupLimit == 3)
    #expect(file.recipe.persistence == [.docker])
  }
}

@Suite struct SettingsDigestTests {
  private let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK"
  private let hashes = [
    "$6$salt$CV0p.flyrqHlPZrvH5R0ARpT37cdpwwl7wdfCx2ee4eMmJedEM2cl9lbvvg5UJ1WQ2R3QT2C7yRfr/Co4Firs.",
    "$6$pepper$5sFfp0/ZtYxZdxXViZ9X7/emchE6zaGPfWTli6F7tWGdUe4rFUoZHd.gwLa6psOjfBq1JUt8DSkHHaKOYcdsa0",
  ]

  private func canonicalText(_ text: String) throws -> String {
    try RecipeFile(Array(text.utf8)).recipe.canonicalText
  }

  @Test func `the canonical text has a digest of the settings and none of their words`() throws {
    let text = try canonicalText(everything)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("system: ") })
    #expect(line.count == "system: ".count + 64)
    for word in ["ann", "salt", "AAAA", "Vienna"] { #expect(!text.contains(word), "\(word)") }
  }

  @Test func `settings as by default are not in the text`() throws {
    #expect(try canonicalText("ntp: chrony\nssh: {port: 22}") == Recipe().canonicalText)
  }

  @Test func `passwords decide no identifier`() throws {
    #expect(
      try canonicalText("root: {password: \(hashes[0])}") == canonicalText("root: {password: \(hashes[1])}"))
    #expect(
      try canonicalText("users: {name: a, password: \(hashes[0])}")
        == canonicalText("users: {name: a, password: \(hashes[1])}"))
  }

  @Test func `private host keys decide no identifier, and public ones do`() throws {
    func text(_ name: String, _ bytes: [UInt8]) -> String {
      var recipe = Recipe()
      recipe.system.sshServer?.hostKeys = [SystemSettings.NamedFile(name: name, bytes: bytes)]
      return recipe.canonicalText
    }
    #expect(text("ssh_host_ed25519_key", [1]) == text("ssh_host_ed25519_key", [2]))
    #expect(text("ssh_host_ed25519_key.pub", [1]) != text("ssh_host_ed25519_key.pub", [2]))
  }

  @Test func `every other setting is in the digest`() throws {
    let recipes = [
      "hostname: alpine", "timezone: UTC", "keymap: us us", "network: {interfaces: {eth0: auto}}",
      "network: {interfaces: {}}", "network: {nameservers: 9.9.9.9}",
      "network: {search: a}", "ntp: none", "ssh: none", "ssh: {keys: \(key)}", "ssh: {passwords: true}",
      "ssh: {root: false}", "ssh: {port: 23}", "root: {password: \(hashes[0])}", "users: a",
      "users: {name: a, id: 1005}",
      "users: {name: a, groups: b}", "users: {name: a, keys: \(key)}", "users: {name: a, admin: true}",
      "users: {name: a, shell: /bin/b}", "users: {name: a, password: \(hashes[0])}", "packages: a",
      "packages: [a, b]",
      "packages: ab", "services: {boot: a}", "services: {default: a}", "services: {remove: crond}",
      "modules: a",
      "repositories: []", "repositories: /a", "lbu: {backups: 3}", "lbu: {include: a}",
      "lbu: {exclude: etc/a}",
      "lbu: {first-commit: false}", "boot: {config: a=b}", "boot: {cmdline: a=b}",
      "boot: {serial-console: true}",
    ]
    #expect(Set(try recipes.map(canonicalText)).count == recipes.count)
  }
}
