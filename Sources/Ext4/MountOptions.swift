// SPDX-License-Identifier: Apache-2.0

/// Options that the kernel mounts a volume with unless it is told otherwise: what `tune2fs -o` sets.
///
/// Source: tune2fs(8), option `-o`; `s_default_mount_opts` in the kernel documentation, ext4, "Super Block".
public struct MountOptions: Hashable, Sendable {
  public var flags: Set<Flag>
  /// Nil leaves it to the kernel, which takes `ordered`.
  public var journalMode: JournalMode?

  public init(flags: Set<Flag> = [], journalMode: JournalMode? = nil) {
    self.flags = flags
    self.journalMode = journalMode
  }

  /// mke2fs's own on Debian.
  public static let standard = MountOptions(flags: [.userAttributes, .accessControlLists])

  /// An option, by the name that tune2fs has for it.
  public enum Flag: String, CaseIterable, Sendable {
    case debug
    /// New files get their directory's group.
    case directoryGroups = "bsdgroups"
    case userAttributes = "user_xattr"
    case accessControlLists = "acl"
    /// Owners of 16 bits.
    case narrowOwners = "uid16"
    case noBarriers = "nobarrier"
    /// Checks that blocks of files are not the volume's own.
    case blockValidity = "block_validity"
    /// Tells the device which blocks are free.
    case discard
    case noDelayedAllocation = "nodelalloc"

    /// In `s_default_mount_opts`.
    fileprivate var bit: UInt32 {
      switch self {
      case .debug: 0x1
      case .directoryGroups: 0x2
      case .userAttributes: 0x4
      case .accessControlLists: 0x8
      case .narrowOwners: 0x10
      case .noBarriers: 0x100
      case .blockValidity: 0x200
      case .discard: 0x400
      case .noDelayedAllocation: 0x800
      }
    }
  }

  /// What of a file's bytes goes through the journal.
  public enum JournalMode: String, CaseIterable, Sendable {
    /// Everything.
    case data = "journal_data"
    /// Nothing, but it is written before the metadata are.
    case ordered = "journal_data_ordered"
    /// Nothing, in any order.
    case writeback = "journal_data_writeback"

    /// In `s_default_mount_opts`.
    fileprivate var bits: UInt32 {
      switch self {
      case .data: 0x20
      case .ordered: 0x40
      case .writeback: 0x60
      }
    }
  }
}

extension MountOptions {
  /// Changes options as tune2fs does: names, separated by commas or spaces, that are set, or cleared where `^`
  /// stands before them.
  ///
  /// - Throws: `Ext4Error.unknownMountOption`.
  public init(_ text: String, changing base: MountOptions = .standard) throws(Ext4Error) {
    self = base
    for word in text.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
      let isCleared = word.hasPrefix("^")
      let name = String(isCleared ? word.dropFirst() : word)
      if let flag = Flag(rawValue: name) {
        if isCleared { flags.remove(flag) } else { flags.insert(flag) }
      } else if let mode = JournalMode(rawValue: name) {
        journalMode = isCleared ? nil : mode
      } else {
        throw .unknownMountOption(name)
      }
    }
  }

  /// `s_default_mount_opts`.
  var word: UInt32 { flags.reduce(journalMode?.bits ?? 0) { $0 | $1.bit } }
}

extension MountOptions: CustomStringConvertible {
  /// As tune2fs takes them.
  public var description: String {
    let names = Flag.allCases.filter(flags.contains).map(\.rawValue)
    return (names + (journalMode.map { [$0.rawValue] } ?? [])).joined(separator: ",")
  }
}

/// What the kernel does when it finds the volume damaged. The raw value is that of `mke2fs -e`. `s_errors`.
public enum ErrorBehavior: String, CaseIterable, Sendable {
  case `continue`
  case remountReadOnly = "remount-ro"
  case panic

  /// In `s_errors`.
  var code: UInt16 {
    switch self {
    case .continue: 1
    case .remountReadOnly: 2
    case .panic: 3
    }
  }
}
