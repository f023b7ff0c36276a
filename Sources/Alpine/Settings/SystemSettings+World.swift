// SPDX-License-Identifier: Apache-2.0

extension SystemSettings {
  /// What init installs besides what it needs itself: the packages that the settings need, and those that they name.
  ///
  /// Each line once, in the order of their bytes. A package that is named with more than its name (a version, a
  /// repository) stands in the place of the one that is needed.
  public var world: [String] {
    let named = Set(packages.map { PackageName($0)?.name ?? $0 })
    return Set(neededPackages.filter { !named.contains($0) } + packages).sorted()
  }

  /// Source: alpine-conf, setup-ntp, setup-sshd, setup-timezone, setup-keymap, setup-user.
  private var neededPackages: [String] {
    var packages = ["alpine-base"]
    if let package = timeService.package { packages.append(package) }
    if sshServer != nil { packages.append("openssh") }
    if zone != nil { packages.append("tzdata") }
    if keymap != nil { packages.append("kbd-bkeymaps") }
    if users.contains(where: \.isAdministrator) { packages.append("doas") }
    return packages
  }

  /// The time zone, where it is another than the one that is there without any file.
  var zone: String? { timezone == "UTC" ? nil : timezone }

  /// Root's, with what a nil one comes to; nil where none is asked for.
  var effectiveRootPassword: Password? { rootPassword ?? (letsOthersIn ? .locked : nil) }

  /// Whether anybody can log in: on the console, or over the network.
  public var letsSomebodyIn: Bool { rootPassword != .locked || letsOthersIn }

  /// Whether a key or a user's password lets somebody in.
  private var letsOthersIn: Bool {
    let hasKey = !rootKeys.isEmpty && sshServer?.allowsRoot != false || users.contains { !$0.keys.isEmpty }
    return hasKey || users.contains { $0.password != .locked }
  }
}

extension SystemSettings.TimeService {
  /// Nil where alpine-base has it.
  var package: String? {
    switch self {
    case .chrony: "chrony"
    case .openntpd: "openntpd"
    case .busybox, .none: nil
    }
  }
}

/// A line of etc/apk/world in its parts: "NAME", "NAME@TAG", "NAME>=1.2".
///
/// Source: apk-world(5).
struct PackageName {
  let name: String
  /// Of the repository that it is to come from.
  let tag: String?

  /// Nil for what apk would not take.
  init?(_ line: String) {
    let ends: Set<Character> = ["@", "=", "<", ">", "~"]
    name = String(line.prefix { !ends.contains($0) })
    guard name.isMadeOfLettersAndDigits(or: "._+-"), let first = name.utf8.first,
      first.isLetter || first.isDigit || first == UInt8(ascii: "_") || first == UInt8(ascii: ".")
    else { return nil }
    let rest = line.dropFirst(name.count)
    let parts = rest.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else { return nil }
    let tagAndConstraint = parts.count == 2 ? parts[1] : ""
    let tag = String(tagAndConstraint.prefix { !ends.contains($0) })
    let constraint =
      parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? String(tagAndConstraint.dropFirst(tag.count))
    guard parts.count < 2 || tag.isMadeOfLettersAndDigits(or: "._-"), Self.isConstraint(constraint) else {
      return nil
    }
    self.tag = parts.count == 2 ? tag : nil
  }

  /// A comparison and a version, or nothing.
  private static func isConstraint(_ text: String) -> Bool {
    if text.isEmpty { return true }
    let comparison = text.prefix { "=<>~".contains($0) }
    let version = String(text.dropFirst(comparison.count))
    return ["=", "<", ">", "<=", ">=", "~", "~=", "=~", "<~", ">~", "<=~", ">=~", "><"].contains(comparison)
      && version.isMadeOfLettersAndDigits(or: "._-+") && version.utf8.first?.isDigit == true
  }
}
