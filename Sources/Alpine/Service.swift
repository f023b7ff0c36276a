// SPDX-License-Identifier: Apache-2.0
import Entries

/// A service of OpenRC that starts in a runlevel.
public struct Service: Hashable, Sendable {
  public enum Runlevel: String, CaseIterable, Sendable {
    case sysinit
    case boot
    case `default`
    case shutdown
  }

  /// Of the script in /etc/init.d.
  public let name: String
  public let runlevel: Runlevel
  /// The link that puts the service into its runlevel.
  let linkPath: EntryPath

  /// - Throws: for a name that no script can have.
  public init(name: String, in runlevel: Runlevel) throws(SettingProblem) {
    let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
    guard isName, !name.hasPrefix("."), !name.hasPrefix("-") else {
      throw SettingProblem([], "\(Array(name.utf8).printable) is no name of a script in /etc/init.d")
    }
    self.name = name
    self.runlevel = runlevel
    linkPath = runlevel.directory.appending(EntryPath(composed: name))
  }

  init(_ name: StaticString, in runlevel: Runlevel) {
    self.name = name.description
    self.runlevel = runlevel
    linkPath = runlevel.directory.appending(EntryPath(name))
  }

  private static func services(_ names: [StaticString], in runlevel: Runlevel) -> [Service] {
    names.map { Service($0, in: runlevel) }
  }
}

extension Service.Runlevel {
  /// Where the links to its services lie.
  var directory: EntryPath {
    switch self {
    case .sysinit: EntryPath("etc/runlevels/sysinit")
    case .boot: EntryPath("etc/runlevels/boot")
    case .default: EntryPath("etc/runlevels/default")
    case .shutdown: EntryPath("etc/runlevels/shutdown")
    }
  }
}

extension Service {
  /// What a diskless system starts after setup-alpine: the services that mkinitfs's init adds where there is no
  /// overlay, those that setup-alpine and its companions add, and those that the settings name.
  ///
  /// Left out are firstboot, which takes an ssh key from the kernel's command line, then removes itself and so
  /// leaves a change to commit; and acpid, which setup-alpine adds only where there are input devices.
  ///
  /// - Parameter hasLocalScripts: whether there is anything in etc/local.d.
  ///
  /// Source: mkinitfs, initramfs-init; alpine-conf, setup-alpine, setup-ntp, setup-sshd, setup-keymap.
  static func diskless(
    _ release: Release?, _ settings: SystemSettings, hasLocalScripts: Bool = false
  ) -> [Service] {
    let removed = Set(settings.removedServices)
    let services =
      base(release).filter { !removed.contains($0.name) }
      + chosen(by: settings, hasLocalScripts: hasLocalScripts).filter { !removed.contains($0.name) }
      + settings.addedServices
    if settings.lbu.commitsFirstBoot { return services + [FirstCommit.service] }
    return services + (settings.isOnlineAtFirstBoot ? [FirstPackages.service] : [])
  }

  private static func base(_ release: Release?) -> [Service] {
    services(["devfs", "dmesg", "hwdrivers", "mdev", "modloop"], in: .sysinit)
      + services(["bootmisc", "hostname", "modules", "networking"], in: .boot)
      + [Service(randomSeed(release), in: .boot)]
      // A Pi has no clock of its own to read (hwclock).
      + services(["swclock", "sysctl", "syslog"], in: .boot)
      + services(["crond"], in: .default)
      + services(["killprocs", "mount-ro", "savecache"], in: .shutdown)
  }

  /// OpenRC has seedrng instead of urandom since 0.45, which came with Alpine 3.17.
  private static func randomSeed(_ release: Release?) -> StaticString {
    release?.isAtLeast(major: 3, minor: 17) ?? true ? "seedrng" : "urandom"
  }

  private static func chosen(by settings: SystemSettings, hasLocalScripts: Bool) -> [Service] {
    var services: [Service] = []
    switch settings.timeService {
    case .chrony: services.append(Service("chronyd", in: .default))
    case .openntpd: services.append(Service("openntpd", in: .default))
    case .busybox: services.append(Service("ntpd", in: .default))
    case .none: break
    }
    if settings.sshServer != nil { services.append(Service("sshd", in: .default)) }
    if settings.keymap != nil { services.append(Service("loadkmap", in: .boot)) }
    if hasLocalScripts { services.append(Service("local", in: .default)) }
    return services
  }
}
