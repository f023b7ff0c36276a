// SPDX-License-Identifier: Apache-2.0
public import Entries
public import Recipes

/// What comes onto a card: tars, in any compression that `ArchiveReader` knows, and directories.
public struct CardContent: Equatable, Sendable {
  /// An Alpine release, for the boot partition. Without one nothing of Alpine's is made.
  public var release: String?
  /// More for the boot partition, in this order behind the release. No file may come twice.
  public var boot: [String]
  /// For the data partition, in this order. What it brings wins over what Cairn would make there.
  public var data: [Input]
  /// Whom everything in directories for the data partition belongs to; nil for the owners that the files have. The
  /// owners in a tar stay.
  public var directoryOwner: Entry.Owner?
  /// Path of a `DeviceTable` for the data partition.
  public var deviceTable: String?
  /// Packages for apk's cache, beside those of the release: .apk files, and indexes of repositories.
  public var cache: [String] = []
  /// What the system that boots from the card takes from files.
  public var system = SystemFiles()
  /// Take what is no Alpine release for one, too.
  public var acceptsAnyRelease: Bool

  public typealias Input = ContentSource

  public init(
    release: String? = nil, boot: [String] = [], data: [Input] = [], directoryOwner: Entry.Owner? = nil,
    deviceTable: String? = nil, acceptsAnyRelease: Bool = false
  ) {
    self.release = release
    self.boot = boot
    self.data = data
    self.directoryOwner = directoryOwner
    self.deviceTable = deviceTable
    self.acceptsAnyRelease = acceptsAnyRelease
  }

  /// Every path that is read.
  var paths: [String] {
    bootInputs.map(\.path) + data.map(\.path) + (deviceTable.map { [$0] } ?? []) + cache + system.paths
  }

  /// The release first.
  var bootInputs: [Input] { ((release.map { [$0] } ?? []) + boot).map { Input(path: $0) } }
}

extension CardContent {
  /// What a recipe file names.
  public init(_ inputs: RecipeFile.Inputs) {
    self.init(
      release: inputs.release, boot: inputs.boot, data: inputs.data, directoryOwner: inputs.directoryOwner,
      deviceTable: inputs.deviceTable, acceptsAnyRelease: inputs.acceptsAnyRelease)
    cache = inputs.cache
    system = SystemFiles(
      keyFiles: inputs.keyFiles, hostKeys: inputs.hostKeys, repositoryKeys: inputs.repositoryKeys,
      localScripts: inputs.localScripts,
      overlay: inputs.overlay)
  }
}
