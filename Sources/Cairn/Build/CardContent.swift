// SPDX-License-Identifier: Apache-2.0
public import Entries

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
  /// Take what is no Alpine release for one, too.
  public var acceptsAnyRelease: Bool

  /// A tar or a directory, and where its entries go.
  public struct Input: Equatable, Sendable {
    public var path: String
    /// Directory on the volume that the input's "./" becomes. Made as root:root 0755 where no input has it.
    public var target: EntryPath

    public init(path: String, target: EntryPath = .root) {
      self.path = path
      self.target = target
    }
  }

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
  var paths: [String] { bootInputs.map(\.path) + data.map(\.path) + (deviceTable.map { [$0] } ?? []) }

  /// The release first.
  var bootInputs: [Input] { ((release.map { [$0] } ?? []) + boot).map { Input(path: $0) } }
}

extension CardContent.Input {
  /// "PATH" or "TARGET=PATH", split at the first "=": a path that has one itself is written "/=PATH".
  ///
  /// - Throws: `EntryPathError` for a target that leads out of the volume.
  public init(_ text: String) throws(EntryPathError) {
    guard let separator = text.firstIndex(of: "=") else {
      self.init(path: text)
      return
    }
    let target = text[..<separator].utf8.drop { $0 == UInt8(ascii: "/") }
    self.init(path: String(text[text.index(after: separator)...]), target: try EntryPath(target))
  }
}
