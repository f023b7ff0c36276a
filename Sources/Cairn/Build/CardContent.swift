// SPDX-License-Identifier: Apache-2.0

/// What comes onto a card: paths of tars, in any compression that `ArchiveReader` knows, and of directories.
public struct CardContent: Equatable, Sendable {
  /// An Alpine release, for the boot partition. Without one nothing of Alpine's is made, and the data partition is empty.
  public var release: String?
  /// More for the boot partition, in this order behind the release. No file may come twice.
  public var boot: [String]
  /// Take what is no Alpine release for one, too.
  public var acceptsAnyRelease: Bool

  public init(release: String? = nil, boot: [String] = [], acceptsAnyRelease: Bool = false) {
    self.release = release
    self.boot = boot
    self.acceptsAnyRelease = acceptsAnyRelease
  }

  /// Every path, the release first.
  var paths: [String] { (release.map { [$0] } ?? []) + boot }
}
