// SPDX-License-Identifier: Apache-2.0

/// Features of a volume that a kernel has to know, or may use: what `mke2fs -O` sets.
///
/// A set is one of the two presets, changed feature by feature. Whether its features go together is found out
/// where a volume is made of it.
///
/// Source: ext4(5), "FEATURES"; kernel documentation, ext4, "Super Block".
public struct FeatureSet: Hashable, Sendable {
  private var features: Set<Feature>

  private init(_ features: Set<Feature>) { self.features = features }

  /// Those of mke2fs 1.47.0 on Debian, which every kernel from 5.10 on mounts.
  public static let standard = FeatureSet(Set(Feature.allCases).subtracting([.groupChecksums]))

  /// Those of mke2fs 1.42, which Linux 2.6.28, the first with ext4, and old boot loaders know: no checksums but
  /// the group descriptors', and block numbers of 32 bits. Inode tables are zeroed, since kernels before 2.6.37
  /// don't do it.
  public static let oldKernels = standard.removing(.metadataChecksums).removing(.wideBlockNumbers)
    .inserting(.groupChecksums)

  /// A feature, by the name that mke2fs has for it.
  public enum Feature: String, CaseIterable, Sendable {
    case journal = "has_journal"
    case extendedAttributes = "ext_attr"
    /// An inode that keeps blocks free, so that the volume can grow while it is mounted.
    case roomForGrowth = "resize_inode"
    /// Hashes that large directories are indexed by.
    case directoryIndexes = "dir_index"
    /// Types of files in directory entries.
    case entryTypes = "filetype"
    case extents = "extent"
    /// Descriptors of 64 bytes.
    case wideBlockNumbers = "64bit"
    /// Bitmaps and inode tables of 16 groups side by side.
    case flexibleGroups = "flex_bg"
    /// Copies of the superblock in a few groups alone.
    case sparseSuperblocks = "sparse_super"
    /// Files of 2 GiB and more.
    case largeFiles = "large_file"
    /// Files of 2 TiB and more.
    case hugeFiles = "huge_file"
    /// Checksums of group descriptors alone: CRC-16.
    case groupChecksums = "uninit_bg"
    /// Directories with more than 64,997 others in them.
    case directoryLinkOverflow = "dir_nlink"
    /// Room behind an inode's fields that the kernel may count on.
    case extraInodeSize = "extra_isize"
    /// Checksums of all metadata: CRC-32C.
    case metadataChecksums = "metadata_csum"
  }

  public func contains(_ feature: Feature) -> Bool { features.contains(feature) }

  /// The set with `feature` in it.
  public func inserting(_ feature: Feature) -> FeatureSet { FeatureSet(features.union([feature])) }

  /// The set without `feature`.
  public func removing(_ feature: Feature) -> FeatureSet { FeatureSet(features.subtracting([feature])) }
}

extension FeatureSet {
  /// Changes a set as the option `-O` of mke2fs does: names, separated by commas or spaces, that are switched
  /// on, or off where `^` stands before them. Switching `metadata_csum` on switches `uninit_bg` off and the
  /// other way round, unless the text names both.
  ///
  /// - Throws: `Ext4Error.invalidFeatures` for a name that nobody knows and for a feature that can't be had, or
  ///   can't be done without.
  public init(_ text: String, changing base: FeatureSet = .standard) throws(Ext4Error) {
    self = base
    var named: Set<Feature> = []
    for word in text.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
      let isRemoved = word.hasPrefix("^")
      let name = String(isRemoved ? word.dropFirst() : word)
      guard let feature = try Self.feature(named: name, isRemoved: isRemoved) else { continue }
      self = isRemoved ? removing(feature) : inserting(feature)
      if !isRemoved { named.insert(feature) }
    }
    let rivals: [(Feature, Feature)] = [
      (.metadataChecksums, .groupChecksums), (.groupChecksums, .metadataChecksums),
    ]
    for (winner, loser) in rivals where named.contains(winner) && !named.contains(loser) {
      self = removing(loser)
    }
    try check()
  }

  /// Nil for a feature that is off in any case.
  private static func feature(named name: String, isRemoved: Bool) throws(Ext4Error) -> Feature? {
    let feature = Feature(rawValue: aliases[name] ?? name)
    if let feature { return feature }
    guard let reason = impossible[name] else { throw .invalidFeatures(.unknown(name)) }
    guard isRemoved else { throw .invalidFeatures(.impossible(name, reason: reason)) }
    return nil
  }

  private static let aliases = ["extents": "extent", "gdt_csum": "uninit_bg"]

  /// What mke2fs or the kernel know and no volume here has, and why not.
  private static let impossible = [
    "bigalloc": "space is given away in blocks, not in clusters of them",
    "casefold": "names are told apart byte by byte",
    "dir_prealloc": "no kernel makes use of it",
    "ea_inode": "extended attributes lie in inodes and in blocks alone",
    "encrypt": "content is written as it comes",
    "fast_commit": "the journal is of the kind that every kernel replays",
    "inline_data": "content lies in blocks of its own",
    "journal_dev": "a volume that is only a journal holds no files",
    "large_dir": "indexes have two levels, which are enough for ten million names",
    "meta_bg": "group descriptors stand together",
    "metadata_csum_seed": "Linux before 4.4 can't mount it",
    "mmp": "a card is in one computer at a time",
    "orphan_file": "Linux before 5.15 can't mount it",
    "project": "quotas are not counted",
    "quota": "quotas are not counted",
    "read-only": "a volume that can't be written to can't be filled",
    "shared_blocks": "each file has blocks of its own",
    "sparse_super2": "copies of the superblock stand where every tool looks for them",
    "stable_inodes": "it serves encryption, which there is none of",
    "verity": "files have no hash trees",
  ]

  /// Features that everything is written by.
  private static let indispensable: [(feature: Feature, reason: String)] = [
    (.extents, "files are mapped by extents alone"),
    (.entryTypes, "directory entries always tell the type"),
    (.extendedAttributes, "entries may have extended attributes"),
  ]

  /// Throws where features don't go together.
  func check() throws(Ext4Error) {
    for (feature, reason) in Self.indispensable where !contains(feature) {
      throw .invalidFeatures(.indispensable(feature, reason: reason))
    }
    if contains(.metadataChecksums), contains(.groupChecksums) {
      throw .invalidFeatures(.exclusive(.metadataChecksums, .groupChecksums))
    }
    if contains(.roomForGrowth), !contains(.sparseSuperblocks) {
      throw .invalidFeatures(.missing(.sparseSuperblocks, for: .roomForGrowth))
    }
  }

  /// Bytes of the largest file. Without `huge_file`, sectors of a file are counted in 32 bits: 2 TiB less 1 MiB
  /// for what maps it.
  var largestFileSize: UInt64 {
    if !contains(.largeFiles) { return (2 << 30) - 1 }
    return contains(.hugeFiles) ? OpenContent.largestFileSize : (2 << 40) - (1 << 20)
  }
}

extension FeatureSet: CustomStringConvertible {
  /// As dumpe2fs tells them.
  public var description: String {
    Feature.allCases.filter(contains).map(\.rawValue).joined(separator: " ")
  }
}

/// Why a set of features can't be had.
public enum FeatureProblem: Equatable, Sendable {
  case unknown(String)
  /// A feature that no volume made here has.
  case impossible(String, reason: String)
  /// A feature that every volume made here has.
  case indispensable(FeatureSet.Feature, reason: String)
  /// Two that exclude each other.
  case exclusive(FeatureSet.Feature, FeatureSet.Feature)
  /// One that needs another.
  case missing(FeatureSet.Feature, for: FeatureSet.Feature)
}

extension FeatureProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknown(let name): "ext4 feature \"\(Array(name.utf8).printable)\": no such feature; see ext4(5)"
    case .impossible(let name, let reason):
      "ext4 feature \(name): not possible, since \(reason); leave it out"
    case .indispensable(let feature, let reason):
      "ext4 feature ^\(feature.rawValue): not possible, since \(reason); leave it on"
    case .exclusive(let first, let second):
      "ext4 features \(first.rawValue) and \(second.rawValue): one excludes the other; switch one off"
    case .missing(let missing, let feature):
      "ext4 feature \(feature.rawValue): needs \(missing.rawValue); switch that on or \(feature.rawValue) off"
    }
  }
}
