// SPDX-License-Identifier: Apache-2.0
public import Alpine

extension SettingProblem {
  /// The keys and numbers that lead to the setting in a recipe file: ["ssh", "keys", "0"].
  public var recipeKeyPath: [String] {
    for (setting, keys) in Self.keysOfSettings where key.starts(with: setting) {
      return keys + key.dropFirst(setting.count)
    }
    return key
  }

  /// The same, with interfaces by their names and their addresses right behind them, as a recipe has them.
  func recipeKeyPath(in system: SystemSettings) -> [String] {
    guard key.count > 1, key[0] == "interfaces", let index = Int(key[1]),
      system.interfaces.indices.contains(index)
    else { return recipeKeyPath }
    return ["network", "interfaces", system.interfaces[index].name]
      + key.dropFirst(2).filter { $0 != "addresses" }
  }

  /// Longer ones before those that they begin with.
  private static let keysOfSettings: [([String], [String])] = [
    (["interfaces"], ["network", "interfaces"]), (["nameservers"], ["network", "nameservers"]),
    (["searchDomain"], ["network", "search"]), (["timeService"], ["ntp"]),
    (["sshServer", "hostKeys"], ["ssh", "host-keys"]), (["sshServer"], ["ssh"]),
    (["rootPassword"], ["root", "password"]), (["rootKeys"], ["ssh", "keys"]),
    (["addedServices"], ["services"]), (["removedServices"], ["services", "remove"]),
    (["repositoryKeys"], ["repository-keys"]), (["localScripts"], ["scripts"]),
    (["lbu", "backupLimit"], ["lbu", "backups"]), (["lbu", "includes"], ["lbu", "include"]),
    (["lbu", "excludes"], ["lbu", "exclude"]), (["boot", "configuration"], ["boot", "config"]),
    (["boot", "kernelParameters"], ["boot", "cmdline"]),
  ]
}
