// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What a file system that is a persistent directory's own holds when it is new: its root with the directory's mode,
/// and what belongs below it.
public struct PersistentVolume: Sendable {
  private let tree: FileTree

  public init(for directory: Persistence, time: Timestamp) {
    var tree = FileTree(time: time)
    directory.addContent(to: &tree, at: .root)
    self.tree = tree
  }

  /// Adds the entries, directories before what is in them; does not finish.
  public func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    try tree.write(to: &writer)
  }
}

extension Persistence {
  /// What is mounted over the directory, where nothing shows through: root's, and of the mode that the package makes it
  /// with that owns it.
  func addContent(to tree: inout FileTree, at base: EntryPath) {
    tree.addDirectory(base, mode: mode)
    guard path == Self.wholeVar else { return }
    for (name, mode) in Self.varDirectories { tree.addDirectory(base.appending(name), mode: mode) }
    for (name, target) in Self.varLinks { tree.addLink(base.appending(name), to: target) }
  }

  var mode: UInt16 {
    switch path {
    case EntryPath("var/lib/docker"): 0o710
    case EntryPath("var/lib/containerd"), EntryPath("var/lib/containers"), EntryPath("root"): 0o700
    case EntryPath("var/tmp"): 0o1777
    default: 0o755
    }
  }

  // What sshd, crond and whoever writes to /var/run can't do without.
  //
  // Source: the package alpine-baselayout 3.2.0.

  private static let varDirectories: [(EntryPath, mode: UInt16)] = [
    (EntryPath("cache/misc"), 0o755), (EntryPath("empty"), 0o555), (EntryPath("lib/misc"), 0o755),
    (EntryPath("local"), 0o755), (EntryPath("lock/subsys"), 0o755), (EntryPath("log"), 0o755),
    (EntryPath("mail"), 0o755), (EntryPath("opt"), 0o755), (EntryPath("spool/cron"), 0o755),
    (EntryPath("tmp"), 0o1777),
  ]

  private static let varLinks: [(EntryPath, target: String)] = [
    (EntryPath("run"), "/run"), (EntryPath("spool/cron/crontabs"), "/etc/crontabs"),
    (EntryPath("spool/mail"), "/var/mail"),
  ]
}
