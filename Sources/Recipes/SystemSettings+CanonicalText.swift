// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries

extension SystemSettings {
  /// What the settings are, in one line of a recipe's canonical text; nil where all is as by default.
  ///
  /// A digest, since the text names users and keys. Hashes of passwords and private keys are not even in it: who knows
  /// the rest could try out passwords against it.
  var canonicalDigest: String? {
    let lines = canonicalLines
    guard lines != SystemSettings().canonicalLines else { return nil }
    return Digest.sha256(Array(lines.joined(separator: "\n").utf8)).hexadecimal
  }

  /// A line a value, each text quoted so that no two settings share a line.
  private var canonicalLines: [String] {
    systemLines + networkLines + accessLines + packageLines + lbuLines + bootLines
  }

  private var systemLines: [String] {
    [
      line("timezone", timezone), line("keymap", keymap.map { "\($0.layout) \($0.variant)" }),
      "ntp \(timeService.rawValue)",
    ] + lines("module", modules) + lines("script", localScripts.map(\.canonicalText))
  }

  private var networkLines: [String] {
    let addresses = interfaces.flatMap { interface in
      interface.addresses.map { "interface \(interface.name.debugDescription) \($0.canonicalText)" }
        + ["interface \(interface.name.debugDescription)"]
    }
    return addresses + lines("nameserver", nameservers) + [line("search", searchDomain)]
  }

  private var accessLines: [String] {
    let server = sshServer.map { "\($0.allowsPasswords) \($0.allowsRoot) \($0.port)" }
    let publicKeys =
      sshServer.map { $0.hostKeys.filter { $0.name.hasSuffix(".pub") }.map(\.canonicalText) } ?? []
    return [line("ssh", server), "root \(rootPassword?.canonicalText ?? "")"] + lines("root key", rootKeys)
      + lines("host key", publicKeys) + users.flatMap(\.canonicalLines)
  }

  private var packageLines: [String] {
    lines("package", packages) + (isOnlineAtFirstBoot ? ["online at first boot"] : [])
      + addedServices.map { "service \($0.name.debugDescription) \($0.runlevel.rawValue)" }
      + lines("removed service", removedServices)
      + (repositories.map { ["repositories"] + lines("repository", $0) } ?? [])
      + lines("repository key", repositoryKeys.map(\.canonicalText))
  }

  private var lbuLines: [String] {
    [line("backups", lbu.backupLimit.map(String.init)), "first commit \(lbu.commitsFirstBoot)"]
      + lines("include", lbu.includes.map(\.bytes.printable))
      + lines("exclude", lbu.excludes.map(\.bytes.printable))
  }
}

extension SystemSettings {
  /// None by default.
  private var bootLines: [String] {
    lines("boot configuration", boot.configuration) + lines("kernel parameters", boot.kernelParameters)
      + (boot.hasSerialConsole ? ["serial console"] : [])
  }
}

private func line(_ name: String, _ value: String?) -> String {
  "\(name) \(value?.debugDescription ?? "none")"
}

private func lines(_ name: String, _ values: [String]) -> [String] { values.map { line(name, $0) } }

extension SystemSettings.Password {
  fileprivate var canonicalText: String {
    switch self {
    case .locked: "locked"
    case .hash: "hash"
    }
  }
}

extension SystemSettings.User {
  fileprivate var canonicalLines: [String] {
    [
      "user \(name.debugDescription) \(id.map(String.init) ?? "-") \(password.canonicalText) \(isAdministrator) "
        + shell.debugDescription
    ] + lines("group", groups) + lines("user key", keys)
  }
}

extension SystemSettings.NetworkInterface.Addressing {
  fileprivate var canonicalText: String {
    switch self {
    case .dhcp: "dhcp"
    case .automatic: "auto"
    case .fixed(let address, let gateway):
      "\(address.debugDescription) \(gateway?.debugDescription ?? "none")"
    }
  }
}

extension SystemSettings.NamedFile {
  fileprivate var canonicalText: String { "\(name.debugDescription) \(Digest.sha256(bytes).hexadecimal)" }
}
