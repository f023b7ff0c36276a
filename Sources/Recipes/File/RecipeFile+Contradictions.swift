// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
internal import Ext4

// What is right by itself and wrong beside something else.
extension RecipeReader {
  mutating func checkContradictions(in file: RecipeFile) {
    checkPartitions(file)
    checkSizes(file.recipe)
    checkFormat(file.recipe)
    checkUsers(file.recipe.system)
    for problem in file.recipe.system.problems() {
      let keyPath = withoutMissingNumbers(problem.recipeKeyPath(in: file.recipe.system))
      // What could not be read may well be missing now.
      if !hasComplaint(below: keyPath) { complain(problem.reason, at: keyPath) }
    }
  }

  private mutating func checkPartitions(_ file: RecipeFile) {
    let recipe = file.recipe
    if !recipe.hasBootPartition {
      if !recipe.hasDataPartition {
        complain(
          "\"boot: none\" and \"data: none\" leave nothing to make; leave one of them out", at: ["data"])
      }
      if has(["release"]) {
        complain("\"boot: none\" leaves no partition for it; leave one of them out", at: ["release"])
      }
      if recipe.hasDataPartition, !file.inputs.cache.isEmpty {
        complain(
          "\"boot: none\" leaves no release that it could be for; leave one of them out", at: ["cache"])
      }
    }
    guard !recipe.hasDataPartition else { return }
    for key in Self.keysOfApkovl
    where has([key]) && !(key == "persist" && file.recipe.persistence.isEmpty) {
      complain("\"data: none\" leaves no partition for it; leave one of them out", at: [key])
    }
  }

  /// What is no list has no numbers.
  private func withoutMissingNumbers(_ path: [String]) -> [String] {
    path.reduce(into: []) { known, name in
      if Int(name) == nil || has(known + [name]) { known.append(name) }
    }
  }

  /// What only the apkovl could hold.
  static let keysOfApkovl = [
    "persist", "overlay", "cache", "timezone", "keymap", "network", "ntp", "ssh", "root", "users", "packages",
    "services", "modules", "repositories", "repository-keys", "lbu", "scripts",
  ]

  private mutating func checkSizes(_ recipe: Recipe) {
    guard let size = recipe.size, case .fixed(let dataSize) = recipe.dataSize, recipe.hasDataPartition else {
      return
    }
    let needed = dataSize.byteCount + (recipe.hasBootPartition ? recipe.bootSize.byteCount : 0)
    if needed >= size.byteCount {
      let needed = ByteSize(byteCount: needed)
      complain(
        "a card of \(size) has no room for partitions of \(needed) and the table before them", at: ["size"])
    }
  }

  /// What Ext4 says of a volume that is like this one, and large enough for anything.
  private mutating func checkFormat(_ recipe: Recipe) {
    guard has(["data"]), recipe.hasDataPartition, let zero = Identifier([UInt8](repeating: 0, count: 16))
    else { return }
    var size: UInt64 = 1 << 40
    if case .fixed(let fixed) = recipe.dataSize { size = fixed.byteCount }
    let format = recipe.dataFormat.format(
      size: size, derivedUUID: zero, hashSeed: zero, time: Timestamp(seconds: 0))
    do { try format.validate() } catch { complain("\(error)", at: ["data", Self.key(of: error)]) }
  }

  /// The key of the data partition that an error is about.
  private static func key(of error: Ext4Error) -> String {
    switch error {
    case .tooSmall, .invalidFormat(.size): "size"
    case .invalidFormat(.reservedBlockPercentage): "reserved"
    case .invalidFormat(.inodeRatio): "inode-ratio"
    case .invalidFormat(.inodeCount): "inodes"
    case .invalidFormat(.journalModeWithoutJournal): "mount-options"
    case .invalidFormat(.journalWithoutFeature), .invalidFormat(.journalBlockCount): "journal"
    case .invalidFeatures: "features"
    default: "label"
    }
  }

  private mutating func checkUsers(_ system: SystemSettings) {
    for (index, user) in system.users.enumerated() {
      let path = ["users", "\(index)"]
      if user.name.isEmpty, !hasComplaint(below: path) {
        complain("has no name; give the user one", at: path)
      }
    }
  }
}
