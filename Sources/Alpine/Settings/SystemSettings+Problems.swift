// SPDX-License-Identifier: Apache-2.0
import Entries

extension SystemSettings {
  /// All that can't be, in the order of the settings; none where an overlay can be made of them.
  ///
  /// What only the release knows is not looked at: whether it has a service, a zone, a keymap, a package.
  public func problems() -> [SettingProblem] {
    var check = SettingCheck()
    checkTimeAndKeyboard(&check)
    checkNetwork(&check)
    checkServer(&check)
    checkUsers(&check)
    checkPackages(&check)
    checkServices(&check)
    checkCommits(&check)
    checkBoot(&check)
    return check.problems
  }
}

/// Gathers problems.
struct SettingCheck {
  private(set) var problems: [SettingProblem] = []

  mutating func add(_ key: String..., reason: String) { problems.append(SettingProblem(key, reason)) }

  mutating func add(_ key: [String], _ reason: String) { problems.append(SettingProblem(key, reason)) }

  /// Adds a problem for each value that has been there before.
  mutating func addRepetitions(_ values: [String], at key: (Int) -> [String]) {
    var seen: Set<String> = []
    for (index, value) in values.enumerated() where !seen.insert(value).inserted {
      add(key(index), "\(value.quoted) is there a second time; leave one out")
    }
  }
}

// MARK: Time zone and keyboard

extension SystemSettings {
  fileprivate func checkTimeAndKeyboard(_ check: inout SettingCheck) {
    if let timezone, !ZoneName.isPlausible(timezone) {
      check.add(
        "timezone",
        reason: "\(timezone.quoted) is no name of the tz database; one is like \"Europe/Vienna\", or \"UTC\"")
    }
    guard let keymap else { return }
    guard keymap.layout.isMadeOfLettersAndDigits(or: "-_") else {
      check.add(
        "keymap", "layout",
        reason: "\(keymap.layout.quoted) is no keyboard layout; one is like \"us\" or \"de\"")
      return
    }
    if !keymap.variant.isMadeOfLettersAndDigits(or: "-_") || !keymap.variant.hasPrefix(keymap.layout) {
      check.add(
        "keymap", "variant",
        reason:
          "\(keymap.variant.quoted) is no variant of it; they begin with the layout's name, as \"de-nodeadkeys\""
      )
    }
  }
}

/// Names of time zones as far as they can be known without the database.
enum ZoneName {
  /// Source: tz database, theory.html, "Timezone identifiers"; its files, for what lies in no area.
  static func isPlausible(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else { return single.contains(name) }
    return parts.count <= 3 && areas.contains(parts[0])
      && parts.allSatisfy { $0.isMadeOfLettersAndDigits(or: "_+-") && !$0.hasPrefix("-") }
  }

  private static let areas: Set<String> = [
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile",
    "Etc", "Europe", "Indian", "Mexico", "Pacific", "US",
  ]

  private static let single: Set<String> = [
    "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0",
    "GMT-0", "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan",
    "Kwajalein", "Libya", "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland",
    "Portugal", "ROC", "ROK", "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
  ]
}

// MARK: Commits

extension SystemSettings {
  fileprivate func checkCommits(_ check: inout SettingCheck) {
    if let limit = lbu.backupLimit, !(0...9999).contains(limit) {
      check.add("lbu", "backupLimit", reason: "\(limit) is no number of backups; 0 to 9999 are")
    }
    for (index, path) in lbu.includes.enumerated() {
      if let reason = Self.reasonAgainstIncluding(path) {
        check.add(["lbu", "includes", "\(index)"], reason)
      }
    }
    let kept = [EntryPath("etc"), EntryPath("home"), EntryPath("root/.ssh")] + lbu.includes
    for (index, path) in lbu.excludes.enumerated() {
      let key = ["lbu", "excludes", "\(index)"]
      if path.hasLineBreak {
        check.add(key, "\(path) has a line break in it, which lbu's list can't hold")
      } else if lbu.includes.contains(path) {
        check.add(key, "\(path) is to be included, too; leave one out")
      } else if !kept.contains(where: { path.isEqualOrBelow($0) && path != $0 }) {
        check.add(
          key, "\(path) lies in nothing that a commit keeps; name something in etc or in what is included")
      }
    }
  }

  private static func reasonAgainstIncluding(_ path: EntryPath) -> String? {
    if path.isRoot { return "the root itself can't be kept: every commit would hold the whole system" }
    if path.hasLineBreak { return "\(path) has a line break in it, which lbu's list can't hold" }
    let isScript = path.isEqualOrBelow(EntryPath("etc/init.d"))
    if path.isEqualOrBelow(EntryPath("etc")), !isScript { return "\(path) is kept anyway, as all of etc" }
    let transient = [
      EntryPath("dev"), EntryPath("proc"), EntryPath("run"), EntryPath("sys"), EntryPath("tmp"),
    ]
    if transient.contains(where: { path.isEqualOrBelow($0) }) || path.isEqualOrBelow(EntryPath("media")) {
      return "\(path) is mounted or made anew at every boot; a commit can't keep it"
    }
    return nil
  }
}

extension EntryPath {
  fileprivate var hasLineBreak: Bool { bytes.contains(UInt8(ascii: "\n")) }
}
