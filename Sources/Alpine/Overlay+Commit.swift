// SPDX-License-Identifier: Apache-2.0
import Entries

extension Overlay {
  private static let list = EntryPath("etc/apk/protected_paths.d/lbu.list")

  /// What lbu needs to keep all of it, the files that come along, and the first commit.
  func addCommitSettings(to tree: inout FileTree) {
    tree.addFile(EntryPath("etc/lbu/lbu.conf"), configuration)
    if settings.lbu.commitsFirstBoot {
      let script = FirstCommit.script(installsPackages: settings.isOnlineAtFirstBoot)
      tree.addFile(FirstCommit.path, script, mode: 0o755)
    } else if settings.isOnlineAtFirstBoot {
      tree.addFile(FirstPackages.path, FirstPackages.script, mode: 0o755)
    }
    for file in files.files where !isKept(file.entry, in: tree) { tree.add(file.entry, file.bytes) }
    let listed = tree[Self.list].map { $0.bytes.split(separator: UInt8(ascii: "\n")).map(Array.init) } ?? []
    let lines = listed + listLines.filter { !listed.contains($0) }
    tree.addFile(Self.list, lines.flatMap { $0 + [UInt8(ascii: "\n")] })
  }

  /// Whether it is a directory to which the settings gave an owner or a mode, as a home: that stays.
  private func isKept(_ entry: Entry, in tree: FileTree) -> Bool {
    guard entry.kind == .directory, let made = tree[entry.path]?.entry else { return false }
    return made.kind == .directory && (made.owner != .root || made.mode != 0o755)
  }

  private var configuration: String {
    """
    # Where "lbu commit" keeps the settings: a name below /media.
    LBU_MEDIA="\(Self.media)"

    # How many earlier commits stay beside the last one.
    \(settings.lbu.backupLimit.map { "BACKUP_LIMIT=\($0)" } ?? "#BACKUP_LIMIT=3")

    # The cipher of "lbu commit -e", and how to have every commit encrypted.
    #DEFAULT_CIPHER=aes-256-cbc
    #ENCRYPTION=$DEFAULT_CIPHER

    """
  }
}

// MARK: What is kept

extension Overlay {
  /// Beside etc, which lbu keeps unasked.
  private static let keptByDefault = [EntryPath("home"), EntryPath("root/.ssh")]

  /// The lines of lbu.list: of several that fit a path, the last one counts.
  ///
  /// Source: apk-tools, database.c, apk_db_add_protected_path; alpine-conf, lbu.
  private var listLines: [[UInt8]] {
    let included = Self.keptByDefault + settings.lbu.includes
    let brought = files.pathsOutsideCommits.filter { path in
      !included.contains { path.isEqualOrBelow($0) }
    }
    return Self.lines("+", included)
      + Self.lines("+", brought.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) })
      + Self.lines("-", settings.lbu.excludes)
  }

  /// apk takes them for patterns: what is special to one stands for itself behind a backslash.
  private static func lines(_ sign: String, _ paths: [EntryPath]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for path in paths {
      let pattern = path.bytes.flatMap { Set(#"*?[\"#.utf8).contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
      let line = Array(sign.utf8) + pattern
      if !lines.contains(line) { lines.append(line) }
    }
    return lines
  }
}

extension OverlayFiles {
  /// What a commit would leave out unless it is listed: all outside etc, and in etc/init.d all but links.
  ///
  /// A directory is listed where there is nothing in it, or where it would come back with another owner or mode.
  fileprivate var pathsOutsideCommits: [EntryPath] {
    let parents = Set(paths.map(\.parent))
    return files.filter { file in
      let entry = file.entry
      if entry.kind == .directory {
        let isPlain = parents.contains(entry.path) && entry.mode == 0o755 && entry.owner == .root
        guard !isPlain, !Self.systemDirectories.contains(entry.path) else { return false }
      }
      guard entry.path.isEqualOrBelow(EntryPath("etc")) else { return true }
      guard entry.path.isEqualOrBelow(EntryPath("etc/init.d")) else { return false }
      if case .regular = entry.kind { return true }
      return false
    }.map(\.entry.path)
  }

  /// Directories of modes of their own, which a package makes.
  private static let systemDirectories: Set<EntryPath> = [
    EntryPath("root"), EntryPath("tmp"), EntryPath("var/tmp"), EntryPath("home"),
  ]
}
