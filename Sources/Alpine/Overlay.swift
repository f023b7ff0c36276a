// SPDX-License-Identifier: Apache-2.0
public import Entries

/// The settings of a diskless system: what `lbu commit` would have saved after setup-alpine, setup-lbu and
/// setup-apkcache, with the values that these ask for.
///
/// Source: alpine-conf, the setup scripts and lbu; mkinitfs, initramfs-init, for who reads it.
public struct Overlay: Equatable, Sendable {
  public var hostname: Hostname
  /// UUID of the file system on the data partition, as blkid writes it.
  public var dataPartitionUUID: String
  /// How many old commits lbu keeps; nil keeps it at none, as in lbu.conf by default.
  public var backupLimit: Int?
  /// The release that is booted; nil where it is not known, and then etc/apk/arch is left out.
  public let release: Release?
  /// Packages that init installs, besides what they need.
  public var world: [String]
  public var persistence: [Persistence]
  /// UUIDs of the file systems of persistent directories that have a partition of their own, each of which must be here.
  public var partitionUUIDs: [EntryPath: String]
  /// Of every file. No later than the release: a Pi's clock starts from it, and lbu looks for what is newer.
  public var time: Timestamp

  /// Name below /media where the data partition is mounted.
  public static let media = "mmcblk0p2"

  /// Packages of every release since 3.13: a clock that is set over the network, and a way in.
  public static let defaultWorld = ["alpine-base", "chrony", "openssh"]

  public init(
    hostname: Hostname, dataPartitionUUID: String, release: Release?, world: [String] = defaultWorld,
    persistence: [Persistence] = [.docker], partitionUUIDs: [EntryPath: String] = [:], time: Timestamp
  ) {
    self.hostname = hostname
    self.dataPartitionUUID = dataPartitionUUID
    self.release = release
    self.world = world
    self.persistence = persistence
    self.partitionUUIDs = partitionUUIDs
    self.time = time
  }

  /// What starts at boot: what a diskless system needs, and the services of the packages in `world`.
  public var services: [Service] { Service.diskless(release, world: world) }

  /// What the data partition's root must hold it as, and nothing else that ends like it.
  public var fileName: String { "\(hostname.overlayPath)" }

  /// Adds every entry, directories before what is in them; does not finish.
  public func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    try tree.write(to: &writer)
  }

  /// The apkovl: a tar, deflated by zlib at a fixed level, the same bytes on every machine.
  public func archive() throws(AlpineError) -> [UInt8] {
    try tree.compressedTar()
  }
}

extension Overlay {
  private static let mountPoint = EntryPath(composed: "media/\(media)")

  private var tree: FileTree {
    var tree = FileTree(time: time)
    tree.addFile(EntryPath("etc/hostname"), "\(hostname)\n")
    tree.addFile(EntryPath("etc/hosts"), hosts)
    tree.addFile(EntryPath("etc/network/interfaces"), Self.interfaces)
    tree.addFile(EntryPath("etc/fstab"), fstab)
    tree.addFile(EntryPath("etc/lbu/lbu.conf"), lbuConfiguration)
    if persistence.contains(where: { !$0.modules.isEmpty }) {
      tree.addFile(EntryPath("etc/modules"), modules)
    }
    addPackageSettings(to: &tree)
    addRunlevels(to: &tree)
    return tree
  }

  /// Source: hosts(5); setup-alpine, which puts the host before the names that are there.
  private var hosts: String {
    let names = hostname.firstLabel == hostname.name ? hostname.name : "\(hostname) \(hostname.firstLabel)"
    return """
      127.0.0.1\t\(names) localhost.localdomain localhost
      ::1\t\tlocalhost localhost.localdomain

      """
  }

  /// Source: interfaces(5).
  private static var interfaces: String {
    """
    auto lo
    iface lo inet loopback

    auto eth0
    iface eth0 inet dhcp

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

  /// The lines that alpine-baselayout has there, and what persistent directories take. Read before fstab's file systems
  /// are mounted, when the modloop is there.
  ///
  /// Source: OpenRC, the services modules and localmount.
  private var modules: String {
    let added = Set(persistence.flatMap(\.modules)).sorted()
    return (["af_packet", "ipv6"] + added).map { "\($0)\n" }.joined()
  }

  private var lbuConfiguration: String {
    """
    # Where "lbu commit" keeps the settings: a name below /media.
    LBU_MEDIA="\(Self.media)"

    # How many earlier commits stay beside the last one.
    \(backupLimit.map { "BACKUP_LIMIT=\($0)" } ?? "#BACKUP_LIMIT=3")

    # The cipher of "lbu commit -e", and how to have every commit encrypted.
    #DEFAULT_CIPHER=aes-256-cbc
    #ENCRYPTION=$DEFAULT_CIPHER

    """
  }

  private func addPackageSettings(to tree: inout FileTree) {
    tree.addFile(EntryPath("etc/apk/world"), Set(world).sorted().map { "\($0)\n" }.joined())
    tree.addFile(EntryPath("etc/apk/repositories"), repositories)
    tree.addLink(EntryPath("etc/apk/cache"), to: "/media/\(Self.media)/cache")
    if let release { tree.addFile(EntryPath("etc/apk/arch"), "\(release.architecture)\n") }
  }

  /// What the card brings, then the first mirror as setup-apkrepos adds it. apk passes over a mirror that it has no
  /// index of, so that no network is no obstacle. Packages are signed, and a Pi without a clock has no use for TLS.
  private var repositories: String {
    let card = "/media/mmcblk0p1/apks\n"
    guard let release else { return card }
    let mirror = "http://dl-cdn.alpinelinux.org/alpine/\(release.branch)"
    return card + "\(mirror)/main\n#\(mirror)/community\n"
  }

  private func addRunlevels(to tree: inout FileTree) {
    for runlevel in Service.Runlevel.allCases { tree.addDirectory(runlevel.directory) }
    for service in services { tree.addLink(service.linkPath, to: "/etc/init.d/\(service.name)") }
  }
}
