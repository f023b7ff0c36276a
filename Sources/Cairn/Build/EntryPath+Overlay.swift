// SPDX-License-Identifier: Apache-2.0
internal import Entries

extension EntryPath {
  private static let overlaySuffix = Array(".apkovl.tar.gz".utf8)

  /// Whether a diskless system would look for its settings in it. Source: mkinitfs, initramfs-init.
  var isOverlay: Bool {
    bytes.last == UInt8(ascii: "z") && bytes.suffix(Self.overlaySuffix.count) == Self.overlaySuffix[...]
      && name.count == bytes.count
  }
}
