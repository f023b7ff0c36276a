// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// mkinitfs's own initramfs-init among what it needs, all from the release: packages, keys, and the drivers of qemu's
/// machine from the modloop.
///
/// Two things are ours: a stand-in for nlplug-findfs, which can't be built here, and an agent, which goes along into
/// the RAM root.
struct PiInitramfs {
  /// A release with a kernel for qemu's arm64 machine.
  static let archive = ProcessInfo.processInfo.environment["CAIRN_TEST_RELEASE"]
  /// Checkouts of mkinitfs: initramfs-init.in, passwd, group, fstab.
  static let checkouts =
    ProcessInfo.processInfo.environment["CAIRN_TEST_MKINITFS"]?.split(separator: ":").map(String.init) ?? []
  private static let unsquashfs = ForeignTool("unsquashfs")
  private static let tar = ForeignTool("tar")

  static var isPossible: Bool {
    archive != nil && !checkouts.isEmpty && Initramfs.isPossible && unsquashfs.isInstalled && tar.isInstalled
  }

  var path: String { scratch.path("initramfs") }
  /// The release, unpacked.
  private var release: String { scratch.path("release") }

  private let scratch: TemporaryDirectory
  private let tree: Initramfs

  init(checkout: String) throws {
    scratch = try TemporaryDirectory()
    tree = try Initramfs(root: scratch.path("root"))
    try FileManager.default.createDirectory(atPath: release, withIntermediateDirectories: true)
    try Self.tar.succeed("-xf", Self.archive ?? "", "-C", release)
    try addPackages()
    try addDrivers()
    try addInit(of: checkout)
    try addOurs()
    try tree.pack(to: path)
    try FileManager.default.removeItem(atPath: release)
  }
}

// What goes into the initramfs.
extension PiInitramfs {
  private static let packages = ["alpine-keys", "apk-tools", "busybox", "musl"]
  /// What apk is linked to, as the releases name it.
  private static let libraries = [
    "libapk2", "libcrypto1.1", "libcrypto3", "libssl1.1", "libssl3", "zlib",
  ]

  private func addPackages() throws {
    let directory = release + "/apks/aarch64"
    let files = try FileManager.default.contentsOfDirectory(atPath: directory)
    for name in Self.packages + Self.libraries {
      let file = files.first { file in
        file.hasPrefix("\(name)-") && file.dropFirst(name.count + 1).first?.isNumber == true
      }
      guard let file else {
        if Self.libraries.contains(name) { continue }
        throw MachineFailure("no package \(name) in the release")
      }
      try Self.tar.succeed("-xzf", "\(directory)/\(file)", "-C", tree.root)
    }
  }

  /// What the real initramfs has for a Pi, and what qemu's machine has instead of a Pi's devices. Some are built into
  /// some kernels. Others, such as overlay, must come from the modloop.
  private static let drivers = [
    "sdhci-pci", "mmc_block", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "ext4",
    "crc32c_generic", "loop", "squashfs", "virtio_pci", "virtio_console",
  ]

  private func addDrivers() throws {
    let boot = release + "/boot"
    let images = try FileManager.default.contentsOfDirectory(atPath: boot).filter {
      $0.hasPrefix("modloop-")
    }
    guard let image = images.min() else { throw MachineFailure("no modloop in the release") }
    let modloop = scratch.path("modloop")
    try Self.unsquashfs.succeed(
      "-f", "-d", modloop, "\(boot)/\(image)", "modules/*/modules.dep", "modules/*/modules.alias")
    guard let version = try FileManager.default.contentsOfDirectory(atPath: "\(modloop)/modules").first else {
      throw MachineFailure("no modules in \(image)")
    }
    let list = try String(contentsOfFile: "\(modloop)/modules/\(version)/modules.dep", encoding: .utf8)
    for file in Self.files(list: list) {
      try Self.unsquashfs.succeed("-f", "-d", modloop, "\(boot)/\(image)", "modules/\(version)/\(file)")
    }
    try tree.add("\(modloop)/modules", as: "/lib/modules")
  }

  /// The drivers' files and those that they depend on. A line of the list is "FILE: FILE FILE", where depmod has
  /// followed dependencies to their end.
  private static func files(list: String) -> Set<String> {
    list.split(separator: "\n").reduce(into: []) { files, line in
      let words = line.split(whereSeparator: { $0 == ":" || $0 == " " }).map(String.init)
      let name = words[0].split(separator: "/").last?.prefix { $0 != "." } ?? ""
      if drivers.contains(String(name)) { files.formUnion(words) }
    }
  }

  private func addInit(of checkout: String) throws {
    let text = try String(contentsOfFile: checkout + "/initramfs-init.in", encoding: .utf8)
      .replacingOccurrences(of: "@VERSION@", with: "under test")
    let calls = ["exec /bin/busybox switch_root ", "exec switch_root "]
    let redirected = calls.reduce(text) {
      $0.replacingOccurrences(of: $1, with: "exec /sbin/switch-root-with-agent ")
    }
    guard redirected != text else { throw MachineFailure("initramfs-init calls no switch_root") }
    try tree.addScript(redirected, as: "/initramfs-init")
    // Names of owners in the apkovl are looked up here.
    for name in ["passwd", "group", "fstab"] { try tree.add("\(checkout)/\(name)", as: "/etc/\(name)") }
  }

  private func addOurs() throws {
    try tree.addScript(Self.start, as: "/init")
    try tree.addScript(Self.findfs, as: "/sbin/nlplug-findfs")
    try tree.addScript(Self.switchRoot, as: "/sbin/switch-root-with-agent")
    try tree.addScript(Self.startAgent, as: "/agent/start")
    try tree.addScript(Self.agent, as: "/agent/agent")
  }

  /// Lets initramfs-init talk to the serial line, which is no console of the kernel's: it would get a line in inittab.
  private static let start = """
    #!/bin/busybox sh
    /bin/busybox mknod /serial c 204 64
    exec /bin/sh /initramfs-init </serial >/serial 2>&1

    """

  /// Does for one SD card what nlplug-findfs does for every device: loads drivers, mounts read-only, looks for
  /// repositories and apkovls one level below, and unmounts what has neither.
  private static let findfs = """
    #!/bin/sh
    while getopts a:b:c:Ddf:H:hk:m:no:p:t:U: option; do
      case $option in
      a) overlays=$OPTARG ;;
      b) repositories=$OPTARG ;;
      esac
    done
    for driver in \(drivers.joined(separator: " ")); do modprobe -q $driver; done
    tries=0
    until [ -b /dev/mmcblk0 ] || [ $tries = 60 ]; do sleep 0.5; tries=$((tries + 1)); done
    sleep 1
    for device in /dev/mmcblk0*; do
      type=$(blkid $device | sed -n 's/.* TYPE="\\([^"]*\\)".*/\\1/p')
      [ -n "$type" ] || continue
      directory=/media/${device##*/}
      mkdir -p $directory
      mount -r -t $type $device $directory || continue
      found=
      for entry in $(find $directory -mindepth 1 -maxdepth 1); do
        if [ -d $entry ]; then
          if [ -e $entry/.boot_repository ]; then found=1; echo $entry >>$repositories; fi
        else
          case ${entry##*/} in *.apkovl.tar.gz*) found=1; echo $entry >>$overlays ;; esac
        fi
      done
      [ -n "$found" ] || umount $directory
    done
    [ -s "$repositories" ]

    """

  /// In the place of `switch_root [-c CONSOLE] ROOT INIT`.
  private static let switchRoot = """
    #!/bin/sh
    [ "$1" != -c ] || shift 2
    root=$1
    shift
    cp -a /agent $root/agent
    exec /bin/busybox switch_root $root /agent/start "$@"

    """

  /// The first process of the RAM root, and then the real init: the console is the serial line for all that follows.
  private static let startAgent = """
    #!/bin/sh
    mknod /agent/serial c 204 64
    mount -o bind /agent/serial /dev/console
    setsid /agent/agent </dev/null >/agent/serial 2>&1 &
    exec "$@" </dev/console >/dev/console 2>&1

    """

  /// A line in is a command in base64, a line out its status and its output in base64.
  private static let agent = """
    #!/bin/sh
    export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    cd /
    exec 3<>"$(echo /dev/vport*)"
    while read -r line <&3; do
      sh -c "$(echo "$line" | base64 -d)" </dev/null >/agent/output 2>&1 3>&-
      echo "$? $(base64 /agent/output | tr -d '\\n')" >&3
    done

    """
}
