// SPDX-License-Identifier: Apache-2.0
public import Entries

/// How a diskless system is set up: what setup-alpine and its companions ask for, with the answers that suit a Pi that
/// nobody sits in front of.
public struct SystemSettings: Equatable, Sendable {
  /// Name of a zone of the tz database, such as "Europe/Vienna"; nil is UTC.
  public var timezone: String?
  /// Keyboard layout and variant as setup-keymap takes them; nil leaves the kernel's.
  public var keymap: Keymap?
  /// Besides lo; by default eth0 by DHCP.
  public var interfaces: [NetworkInterface] = [.dhcp("eth0")]
  /// Addresses for etc/resolv.conf, for interfaces that learn none by DHCP.
  public var nameservers: [String] = []
  public var searchDomain: String?
  public var timeService = TimeService.chrony
  public var sshServer: SSHServer? = SSHServer()
  /// Nil: locked where something else lets somebody in, else Alpine's own, which is none: the console asks for none, and
  /// nobody comes in over the network.
  public var rootPassword: Password?
  /// Public keys that may log in as root, a line each, as in authorized_keys.
  public var rootKeys: [String] = []
  public var users: [User] = []
  /// Packages beside those that the settings need.
  public var packages: [String] = []
  /// Whether the first boot has a network, and installs over it what the card lacks of the packages.
  public var isOnlineAtFirstBoot = false
  /// More services, and those that are not to start.
  public var addedServices: [Service] = []
  public var removedServices: [String] = []
  /// Kernel modules to load, for etc/modules.
  public var modules: [String] = []
  /// Repositories behind the card's own; nil is the release's main on the first mirror.
  public var repositories: [String]?
  /// Keys of repositories that are not Alpine's own.
  public var repositoryKeys: [NamedFile] = []
  public var lbu = LBUSettings()
  public var boot = BootSettings()
  /// Scripts for etc/local.d, run at the end of the boot in the order of their names, which end in ".start".
  public var localScripts: [NamedFile] = []

  public init() {}

  public struct Keymap: Equatable, Sendable {
    public var layout: String
    public var variant: String

    public init(layout: String, variant: String) {
      self.layout = layout
      self.variant = variant
    }
  }

  /// What sets the clock, which a Pi has none of.
  public enum TimeService: String, CaseIterable, Sendable {
    case chrony, openntpd, busybox, none
  }

  /// What lets a user in.
  public enum Password: Equatable, Sendable {
    /// Nothing; keys do.
    case locked
    /// As in shadow(5): "$6$…".
    case hash(String)
  }

  public struct SSHServer: Equatable, Sendable {
    public var allowsPasswords = false
    public var allowsRoot = true
    public var port: UInt16 = 22
    /// Private and public host keys, by their names below etc/ssh. Without them sshd makes its own at the first boot.
    public var hostKeys: [NamedFile] = []

    public init() {}
  }

  public struct User: Equatable, Sendable {
    public var name: String
    /// 1000 and up in the order of the users where nil.
    public var id: UInt32?
    /// Beside the user's own.
    public var groups: [String] = []
    public var password = Password.locked
    public var keys: [String] = []
    /// May do anything by doas, without a password where there is none.
    public var isAdministrator = false
    public var shell = "/bin/ash"

    public init(name: String) { self.name = name }
  }

  public struct NetworkInterface: Equatable, Sendable {
    public var name: String
    public var addresses: [Addressing]

    public init(name: String, addresses: [Addressing]) {
      self.name = name
      self.addresses = addresses
    }

    public static func dhcp(_ name: String) -> NetworkInterface {
      NetworkInterface(name: name, addresses: [.dhcp])
    }

    public enum Addressing: Equatable, Sendable {
      case dhcp
      /// Address with prefix length ("192.168.1.5/24", "fd00::5/64"), and the gateway.
      case fixed(address: String, gateway: String?)
      /// IPv6 by router advertisement.
      case automatic
    }
  }

  public struct LBUSettings: Equatable, Sendable {
    /// How many earlier commits stay; nil keeps none.
    public var backupLimit: Int?
    /// Paths outside etc that a commit keeps, beside /home, /root/.ssh and what the overlay brings.
    public var includes: [EntryPath] = []
    /// Paths in etc that it leaves out.
    public var excludes: [EntryPath] = []
    /// Whether the first good boot commits by itself, so that users that packages added and host keys stay.
    public var commitsFirstBoot = true

    public init() {}
  }

  /// A small file with a name of its own and no path.
  public struct NamedFile: Equatable, Sendable {
    public var name: String
    public var bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }
}
