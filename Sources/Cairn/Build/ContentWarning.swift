// SPDX-License-Identifier: Apache-2.0
internal import Alpine
public import Entries

/// Something about a card's content that its owner may not know of: the card is made all the same.
public enum ContentWarning: Equatable, Sendable {
  /// An input brings an apkovl to the root of the boot partition, which init reads before the data partition.
  case overlayOnBootPartition(EntryPath)
  /// The inputs bring more than one apkovl to the data partition's root.
  case severalOverlays([EntryPath])
  /// An apkovl that an input brings is taken, and what the recipe says of the system is not in it.
  case unusedSettings(overlay: EntryPath)
  /// Files that were to come with the apkovl lie where the persistent directory is mounted over them.
  case hiddenFiles(first: EntryPath, count: Int, directory: EntryPath)
  /// Lines were put into usercfg.txt, and config.txt doesn't include that.
  case unreadUserConfiguration
}

extension ContentWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .overlayOnBootPartition(let path):
      "boot partition: \(path) is an apkovl, and init takes the first one that it finds, most likely this one and not "
        + "that on the data partition; take it out of the release's tarball, or leave the data partition out"
    case .severalOverlays(let paths):
      "data partition: \(paths.map(\.description).joined(separator: ", ")) are several apkovls, of which init takes "
        + "one, and lbu refuses to commit; bring one"
    case .unusedSettings(let path):
      "data partition: \(path) is taken as it was brought, so what the recipe or the options say of the system is not "
        + "in it; leave out one of them"
    case .hiddenFiles(let first, let count, let directory):
      "persistent directory /\(directory): is mounted over \(first)"
        + (count > 1 ? " and \(count - 1) more that come" : ", which comes")
        + " with the apkovl; take overlay, through which they show, or --data for them"
    case .unreadUserConfiguration:
      "boot partition: config.txt doesn't include usercfg.txt, so the firmware doesn't read the lines that were put "
        + "into it; have config.txt say \"include usercfg.txt\""
    }
  }
}

extension ContentWarning {
  /// One for each persistent directory that hides files, unless the plan warns of it already.
  static func hiddenFiles(_ paths: [EntryPath], in plan: Plan) -> [ContentWarning] {
    plan.persistence.map(\.persistence).compactMap { directory in
      let isKnown = plan.warnings.contains(.hidesOverlay(path: "/\(directory.path)"))
      guard directory.strategy != .overlay, !isKnown else { return nil }
      let hidden = paths.filter { $0 != directory.path && $0.isEqualOrBelow(directory.path) }
        .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
      // Directories come with what is in them.
      let parents = Set(hidden.map(\.parent))
      let files = hidden.filter { !parents.contains($0) }
      guard let first = files.first else { return nil }
      return .hiddenFiles(first: first, count: files.count, directory: directory.path)
    }
  }
}
