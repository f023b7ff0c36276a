// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
internal import Ext4

// One declaration a key: its name, where its value goes, what it takes, what it is for.
extension RecipeFile {
  static var table: [Key<RecipeFile>] { cardKeys + cacheKeys + systemKeys }

  private static let paths = "the path of a tar or a directory, or a list of them"

  /// What the card is and what comes onto it.
  private static var cardKeys: [Key<RecipeFile>] {
    [
      .path(
        "release", \.inputs.release, "the path of an alpine-rpi tarball", "The release that the card boots."),
      .list("allow", \.allowances, "unknown-release", "Sources to take that Cairn would refuse.") {
        try Scalars.word($0)
      },
      .scalar(
        "hostname", \.recipe.hostname, "a name such as pi",
        "The Pi's host name, and the name of its overlay.",
        Scalars.hostname),
      .scalar(
        "size", \.recipe.size, Scalars.size, "The whole card. (default: 2GiB, or what the partitions take)",
        Scalars.size),
      .scalar(
        "epoch", \.recipe.epoch, "seconds since 1970",
        "Every time that no input brings. (default: that of the first input's first entry)",
        Scalars.number(0...Int64(UInt32.max))),
      .mapping("boot", or: "none", "The FAT32 partition that the Pi boots from.", bootKeys) { text, file in
        try Scalars.expectNone(text)
        file.recipe.hasBootPartition = false
      },
      .mapping("data", or: "none", "The ext4 partition that remembers.", dataKeys) { text, file in
        try Scalars.expectNone(text)
        file.recipe.hasDataPartition = false
      },
      Key(
        name: "persist", form: "none, a path, or a list of paths and mappings",
        help: "Directories that survive a reboot. (default: /var/lib/docker)",
        keys: persistKeys.map(\.description),
        read: readPersist),
      .texts("overlay", \.inputs.overlay, paths, "More files for the apkovl."),
    ]
  }

  private static var bootKeys: [Key<RecipeFile>] {
    [
      .scalar("size", \.recipe.bootSize, Scalars.size, "Its size. (default: 256MiB)", Scalars.size),
      .texts("from", \.inputs.boot, paths, "More files, beside a release or instead of one."),
      .texts(
        "config", \.recipe.system.boot.configuration, "a line such as dtparam=audio=on, or a list of them",
        "For the firmware: lines for the end of usercfg.txt."),
      .texts(
        "cmdline", \.recipe.system.boot.kernelParameters,
        "parameters such as cgroup_enable=memory, or a list of them",
        "For the kernel: for the end of cmdline.txt."),
      .flag(
        "serial-console", \.recipe.system.boot.hasSerialConsole,
        "Whether boot and login are on the serial line, too. (default: false)"),
    ]
  }

  private static var dataKeys: [Key<RecipeFile>] {
    [
      .scalar(
        "size", \.recipe.dataSize, "rest, a size, min or min+SIZE",
        "Its size: the rest of the card, so much, or what its content takes. (default: rest)"
      ) { $0 == "rest" ? .rest : try Recipe.DataSize($0) },
      .scalar("label", \.recipe.dataFormat.label, "up to 16 bytes", "Its label. (default: DATA)") {
        try VolumeLabel($0)
      },
      .scalar(
        "uuid", \.recipe.dataFormat.uuid, "a UUID", "Its UUID. (default: derived from the recipe)"
      ) { try Identifier($0) },
      .scalar(
        "journal", \.recipe.dataFormat.journal, "auto, none or a size from 4MiB to 40000MiB",
        "Its journal. (default: by the size of the partition, up to 64MiB)"
      ) { try Format.Journal($0) },
      .scalar(
        "reserved", \.recipe.dataFormat.reservedBlockPercentage, "a percentage such as 1 or 0.5",
        "Share of the blocks that only root may fill. (default: 5)"
      ) { try Percentage($0.hasSuffix("%") ? String($0.dropLast()) : $0) },
      .scalar(
        "inodes", \.recipe.dataFormat.inodeCount, "a number", "Inodes, whatever the ratio says.",
        Scalars.number(16...UInt32.max)),
      .scalar(
        "inode-ratio", \.recipe.dataFormat.inodeRatio, Scalars.size,
        "One inode for so many bytes. (default: 16KiB, below 512MiB 4KiB)"
      ) { try Scalars.size($0).byteCount },
      .words(
        "features", \.recipe.dataFormat.features, "^metadata_csum,^64bit",
        "As mke2fs -O has them. (default: those of mke2fs 1.47 on Debian)"
      ) {
        try FeatureSet(option: $0)
      },
      .words(
        "mount-options", \.recipe.dataFormat.mountOptions, "discard,^acl",
        "As tune2fs -o has them. (default: user_xattr, acl)"
      ) {
        try MountOptions($0)
      },
      .word(
        "errors", \.recipe.dataFormat.errorBehavior,
        "What Linux does where it finds damage. (default: continue)"),
      .list(
        "from", \.inputs.data, "[TARGET=]PATH of a tar or a directory, or a list of them", "What it holds.",
        Scalars.source),
      .scalar(
        "owner", \.inputs.directoryOwner, "USER:GROUP, each a number or root",
        "Whom all that comes from directories belongs to. (default: whom it belongs to there)", Scalars.owner),
      .path(
        "device-table", \.inputs.deviceTable, "the path of a device table", "Who owns what, and the devices."),
    ]
  }

  /// What may be allowed that is refused by default.
  private enum Allowance: String, CaseIterable {
    case unknownRelease = "unknown-release"
  }

  private var allowances: [Allowance] {
    get { inputs.acceptsAnyRelease ? [.unknownRelease] : [] }
    set { inputs.acceptsAnyRelease = newValue.contains(.unknownRelease) }
  }
}

// Persistent directories.
extension RecipeFile {
  /// What is known of a directory before its keys are through.
  private struct PersistDraft {
    var path: EntryPath?
    var strategy: Persistence.Strategy?
    var size: ByteSize?
  }

  private static var persistKeys: [Key<PersistDraft>] {
    [
      .scalar("path", \.path, "an absolute path", "The directory.", Scalars.absolutePath),
      .scalar(
        "by", \.strategy, Scalars.alternatives(Persistence.Strategy.allCases.map(\.rawValue)),
        "How it is kept. (default: bind for the directories of container engines, else overlay)"
      ) { try Scalars.word($0) },
      .scalar("size", \.size, Scalars.size, "Of the file system of a file or a partition.", Scalars.size),
    ]
  }

  private static func readPersist(
    _ value: RecipeValue, _ file: inout RecipeFile, _ reader: inout RecipeReader
  ) {
    if case .scalar(let scalar) = value.node, scalar.string == "none" {
      reader.note(value)
      file.recipe.persistence = []
      return
    }
    var requests: [PersistenceRequest] = []
    for item in reader.items(of: value) {
      let draft = reader.item(item, "a path or a mapping", new: PersistDraft(), persistKeys) { text in
        PersistDraft(path: try Scalars.absolutePath(text))
      }
      guard let draft else { continue }
      guard let path = draft.path else {
        if !reader.hasComplaint(below: item.path) {
          reader.complain("has no path; name the directory", at: item)
        }
        continue
      }
      do {
        let directory = try Persistence(path, strategy: draft.strategy)
        if let problem = directory.problem(behind: requests.map(\.directory)) {
          reader.complain("\(problem)", at: item)
        } else {
          requests.append(try PersistenceRequest(directory, size: draft.size))
        }
      } catch AlpineError.persistence(_, let problem) {
        reader.complain("\(problem)", at: item)
      } catch {
        reader.complain("\(error)", at: item.path + ["size"])
      }
    }
    file.recipe.persistence = requests
  }
}

extension Key {
  /// Text with commas in it, or a list of its words.
  fileprivate static func words<Value>(
    _ name: String, _ property: WritableKeyPath<Target, Value>, _ example: String, _ help: String,
    _ parse: @escaping (String) throws -> Value
  ) -> Key {
    let form = "words such as \"\(example)\", or a list of them"
    return Key(name: name, form: form, help: help) { value, target, reader in
      let items = reader.items(of: value)
      let words = items.compactMap { reader.text(of: $0, expecting: form) }
      guard words.count == items.count else { return }
      do { target[keyPath: property] = try parse(words.joined(separator: ",")) } catch {
        reader.complain("\(error)", at: value)
      }
    }
  }
}

extension Scalars {
  fileprivate static func expectNone(_ text: String) throws {
    guard text == "none" else { throw WrongText("\(quoted(text)) can't stand here; give none or a mapping") }
  }

  fileprivate static func hostname(_ text: String) throws -> Hostname {
    do { return try Hostname(text) } catch AlpineError.hostname(_, let problem) {
      throw WrongText("\(quoted(text)) \(problem)")
    }
  }

  fileprivate static func absolutePath(_ text: String) throws -> EntryPath {
    guard text.hasPrefix("/") else { throw WrongText("\(quoted(text)) is no absolute path") }
    return try entryPath(text)
  }

  fileprivate static func source(_ text: String) throws -> ContentSource {
    do { return try ContentSource(try Scalars.text(text)) } catch let error as EntryPathError {
      throw WrongText("\(quoted(text)): the target \(error)")
    }
  }

  fileprivate static func owner(_ text: String) throws -> Entry.Owner {
    guard let owner = Entry.Owner(text) else {
      throw WrongText("\(quoted(text)) is no owner; give USER:GROUP, each a number or root")
    }
    return owner
  }
}
