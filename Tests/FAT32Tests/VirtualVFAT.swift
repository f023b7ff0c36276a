// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// Linux's own vfat in a machine of its own: mounts volumes and packs what it sees into tars.
struct VirtualVFAT {
  private let scratch: TemporaryDirectory
  private let machine: VirtualLinux

  /// vfat, and the character sets of its names.
  private static let modules = ["nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "fat", "vfat"]

  init(in scratch: TemporaryDirectory) throws {
    self.scratch = scratch
    machine = try VirtualLinux(in: scratch, modules: Self.modules)
  }

  /// Boots once and packs each volume.
  ///
  /// - Parameter volumes: image files, at most 12: each takes two disks.
  /// - Returns: the tars, and what the kernel had to say.
  func pack(_ volumes: [String]) throws -> (tars: [String], console: String) {
    let tars = volumes.indices.map { scratch.path("\($0).tar") }
    for tar in tars {
      try Data().write(to: URL(fileURLWithPath: tar))
      truncate(tar, 256 << 20)
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let packing = volumes.indices.map { "pack \($0) \(letters[2 * $0]) \(letters[2 * $0 + 1])\n" }
    let script = """
      pack() {
        mount -t vfat -o ro,utf8=1,tz=UTC /dev/vd$2 /mnt && tar -cf /dev/vd$3 -C /mnt . && umount /mnt &&
          echo "packed volume $1"
      }
      \(packing.joined())
      """
    let disks = zip(volumes, tars).flatMap { volume, tar in
      [VirtualLinux.Disk(volume, isReadOnly: true), VirtualLinux.Disk(tar)]
    }
    return (tars, try machine.run(script, disks: disks))
  }
}
