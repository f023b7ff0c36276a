// SPDX-License-Identifier: Apache-2.0
public import Entries

/// The settings of a diskless system: what `lbu commit` would have saved after setup-alpine, setup-lbu and
/// setup-apkcache, with the answers of `SystemSettings`.
///
/// Source: alpine-conf, the setup scripts and lbu; mkinitfs, initramfs-init, for who reads it.
public struct Overlay: Equatable, Sendable {
  public var hostname: Hostname
  /// UUID of the file system on the data partition, as blkid writes it.
  public var dataPartitionUUID: String
  /// The release that is booted; nil where it is not known, and then etc/apk/arch is left out.
  public let release: Release?
  public var settings: SystemSettings
  public var persistence: [Persistence]
  /// UUIDs of the file systems of persistent directories that have a partition of their own, each of which must be here.
  public var partitionUUIDs: [EntryPath: String]
  /// What comes along besides; it takes the place of what the settings make of the same path.
  public var files: OverlayFiles
  /// Of every file; `earliestTime` where there is no reason for another one.
  public var time: Timestamp

  /// Before all that a Pi's clock can show: the first second of 1980, which every file system can hold.
  ///
  /// A Pi without a network starts from the day when OpenRC's package was built, months before the release. Then
  /// `lbu status` passes over changes to files that are newer than the change, and lbu prunes its backups by their
  /// names, which hold the time of the apkovl: one from the future would stay and displace those that count.
  ///
  /// Source: OpenRC, swclock; alpine-conf, lbu.
  public static let earliestTime = Timestamp(seconds: 315_532_800)

  /// Name below /media where the data partition is mounted.
  public static let media = "mmcblk0p2"

  /// Packages of every release since 3.13: a clock that is set over the network, and a way in.
  public static var defaultWorld: [String] { SystemSettings().world }

  public init(
    hostname: Hostname, dataPartitionUUID: String, release: Release?,
    settings: SystemSettings = SystemSettings(), persistence: [Persistence] = [.docker],
    partitionUUIDs: [EntryPath: String] = [:], files: OverlayFiles = OverlayFiles(), time: Timestamp
  ) {
    self.hostname = hostname
    self.dataPartitionUUID = dataPartitionUUID
    self.release = release
    self.settings = settings
    self.persistence = persistence
    self.partitionUUIDs = partitionUUIDs
    self.files = files
    self.time = time
  }

  /// Packages that init installs, besides what they need.
  public var world: [String] { settings.world }

  /// What starts at boot: what a diskless system needs, and what the settings choose.
  public var services: [Service] {
    Service.diskless(
      release, settings,
      hasLocalScripts: !settings.localScripts.isEmpty
        || files.paths.contains { $0.parent == Self.localScripts })
  }

  /// What the data partition's root must hold it as, and nothing else that ends like it.
  public var fileName: String { "\(hostname.overlayPath)" }

  /// Adds every entry, directories before what is in them; does not finish.
  ///
  /// The settings must have no problems, see `SystemSettings.problems()`.
  public func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    precondition(settings.problems().isEmpty, "settings that can't be")
    try tree.write(to: &writer)
  }

  /// The apkovl: a tar, deflated by zlib at a fixed level, the same bytes on every machine.
  ///
  /// - Throws: `settings` with all that is wrong with them; `overlayFile`, where one is in another's way.
  public func archive() throws(AlpineError) -> [UInt8] {
    let problems = settings.problems()
    guard problems.isEmpty else { throw .settings(problems) }
    let tree = tree
    if let (path, child) = tree.obstruction { throw .overlayFile(path, .inTheWay(of: child)) }
    return try tree.compressedTar()
  }
}

extension Overlay {
  static let mountPoint = EntryPath(composed: "media/\(media)")
  private static let localScripts = EntryPath("etc/local.d")

  var tree: FileTree {
    var tree = FileTree(time: time)
    addNames(to: &tree)
    addNetwork(to: &tree)
    addAccounts(to: &tree)
    addServer(to: &tree)
    addPackageSettings(to: &tree)
    addTimeAndKeyboard(to: &tree)
    tree.addFile(EntryPath("etc/fstab"), fstab)
    addModules(to: &tree)
    for script in settings.localScripts { tree.addFile(script, in: Self.localScripts, mode: 0o755) }
    addRunlevels(to: &tree)
    addCommitSettings(to: &tree)
    return tree
  }

  private func addNames(to tree: inout FileTree) {
    tree.addFile(EntryPath("etc/hostname"), "\(hostname)\n")
    tree.addFile(EntryPath("etc/hosts"), hosts)
  }

  /// Source: hosts(5); setup-alpine, which puts the host before the names that are there.
  private var hosts: String {
    let names = hostname.firstLabel == hostname.name ? hostname.name : "\(hostname) \(hostname.firstLabel)"
    return """
      127.0.0.1\t\(names) localhost.localdomain localhost
      ::1\t\tlocalhost localhost.localdomain

      """
  }

  /// The distribution's own lines, the data partition, then what lies on it: mounted in this order.
  ///
  /// By its UUID the data partition is found in a USB reader, too, where init moves it to the same place.
  private var fstab: [UInt8] {
    let lines = """
      /dev/cdrom\t/media/cdrom\tiso9660\tnoauto,ro 0 0
      /dev/usbdisk\t/media/usb\tvfat\tnoauto,ro 0 0
      UUID=\(dataPartitionUUID)\t/media/\(Self.media)\text4\trw,relatime 0 0

      """
    return persistence.reduce(into: Array(lines.utf8)) {
      $0 += $1.fstabLine(dataPartitionAt: Self.mountPoint, uuid: partitionUUIDs[$1.path])
    }
  }

  /// The link is what setup-timezone -i leaves: a copy of the zone, its other way, would have to be taken out of the
  /// package before it is installed. The same with the keymap.
  ///
  /// Source: alpine-conf, setup-timezone, setup-keymap; aports, main/openrc, loadkmap.initd.
  private func addTimeAndKeyboard(to tree: inout FileTree) {
    if let zone = settings.zone {
      tree.addLink(EntryPath("etc/localtime"), to: "/usr/share/zoneinfo/\(zone)")
    }
    if let keymap = settings.keymap {
      let path = "/usr/share/bkeymaps/\(keymap.layout)/\(keymap.variant).bmap.gz"
      tree.addFile(EntryPath("etc/conf.d/loadkmap"), "KEYMAP=\(path)\n")
    }
  }

  /// The two modules of alpine-baselayout, whose file this one hides; what persistent directories take; what is asked
  /// for. Read before fstab's file systems are mounted, when the modloop is there.
  ///
  /// Source: aports, main/alpine-baselayout, APKBUILD; OpenRC, the services modules and localmount.
  private func addModules(to tree: inout FileTree) {
    let base = ["af_packet", "ipv6"] + Set(persistence.flatMap(\.modules)).sorted()
    let modules = base + settings.modules.filter { !base.contains($0) }
    guard modules.count > 2 else { return }
    tree.addFile(EntryPath("etc/modules"), modules.map { "\($0)\n" }.joined())
  }

  private func addRunlevels(to tree: inout FileTree) {
    for runlevel in Service.Runlevel.allCases { tree.addDirectory(runlevel.directory) }
    for service in services { tree.addLink(service.linkPath, to: "/etc/init.d/\(service.name)") }
  }
}

extension FileTree {
  /// Adds a file of the settings, whose name has been checked.
  mutating func addFile(
    _ file: SystemSettings.NamedFile, in directory: EntryPath, mode: UInt16 = 0o644
  ) {
    addFile(directory.appending(EntryPath(composed: file.name)), file.bytes, mode: mode)
  }
}
