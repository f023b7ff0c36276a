// SPDX-License-Identifier: Apache-2.0
import Entries

extension Overlay {
  /// Users, groups and passwords; homes; who may become root.
  ///
  /// The three files are there in every case: the package's shadow lets root in without a password.
  func addAccounts(to tree: inout FileTree) {
    let accounts = Accounts(settings, time: time)
    tree.addFile(EntryPath("etc/passwd"), accounts.passwd)
    tree.addFile(EntryPath("etc/group"), accounts.group)
    tree.addFile(
      EntryPath("etc/shadow"), accounts.shadow, mode: 0o640,
      owner: Entry.Owner(user: 0, group: BaseAccounts.shadowGroupID))
    // A commit leaves out a /root with nothing in it that is kept, and lbu status would tell of it.
    if !settings.rootKeys.isEmpty {
      addKeys(settings.rootKeys, below: EntryPath("root"), of: .root, to: &tree)
    }
    for (user, owner) in zip(settings.users, accounts.owners) {
      addKeys(user.keys, below: EntryPath(composed: "home/\(user.name)"), of: owner, to: &tree)
    }
    addAdministrators(to: &tree)
  }

  /// A home with the keys that may log in. sshd takes no keys from where others may write.
  ///
  /// Source: sshd_config(5), StrictModes.
  private func addKeys(
    _ keys: [String], below home: EntryPath, of owner: Entry.Owner, to tree: inout FileTree
  ) {
    tree.addDirectory(home, mode: 0o700, owner: owner)
    guard !keys.isEmpty else { return }
    let directory = home.appending(EntryPath(".ssh"))
    tree.addDirectory(directory, mode: 0o700, owner: owner)
    tree.addFile(
      directory.appending(EntryPath("authorized_keys")), keys.map { "\($0)\n" }.joined(), mode: 0o600,
      owner: owner)
  }

  /// doas reads a directory since Alpine 3.15 and one file before. Of several rules that fit, the last one counts.
  ///
  /// Source: doas.conf(5); aports, main/doas, APKBUILD; alpine-conf, setup-user.
  private func addAdministrators(to tree: inout FileTree) {
    let administrators = settings.users.filter(\.isAdministrator)
    guard !administrators.isEmpty else { return }
    let rules =
      ["permit persist :wheel\n"]
      + administrators.filter { $0.password == .locked }.map { "permit nopass \($0.name)\n" }
    guard release?.isAtLeast(major: 3, minor: 15) ?? true else {
      tree.addFile(EntryPath("etc/doas.conf"), rules.joined(), mode: 0o600)
      return
    }
    tree.addDirectory(EntryPath("etc/doas.d"), mode: 0o750)
    tree.addFile(EntryPath("etc/doas.d/20-wheel.conf"), rules.joined(), mode: 0o600)
  }
}
