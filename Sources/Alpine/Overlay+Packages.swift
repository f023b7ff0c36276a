// SPDX-License-Identifier: Apache-2.0
import Entries

extension Overlay {
  func addPackageSettings(to tree: inout FileTree) {
    tree.addFile(EntryPath("etc/apk/world"), world.map { "\($0)\n" }.joined())
    tree.addFile(EntryPath("etc/apk/repositories"), repositories)
    tree.addLink(EntryPath("etc/apk/cache"), to: "/media/\(Self.media)/cache")
    if let release { tree.addFile(EntryPath("etc/apk/arch"), "\(release.architecture)\n") }
    for key in settings.repositoryKeys { tree.addFile(key, in: EntryPath("etc/apk/keys")) }
  }

  /// What the card brings, then those of the settings.
  private var repositories: String {
    let others = settings.repositories.map { $0.map { "\($0)\n" }.joined() } ?? mirror
    return "/media/mmcblk0p1/apks\n" + others
  }

  /// The first mirror as setup-apkrepos adds it; none where the release is not known. apk passes over a mirror that it
  /// has no index of, so that no network is no obstacle. Packages are signed, and a Pi without a clock has no use for
  /// TLS.
  private var mirror: String {
    guard let release else { return "" }
    let mirror = "http://dl-cdn.alpinelinux.org/alpine/\(release.branch)"
    return "\(mirror)/main\n#\(mirror)/community\n"
  }
}
