// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries

// How the system is set up: what setup-alpine and its companions ask for.
extension RecipeFile {
  static var systemKeys: [Key<RecipeFile>] {
    [
      .scalar(
        "timezone", \.recipe.system.timezone, "a zone such as Europe/Vienna", "The time zone. (default: UTC)",
        Scalars.text),
      .scalar(
        "keymap", \.recipe.system.keymap, "a layout and a variant, such as de de-nodeadkeys",
        "The keyboard, as setup-keymap takes it. (default: the kernel's)", Scalars.keymap),
      .mapping("network", \.recipe.system, "How the Pi is connected.", networkKeys),
      .word("ntp", \.recipe.system.timeService, "What sets the clock. (default: chrony)"),
      .mapping("ssh", or: "none", "The way in over the network. (default: OpenSSH, by keys alone)", sshKeys) {
        text, file in
        guard text == "none" else {
          throw WrongText("\(Scalars.quoted(text)) can't stand here; give none or a mapping")
        }
        file.recipe.system.sshServer = nil
      },
      .mapping(
        "root", \.recipe.system, "The administrator.",
        [
          .scalar(
            "password", \.rootPassword, Scalars.password,
            "The password. (default: locked where a key or another user lets somebody in, else none)",
            Scalars.password)
        ]),
      .items(
        "users", \.userDrafts, "a name or a mapping, or a list of them", "Who else may log in.",
        new: UserDraft(user: SystemSettings.User(name: "")), userKeys
      ) { UserDraft(user: SystemSettings.User(name: try Scalars.text($0))) },
      .texts(
        "packages", \.recipe.system.packages, "a package or a list of them", "Packages for etc/apk/world."),
      .mapping("services", \.self, "What starts in which runlevel, besides the usual.", serviceKeys),
      .texts("modules", \.recipe.system.modules, "a kernel module or a list of them", "For etc/modules."),
      Key(
        name: "repositories", form: "a URL or a path, or a list of them",
        help: "Behind the card's own. (default: the release's main on the first mirror)"
      ) { value, file, reader in
        let form = "a URL or a path, or a list of them"
        file.recipe.system.repositories = reader.items(of: value).compactMap {
          reader.scalar($0, expecting: form, Scalars.text)
        }
      },
      .texts(
        "repository-keys", \.inputs.repositoryKeys, "the path of a key, or a list of them",
        "For repositories that are not Alpine's."),
      .mapping("lbu", \.recipe.system.lbu, "What \"lbu commit\" does.", lbuKeys),
      .list(
        "scripts", \.inputs.localScripts, "the path of a NAME.start, or a list of them",
        "Scripts for the end of the boot, in etc/local.d."
      ) { text in
        guard text.hasSuffix(".start") else {
          throw WrongText("\(Scalars.quoted(text)) has to end in .start")
        }
        return try Scalars.text(text)
      },
    ]
  }

  private static var networkKeys: [Key<SystemSettings>] {
    [
      interfacesKey,
      .texts(
        "nameservers", \.nameservers, "an address or a list of them",
        "For interfaces that learn none by DHCP."),
      .scalar(
        "search", \.searchDomain, "a domain", "Where host names without one are looked for.", Scalars.text),
    ]
  }

  private static var sshKeys: [Key<RecipeFile>] {
    [
      .texts(
        "keys", \.recipe.system.rootKeys, "a line as in authorized_keys, or a list of them",
        "Who may log in as root."),
      .texts(
        "key-files", \.rootKeyFiles, "the path of a file of such lines, or a list of them",
        "More of them, such as id_ed25519.pub."),
      .flag("passwords", \.sshServer.allowsPasswords, "Whether passwords let users in. (default: false)"),
      .flag("root", \.sshServer.allowsRoot, "Whether root may log in. (default: true)"),
      .scalar(
        "port", \.sshServer.port, "a port", "Where it listens. (default: 22)", Scalars.number(1...UInt16.max)),
      .path(
        "host-keys", \.inputs.hostKeys, "the path of a directory",
        "The Pi's own keys, as ssh-keygen makes them. (default: made at the first boot)"),
    ]
  }

  private var sshServer: SystemSettings.SSHServer {
    get { recipe.system.sshServer ?? SystemSettings.SSHServer() }
    set { recipe.system.sshServer = newValue }
  }

  /// A user and the files that have keys for it.
  private struct UserDraft {
    var user: SystemSettings.User
    var keyFiles: [String] = []
  }

  private var userDrafts: [UserDraft] {
    get {
      recipe.system.users.map { user in
        UserDraft(user: user, keyFiles: inputs.keyFiles.filter { $0.user == user.name }.map(\.path))
      }
    }
    set {
      recipe.system.users = newValue.map(\.user)
      inputs.keyFiles.removeAll { $0.user != nil }
      for draft in newValue {
        inputs.keyFiles += draft.keyFiles.map { KeyFile(path: $0, user: draft.user.name) }
      }
    }
  }

  private var rootKeyFiles: [String] {
    get { inputs.keyFiles.filter { $0.user == nil }.map(\.path) }
    set {
      inputs.keyFiles.removeAll { $0.user == nil }
      inputs.keyFiles = newValue.map { KeyFile(path: $0) } + inputs.keyFiles
    }
  }

  private static var userKeys: [Key<UserDraft>] {
    [
      .scalar("name", \.user.name, "a name", "The user's name.", Scalars.text),
      .scalar(
        "id", \.user.id, "a number", "The user's number. (default: 1000 and up)",
        Scalars.number(0...UInt32.max - 1)),
      .texts("groups", \.user.groups, "a group or a list of them", "Besides the user's own."),
      .scalar(
        "password", \.user.password, Scalars.password, "The password. (default: locked)", Scalars.password),
      .texts(
        "keys", \.user.keys, "a line as in authorized_keys, or a list of them", "Which keys let the user in."),
      .texts(
        "key-files", \.keyFiles, "the path of a file of such lines, or a list of them",
        "More of them, such as id_ed25519.pub."),
      .flag("admin", \.user.isAdministrator, "Whether doas lets the user do anything. (default: false)"),
      .scalar("shell", \.user.shell, "a path", "The shell. (default: /bin/ash)", Scalars.text),
    ]
  }

  private static var serviceKeys: [Key<RecipeFile>] {
    let runlevels = Service.Runlevel.allCases.map { runlevel in
      Key<RecipeFile>(
        name: runlevel.rawValue, form: "a service or a list of them",
        help: "In runlevel \(runlevel.rawValue)."
      ) {
        value, file, reader in
        file.recipe.system.addedServices += reader.items(of: value).compactMap { item in
          reader.scalar(item, expecting: "a service") { try Service(name: $0, in: runlevel) }
        }
      }
    }
    return runlevels + [
      .texts(
        "remove", \.recipe.system.removedServices, "a service or a list of them", "What is not to start.")
    ]
  }

  private static var lbuKeys: [Key<SystemSettings.LBUSettings>] {
    [
      .scalar(
        "backups", \.backupLimit, "a number", "How many earlier commits stay. (default: none)",
        Scalars.number(0...1000)
      ),
      .list(
        "include", \.includes, "a path or a list of them",
        "Kept besides etc, home, root/.ssh and what the overlay brings.", Scalars.entryPath),
      .list("exclude", \.excludes, "a path or a list of them", "Left out, though in etc.", Scalars.entryPath),
      .flag(
        "first-commit", \.commitsFirstBoot, "Whether the first good boot commits by itself. (default: true)"),
    ]
  }
}

// Network interfaces.
extension RecipeFile {
  /// An address before its keys are through.
  private struct AddressDraft {
    var address: String?
    var gateway: String?
  }

  private static let addressForm = "dhcp, auto, an ADDRESS/LENGTH, a mapping, or a list of them"

  private static var addressKeys: [Key<AddressDraft>] {
    [
      .scalar("address", \.address, "an ADDRESS/LENGTH such as 192.168.1.5/24", "The address.", Scalars.text),
      .scalar("gateway", \.gateway, "an address", "The way out.", Scalars.text),
    ]
  }

  private static var interfacesKey: Key<SystemSettings> {
    let form = "a mapping of interfaces' names"
    return Key(
      name: "interfaces", form: form, help: "\(addressForm), for each interface. (default: eth0: dhcp)",
      keys: addressKeys.map(\.description)
    ) { value, system, reader in
      system.interfaces = reader.pairs(of: value, expecting: form).map { name, value in
        SystemSettings.NetworkInterface(
          name: name, addresses: reader.items(of: value).compactMap { address($0, &reader) })
      }
    }
  }

  private static func address(
    _ value: RecipeValue, _ reader: inout RecipeReader
  ) -> SystemSettings.NetworkInterface.Addressing? {
    guard case .mapping = value.node else { return reader.scalar(value, expecting: addressForm, address) }
    var draft = AddressDraft()
    reader.read(value, keys: addressKeys, into: &draft, expecting: addressForm)
    if draft.address == nil, !reader.hasComplaint(below: value.path) {
      reader.complain("has no address; give one", at: value)
    }
    return draft.address.map { .fixed(address: $0, gateway: draft.gateway) }
  }

  private static func address(_ text: String) throws -> SystemSettings.NetworkInterface.Addressing {
    switch text {
    case "dhcp": return .dhcp
    case "auto": return .automatic
    default:
      guard text.contains("/") else {
        throw Scalars.unknownWord(text, among: ["dhcp", "auto", "an ADDRESS/LENGTH"])
      }
      return .fixed(address: text, gateway: nil)
    }
  }
}

extension Scalars {
  fileprivate static func keymap(_ text: String) throws -> SystemSettings.Keymap {
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 2 else {
      throw WrongText(
        "\(quoted(text)) is not a layout and a variant, such as \"de de-nodeadkeys\" or \"us us\"")
    }
    return SystemSettings.Keymap(layout: words[0], variant: words[1])
  }
}
