// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A Linux of Debian's in qemu, without KVM: mounts volumes with its own vfat and packs what it sees into tars.
struct VirtualLinux {
  /// A kernel package of Debian's, `linux-image-VERSION-amd64_….deb`, or the directory that it was unpacked to.
  private static let package = ProcessInfo.processInfo.environment["CAIRN_TEST_KERNEL"]
  private static let qemu = ForeignTool("qemu-system-x86_64")
  private static let busybox = ["/bin/busybox", "/usr/bin/busybox"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  static var isPossible: Bool {
    let tools = [qemu, ForeignTool("cpio"), ForeignTool("dpkg-deb"), ForeignTool("timeout")]
    return package != nil && busybox != nil && tools.allSatisfy(\.isInstalled)
  }

  private let scratch: TemporaryDirectory
  private let kernel: String

  /// Unpacks the kernel, and packs what the machine needs to boot.
  init(in scratch: TemporaryDirectory) throws {
    self.scratch = scratch
    guard var package = Self.package, let busybox = Self.busybox else { throw Failure(text: "not installed") }
    if package.hasSuffix(".deb") {
      try Self.run("dpkg-deb", "-x", package, scratch.path("kernel"))
      package = scratch.path("kernel")
    }
    let files = try FileManager.default.subpathsOfDirectory(atPath: package)
    guard let kernel = files.first(where: { $0.hasPrefix("boot/vmlinuz-") }) else {
      throw Failure(text: "no kernel in \(package)")
    }
    self.kernel = package + "/" + kernel
    for directory in ["bin", "modules", "mnt", "dev"] {
      try FileManager.default.createDirectory(
        atPath: scratch.path("root/\(directory)"), withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(atPath: busybox, toPath: scratch.path("root/bin/busybox"))
    for file in files where Self.isNeeded(module: file) {
      let name = String(file.split(separator: "/").last ?? "")
      try FileManager.default.copyItem(
        atPath: package + "/" + file, toPath: scratch.path("root/modules/\(name)"))
    }
  }

  /// Disks, and vfat with the character sets of its names. Some are built into some kernels.
  private static func isNeeded(module path: String) -> Bool {
    let names = [
      "virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk",
      "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "fat", "vfat",
    ]
    let file = path.split(separator: "/").last ?? ""
    return file.contains(".ko") && names.contains(String(file.prefix { $0 != "." }))
  }

  /// Boots once and packs each volume.
  ///
  /// - Parameter volumes: image files, at most 12: the machine has 32 slots, and each takes two.
  /// - Returns: the tars, and what the kernel had to say.
  func pack(_ volumes: [String]) throws -> (tars: [String], console: String) {
    let tars = volumes.indices.map { scratch.path("\($0).tar") }
    for tar in tars {
      try Data().write(to: URL(fileURLWithPath: tar))
      truncate(tar, 256 << 20)
    }
    try writeInitramfs(volumeCount: volumes.count)
    let drives = zip(volumes, tars).flatMap { volume, tar in
      [
        "-drive", "file=\(volume),format=raw,if=virtio,readonly=on",
        "-drive", "file=\(tar),format=raw,if=virtio",
      ]
    }
    let machine = [
      "-machine", "pc,accel=tcg", "-m", "512", "-nodefaults", "-display", "none", "-serial", "stdio",
      "-no-reboot",
    ]
    let boot = [
      "-kernel", kernel, "-initrd", scratch.path("initramfs"),
      "-append", "console=ttyS0 loglevel=5 panic=-1",
    ]
    let result = try ForeignTool("timeout").run(["600", Self.qemu.name] + machine + boot + drives)
    guard result.status == 0 else { throw Failure(text: result.text + result.errors) }
    return (tars, result.text)
  }

  private func writeInitramfs(volumeCount: Int) throws {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let packing = (0..<volumeCount).map { "pack \($0) \(letters[2 * $0]) \(letters[2 * $0 + 1])\n" }
    // A few rounds over the modules, as some need others: what is there already is refused.
    let script = """
      #!/bin/busybox sh
      /bin/busybox --install -s /bin
      mount -t devtmpfs none /dev
      for round in 1 2 3 4 5; do for module in /modules/*; do insmod $module; done; done 2>/dev/null
      pack() {
        mount -t vfat -o ro,utf8=1,tz=UTC /dev/vd$2 /mnt && tar -cf /dev/vd$3 -C /mnt . && umount /mnt &&
          echo "packed volume $1"
      }
      \(packing.joined())
      poweroff -f

      """
    let path = scratch.path("root/init")
    try Data(script.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    let root = scratch.path("root")
    let names = try FileManager.default.subpathsOfDirectory(atPath: root).map { $0 + "\n" }
    let archive = try ForeignTool("cpio").run(
      ["-o", "-H", "newc", "-D", root], input: Data(names.joined().utf8))
    guard archive.status == 0 else { throw Failure(text: archive.errors) }
    try archive.output.write(to: URL(fileURLWithPath: scratch.path("initramfs")))
  }

  private static func run(_ tool: String, _ arguments: String...) throws {
    let result = try ForeignTool(tool).run(arguments)
    guard result.status == 0 else { throw Failure(text: "\(tool): \(result.errors)") }
  }

  struct Failure: Error { let text: String }
}
