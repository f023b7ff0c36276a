// SPDX-License-Identifier: Apache-2.0
import Entries

/// Who there is on a new system: the base's users and groups, and those of the settings.
///
/// Source: passwd(5), shadow(5), group(5).
struct Accounts {
  /// Nil where none is asked for.
  private let rootPassword: SystemSettings.Password?
  private let users: [(settings: SystemSettings.User, id: UInt32)]
  private let groups: [BaseAccounts.Group]
  /// Since 1970, of the day on which passwords were set.
  private let day: Int64

  /// Numbers that a user of a person may have, and the first that is given where none is asked for.
  static let userIDs: ClosedRange<UInt32> = 1000...59_999
  /// The first number of a group that no base has: above those that addgroup gives to packages, from 100 on.
  private static let firstNewGroupID: UInt32 = 900

  init(_ settings: SystemSettings, time: Timestamp) {
    rootPassword = settings.effectiveRootPassword
    users = Self.numbered(settings.users)
    groups = Self.groups(for: users)
    day = max(0, time.seconds / 86_400)
  }

  /// Whom the user's files belong to; the users have numbers in the order of the settings.
  var owners: [Entry.Owner] { users.map { Entry.Owner(user: $0.id, group: $0.id) } }

  var passwd: String {
    let base = BaseAccounts.users.map {
      "\($0.name):x:\($0.id):\($0.groupID):\($0.comment):\($0.home):\($0.shell)\n"
    }
    let others = users.map { user, id in
      "\(user.name):x:\(id):\(id)::/home/\(user.name):\(user.shell)\n"
    }
    return (base + others).joined()
  }

  var shadow: String {
    let base = BaseAccounts.users.dropFirst().map { "\($0.name):!::0:::::\n" }
    let others = users.map { user, _ in
      "\(user.name):\(Self.field(user.password)):\(day):0:99999:7:::\n"
    }
    return (["root:\(rootPassword.map(Self.field) ?? ""):\(rootDay):0:::::\n"] + base + others).joined()
  }

  var group: String {
    groups.map { "\($0.name):x:\($0.id):\($0.members.joined(separator: ","))\n" }.joined()
  }

  private var rootDay: String { rootPassword == nil || rootPassword == .locked ? "" : "\(day)" }

  /// What no password matches. Not "!", by which sshd takes the account itself for locked and refuses keys, too.
  ///
  /// Source: OpenSSH, configure.ac, LOCKED_PASSWD_PREFIX.
  private static func field(_ password: SystemSettings.Password) -> String {
    switch password {
    case .locked: "*"
    case .hash(let hash): hash
    }
  }
}

extension Accounts {
  /// Numbers that are asked for, else the first from 1000 on that nobody asks for.
  private static func numbered(
    _ users: [SystemSettings.User]
  ) -> [(settings: SystemSettings.User, id: UInt32)] {
    var taken = Set(users.compactMap(\.id))
    return users.map { user in
      if let id = user.id { return (user, id) }
      let id = userIDs.first { !taken.contains($0) } ?? userIDs.upperBound
      taken.insert(id)
      return (user, id)
    }
  }

  private static func groups(
    for users: [(settings: SystemSettings.User, id: UInt32)]
  ) -> [BaseAccounts.Group] {
    var groups = BaseAccounts.groups + users.map { BaseAccounts.Group($0.settings.name, $0.id) }
    for (user, _) in users {
      let names = user.isAdministrator ? ["wheel"] + user.groups : user.groups
      for name in names { add(user.name, to: name, in: &groups) }
    }
    return groups
  }

  /// A group that is not there yet is one that a package brings: it finds it here.
  private static func add(_ user: String, to name: String, in groups: inout [BaseAccounts.Group]) {
    guard let index = groups.firstIndex(where: { $0.name == name }) else {
      let taken = Set(groups.map(\.id))
      let id = (firstNewGroupID...).first { !taken.contains($0) } ?? firstNewGroupID
      groups.append(BaseAccounts.Group(name, id, members: [user]))
      return
    }
    if !groups[index].members.contains(user) { groups[index].members.append(user) }
  }
}
