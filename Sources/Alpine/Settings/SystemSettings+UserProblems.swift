// SPDX-License-Identifier: Apache-2.0

extension SystemSettings {
  func checkUsers(_ check: inout SettingCheck) {
    if let rootPassword { check.add(rootPassword, at: ["rootPassword"]) }
    check.addRepetitions(users.map(\.name)) { ["users", "\($0)", "name"] }
    checkUserIDs(&check)
    for (index, user) in users.enumerated() { checkUser(user, ["users", "\(index)"], &check) }
  }

  private func checkUser(_ user: User, _ key: [String], _ check: inout SettingCheck) {
    if let reason = Self.problem(ofUserName: user.name) { check.add(key + ["name"], reason) }
    check.add(user.password, at: key + ["password"])
    check.addKeyProblems(user.keys, at: key + ["keys"])
    if let reason = problem(ofShell: user.shell) { check.add(key + ["shell"], reason) }
    check.addRepetitions(user.groups) { key + ["groups", "\($0)"] }
    for (index, group) in user.groups.enumerated() where !Self.isAccountName(group) {
      check.add(key + ["groups", "\(index)"], "\(group.quoted) is no name of a group; \(Self.nameRule)")
    }
  }

  private func checkUserIDs(_ check: inout SettingCheck) {
    var seen: Set<UInt32> = []
    for (index, user) in users.enumerated() {
      guard let id = user.id else { continue }
      let key = ["users", "\(index)", "id"]
      if !Accounts.userIDs.contains(id) {
        let range = "\(Accounts.userIDs.lowerBound) to \(Accounts.userIDs.upperBound)"
        check.add(key, "\(id) is not for people; take one from \(range)")
      } else if !seen.insert(id).inserted {
        check.add(key, "\(id) is another user's; give each one of its own")
      }
    }
  }

  private static let nameRule =
    "small letters, digits, \"-\" and \"_\", 31 at most, a letter or \"_\" first"

  private static func problem(ofUserName name: String) -> String? {
    if name == "root" { return "root is there in any case; its settings are rootPassword and rootKeys" }
    guard isAccountName(name) else { return "\(name.quoted) is no name of a user; \(nameRule)" }
    let isTaken =
      BaseAccounts.users.contains { $0.name == name } || BaseAccounts.groups.contains { $0.name == name }
    return isTaken ? "\(name.quoted) is a user or a group of Alpine's own; take another name" : nil
  }

  private static func isAccountName(_ name: String) -> Bool {
    let underscore = UInt8(ascii: "_")
    return name.utf8.count <= 31 && name.utf8.first.map { $0.isLowercaseLetter || $0 == underscore } == true
      && name.utf8.allSatisfy {
        $0.isLowercaseLetter || $0.isDigit || $0 == underscore || $0 == UInt8(ascii: "-")
      }
  }

  /// sshd refuses a user whose shell is not there.
  private func problem(ofShell shell: String) -> String? {
    guard shell.hasPrefix("/"), String(shell.dropFirst()).isMadeOfLettersAndDigits(or: "/._+-") else {
      return "\(shell.quoted) is no path of a shell; one is like \"/bin/ash\""
    }
    let name = String(shell.split(separator: "/").last ?? "")
    guard ["bash", "zsh", "fish", "dash", "mksh", "tcsh"].contains(name),
      !packages.contains(where: { PackageName($0)?.name == name })
    else { return nil }
    return "\(shell) comes with the package \(name), which is not among the packages; add it"
  }
}

extension SettingCheck {
  fileprivate mutating func add(_ password: SystemSettings.Password, at key: [String]) {
    guard case .hash(let hash) = password, let reason = PasswordHash.problem(hash) else { return }
    add(key, reason)
  }
}
