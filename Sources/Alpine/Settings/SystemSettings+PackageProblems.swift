// SPDX-License-Identifier: Apache-2.0
import Entries

extension SystemSettings {
  func checkPackages(_ check: inout SettingCheck) {
    let names = packages.map { PackageName($0)?.name ?? $0 }
    check.addRepetitions(names) { ["packages", "\($0)"] }
    let tags = Set((repositories ?? []).compactMap(Self.tag(ofRepository:)))
    for (index, line) in packages.enumerated() {
      guard let package = PackageName(line) else {
        check.add(
          ["packages", "\(index)"],
          "\(line.quoted) is no package; one is like \"docker\", \"docker@edge\" or \"docker>=20.10\"")
        continue
      }
      guard let tag = package.tag, !tags.contains(tag) else { continue }
      check.add(
        ["packages", "\(index)"],
        "\(line.quoted) is to come from a repository \"@\(tag)\", which is not among the repositories")
    }
    checkRepositories(&check)
    checkRepositoryKeys(&check)
  }

  private static func tag(ofRepository line: String) -> String? {
    line.hasPrefix("@") ? String(line.dropFirst().prefix { $0 != " " }) : nil
  }

  /// Source: apk-repositories(5).
  private func checkRepositories(_ check: inout SettingCheck) {
    guard let repositories else { return }
    check.addRepetitions(repositories) { ["repositories", "\($0)"] }
    for (index, line) in repositories.enumerated() where !Self.isRepository(line) {
      check.add(
        ["repositories", "\(index)"],
        "\(line.quoted) is no repository; one is like \"http://dl-cdn.alpinelinux.org/alpine/v3.19/community\", "
          + "with \"@tag \" before it where only tagged packages come from it")
    }
  }

  private static func isRepository(_ line: String) -> Bool {
    var location = line[...]
    if let tag = tag(ofRepository: line) {
      guard tag.isMadeOfLettersAndDigits(or: "._-") else { return false }
      location = line.dropFirst(tag.utf8.count + 2)
    }
    guard location.utf8.allSatisfy({ !$0.isSpaceOrControl }) else { return false }
    if location.hasPrefix("/") { return location.utf8.count > 1 }
    let scheme = ["http://", "https://", "ftp://"].first { location.hasPrefix($0) }
    guard let scheme else { return false }
    let host = location.dropFirst(scheme.count).prefix { $0 != "/" }
    return !host.isEmpty && String(host).isMadeOfLettersAndDigits(or: ".-:[]@%_")
  }

  private func checkRepositoryKeys(_ check: inout SettingCheck) {
    check.addRepetitions(repositoryKeys.map(\.name)) { ["repositoryKeys", "\($0)"] }
    for (index, file) in repositoryKeys.enumerated() {
      let key = ["repositoryKeys", "\(index)"]
      if !file.hasPlainName || !file.name.hasSuffix(".pub") {
        check.add(
          key,
          "\(file.name.quoted) is no name of a repository's key; packages name the file, which ends in .pub")
      } else if !file.bytes.starts(with: Array("-----BEGIN PUBLIC KEY-----".utf8)) {
        check.add(key, "\(file.name) is no public key in PEM, as abuild-keygen makes it")
      }
    }
  }
}

extension SystemSettings {
  func checkServices(_ check: inout SettingCheck) {
    var present = self
    present.removedServices = []
    let names = Set(Service.diskless(nil, present, hasLocalScripts: true).map(\.name) + ["urandom"])
    for (index, name) in removedServices.enumerated() {
      let key = ["removedServices", "\(index)"]
      if addedServices.contains(where: { $0.name == name }) {
        check.add(key, "\(name.quoted) is to be added, too; leave one out")
      } else if !names.contains(name) {
        check.add(
          key, "\(name.quoted) would not start anyway; it starts \(names.sorted().joined(separator: ", "))")
      }
    }
    check.addRepetitions(removedServices) { ["removedServices", "\($0)"] }
    check.addRepetitions(addedServices.map { "\($0.name) in \($0.runlevel)" }) { ["addedServices", "\($0)"] }
    checkModules(&check)
    checkLocalScripts(&check)
  }

  private func checkModules(_ check: inout SettingCheck) {
    check.addRepetitions(modules) { ["modules", "\($0)"] }
    for (index, line) in modules.enumerated() {
      let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      let isModule =
        words[0].isMadeOfLettersAndDigits(or: "_-")
        && words.dropFirst().allSatisfy { $0.isMadeOfLettersAndDigits(or: "_-=,.:/") }
      if !isModule {
        check.add(["modules", "\(index)"], "\(line.quoted) is no kernel module; one is like \"i2c-dev\"")
      }
    }
  }

  private func checkLocalScripts(_ check: inout SettingCheck) {
    check.addRepetitions(localScripts.map(\.name)) { ["localScripts", "\($0)"] }
    for (index, script) in localScripts.enumerated() {
      if let reason = Self.problem(of: script) { check.add(["localScripts", "\(index)"], reason) }
    }
  }

  /// Source: OpenRC, init.d/local.in.
  private static func problem(of script: NamedFile) -> String? {
    guard script.hasPlainName, [".start", ".stop"].contains(where: { script.name.hasSuffix($0) }) else {
      return "\(script.name.quoted) is no name of a script of etc/local.d; one ends in .start or .stop"
    }
    if script.bytes.isEmpty { return "\(script.name) is empty" }
    let firstLine = script.bytes.prefix { $0 != UInt8(ascii: "\n") }
    if firstLine.last == UInt8(ascii: "\r") {
      return "\(script.name) has the line ends of DOS, with which no shell runs it; convert it"
    }
    return nil
  }
}

extension SystemSettings.NamedFile {
  /// Whether it is a name of one file that a shell needs no quotes for.
  fileprivate var hasPlainName: Bool {
    name.isMadeOfLettersAndDigits(or: "._-@+") && !name.hasPrefix(".") && !name.hasPrefix("-")
      && name.utf8.count <= 255
  }
}
