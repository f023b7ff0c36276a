// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// How the system is set up that boots from the card: an option for each key of a recipe that says so. Options that come
/// many times win over the recipe's whole list.
struct SystemOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The time zone, such as Europe/Vienna. (default: UTC)", valueName: "zone"))
  var timezone: String?

  @Option(
    help: ArgumentHelp(
      "The keyboard: a layout and a variant, such as \"de de-nodeadkeys\".", valueName: "\"layout variant\""))
  var keymap: String?

  @Option(
    help: ArgumentHelp(
      "An interface and its address: dhcp, auto (IPv6), or one such as 192.168.1.5/24,gateway=192.168.1.1; many "
        + "times. (default: eth0=dhcp)",
      valueName: "name=address"),
    transform: { try NetworkArgument($0) })
  var network: [NetworkArgument] = []

  @Option(
    help: ArgumentHelp("A DNS server, for addresses without DHCP; many times.", valueName: "address"))
  var nameserver: [String] = []

  @Option(help: ArgumentHelp("The domain of host names without one.", valueName: "domain"))
  var searchDomain: String?

  @Option(
    help: ArgumentHelp(
      "What sets the clock: chrony, openntpd, busybox or none. (default: chrony)", valueName: "what"))
  var ntp: String?

  @Option(
    help: ArgumentHelp(
      "Who may log in as root: a file such as id_ed25519.pub, or a line of it; many times.",
      valueName: "file|key"))
  var sshKey: [String] = []

  @Flag(inversion: .prefixedNo, help: "Whether passwords let users in over ssh. (default: no)")
  var sshPasswords: Bool?

  @Flag(inversion: .prefixedNo, help: "Whether root may log in over ssh. (default: yes)")
  var sshRoot: Bool?

  @Option(help: ArgumentHelp("Where the ssh server listens. (default: 22)", valueName: "port"))
  var sshPort: String?

  @Option(
    help: ArgumentHelp(
      "The Pi's own ssh keys, as ssh-keygen makes them. (default: made at the first boot)",
      valueName: "directory"))
  var hostKeys: String?

  @Flag(help: "Have no ssh server.")
  var noSsh = false

  @Option(
    help: ArgumentHelp(
      "Root's password as \"openssl passwd -6\" makes it, or locked. (default: locked where somebody else comes in, "
        + "else none)",
      valueName: "hash"))
  var rootPassword: String?

  @Option(
    help: ArgumentHelp(
      "A user, and any of admin (doas), key=FILE, group=NAME, id=NUMBER, password=HASH and shell=PATH behind it; many "
        + "times.",
      valueName: "name[,option,...]"),
    transform: { try UserArgument($0) })
  var user: [UserArgument] = []

  @Option(help: ArgumentHelp("A package for etc/apk/world; many times.", valueName: "name"))
  var package: [String] = []

  @Option(
    help: ArgumentHelp(
      "A service to start, in runlevel default where none is named; many times.",
      valueName: "name[:runlevel]"))
  var service: [String] = []

  @Option(help: ArgumentHelp("A service not to start; many times.", valueName: "name"))
  var noService: [String] = []

  @Option(help: ArgumentHelp("A kernel module to load; many times.", valueName: "name"))
  var module: [String] = []

  @Option(
    help: ArgumentHelp(
      "A repository behind the card's own; many times. (default: the release's main on the first mirror)",
      valueName: "url"))
  var repository: [String] = []

  @Option(
    help: ArgumentHelp("The key of a repository that is not Alpine's; many times.", valueName: "file"))
  var repositoryKey: [String] = []

  @Option(help: ArgumentHelp("How many earlier commits lbu keeps. (default: none)", valueName: "count"))
  var backups: String?

  @Option(
    help: ArgumentHelp(
      "A path that lbu keeps besides etc, home, root/.ssh and what --overlay brings; many times.",
      valueName: "path"))
  var lbuInclude: [String] = []

  @Option(help: ArgumentHelp("A path in etc that lbu leaves out; many times.", valueName: "path"))
  var lbuExclude: [String] = []

  @Flag(
    inversion: .prefixedNo,
    help: "Whether the first good boot commits by itself, so that users and host keys stay. (default: yes)")
  var firstCommit: Bool?

  @Option(
    help: ArgumentHelp(
      "More for the apkovl: a tar, or a directory whose files will be root's; many times.", valueName: "path")
  )
  var overlay: [String] = []

  @Option(
    help: ArgumentHelp("A script NAME.start for the end of each boot; many times.", valueName: "file"))
  var localScript: [String] = []

  func validate() throws {
    if noSsh, let other = recipeOptions.first(where: { $0.keyPath.first == "ssh" && $0.keyPath.count > 1 }) {
      throw ValidationError("'--no-ssh' leaves no server for '\(other.name)'")
    }
    for path in keyPaths { try FileArgument.check(input: path, "--ssh-key") }
    if let hostKeys { try FileArgument.check(input: hostKeys, "--host-keys") }
    for path in repositoryKey { try FileArgument.check(input: path, "--repository-key") }
    for path in overlay { try FileArgument.check(input: path, "--overlay") }
    for path in localScript { try FileArgument.check(input: path, "--local-script") }
  }
}

extension SystemOptions {
  /// What was given, by the keys of a recipe.
  var recipeOptions: [RecipeOption] {
    (machineOptions + accessOptions + packageOptions + lbuOptions).compactMap(\.self)
  }

  private var machineOptions: [RecipeOption?] {
    [
      .text("--timezone", ["timezone"], timezone), .text("--keymap", ["keymap"], keymap),
      network.isEmpty
        ? nil : RecipeOption("--network", ["network", "interfaces"], NetworkArgument.value(of: network)),
      .list("--nameserver", ["network", "nameservers"], nameserver),
      .text("--search-domain", ["network", "search"], searchDomain), .text("--ntp", ["ntp"], ntp),
    ]
  }

  private var accessOptions: [RecipeOption?] {
    [
      noSsh ? RecipeOption("--no-ssh", ["ssh"], .text("none")) : nil,
      // Either kind takes the place of both of the recipe.
      sshKey.isEmpty ? nil : RecipeOption("--ssh-key", ["ssh", "keys"], .list(keyLines.map { .text($0) })),
      sshKey.isEmpty
        ? nil : RecipeOption("--ssh-key", ["ssh", "key-files"], .list(keyPaths.map { .text($0) })),
      .flag("--ssh-passwords", ["ssh", "passwords"], sshPasswords),
      .flag("--ssh-root", ["ssh", "root"], sshRoot), .text("--ssh-port", ["ssh", "port"], sshPort),
      .text("--host-keys", ["ssh", "host-keys"], hostKeys),
      .text("--root-password", ["root", "password"], rootPassword),
      user.isEmpty ? nil : RecipeOption("--user", ["users"], .list(user.map(\.value))),
    ]
  }

  private var packageOptions: [RecipeOption?] {
    [
      .list("--package", ["packages"], package),
      service.isEmpty ? nil : RecipeOption("--service", ["services"], serviceValue),
      .list("--no-service", ["services", "remove"], noService), .list("--module", ["modules"], module),
      .list("--repository", ["repositories"], repository),
      .list("--repository-key", ["repository-keys"], repositoryKey),
      .list("--overlay", ["overlay"], overlay), .list("--local-script", ["scripts"], localScript),
    ]
  }

  private var lbuOptions: [RecipeOption?] {
    [
      .text("--backups", ["lbu", "backups"], backups),
      .list("--lbu-include", ["lbu", "include"], lbuInclude),
      .list("--lbu-exclude", ["lbu", "exclude"], lbuExclude),
      .flag("--first-commit", ["lbu", "first-commit"], firstCommit),
    ]
  }

  /// What begins like a key, or has options before one, is no file.
  private var keyLines: [String] { sshKey.filter(\.isKeyLine) }
  private var keyPaths: [String] { sshKey.filter { !$0.isKeyLine } }

  private var serviceValue: RecipeOption.Value {
    var runlevels: [(key: String, value: [RecipeOption.Value])] = []
    for text in service {
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let runlevel = parts.count > 1 ? parts[1] : "default"
      if let index = runlevels.firstIndex(where: { $0.key == runlevel }) {
        runlevels[index].value.append(.text(parts[0]))
      } else {
        runlevels.append((runlevel, [.text(parts[0])]))
      }
    }
    return .mapping(runlevels.map { ($0.key, .list($0.value)) })
  }
}

extension RecipeOption {
  static func text(_ name: String, _ keyPath: [String], _ text: String?) -> RecipeOption? {
    text.map { RecipeOption(name, keyPath, .text($0)) }
  }

  static func list(_ name: String, _ keyPath: [String], _ texts: [String]) -> RecipeOption? {
    texts.isEmpty ? nil : RecipeOption(name, keyPath, .list(texts.map { .text($0) }))
  }

  static func flag(_ name: String, _ keyPath: [String], _ flag: Bool?) -> RecipeOption? {
    flag.map { RecipeOption(name, keyPath, .text($0 ? "true" : "false")) }
  }
}

extension String {
  /// Whether it is meant as a line of authorized_keys rather than as a path.
  var isKeyLine: Bool {
    ["ssh-", "ecdsa-", "sk-"].contains { hasPrefix($0) && contains(" ") }
      || ["ssh-", "ecdsa-sha2-", "sk-"].contains { contains(" \($0)") }
  }
}
