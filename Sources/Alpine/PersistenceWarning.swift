// SPDX-License-Identifier: Apache-2.0

/// What a persistent directory brings with it that its owner may not want.
public enum PersistenceWarning: Equatable, Sendable {
  /// A container engine would keep its layers on overlayfs.
  case containersOnOverlay(path: String)
  /// All of /var is mounted over what packages put there at each boot.
  case hidesVar
  /// All of /var is an overlay, where old content hides new.
  case agesVar
  /// What the apkovl brings below it is hidden, such as a user's authorized keys.
  case hidesOverlay(path: String)
}

extension PersistenceWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .containersOnOverlay(let path):
      "persistent directory \(path): Docker's overlay2 can't stand on an overlay and falls back to whole copies "
        + "without a word; take bind, file or partition for a container engine's directory"
    case .hidesVar:
      "persistent directory /var: hides what packages put there at each boot: cron's tabs in /var/spool/cron, the "
        + "neighbours of apk's database in /var/cache and /var/lib, the directories that services were given with "
        + "their owners; only those of alpine-baselayout are made, so name directories further below"
    case .agesVar:
      "persistent directory /var: keeps logs, caches and locks as well, and what was changed once hides what later "
        + "packages bring, such as cron's tabs in /var/spool/cron; name directories further below"
    case .hidesOverlay(let path):
      "persistent directory \(path): hides what the apkovl brings there, such as authorized keys; take overlay, "
        + "through which it shows, or put it there yourself"
    }
  }
}

extension Persistence {
  public var warnings: [PersistenceWarning] {
    var warnings: [PersistenceWarning] = []
    if path == Self.wholeVar { warnings.append(strategy == .overlay ? .agesVar : .hidesVar) }
    let holdsEngine = Self.engineDirectories.contains {
      $0.isEqualOrBelow(path) || path.isEqualOrBelow($0)
    }
    if strategy == .overlay, holdsEngine { warnings.append(.containersOnOverlay(path: path.absolute)) }
    if strategy != .overlay, let first = path.names.first, Self.homes.contains(Array(first)) {
      warnings.append(.hidesOverlay(path: path.absolute))
    }
    return warnings
  }

  private static let homes = [Array("home".utf8), Array("root".utf8)]
}
