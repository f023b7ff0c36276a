// SPDX-License-Identifier: Apache-2.0
public import Entries

/// A directory of the RAM root whose content stays on the card.
public struct Persistence: Hashable, Sendable {
  /// How the directory gets its content back at boot. What lies on the data partition is named after its path.
  public enum Strategy: String, CaseIterable, Sendable {
    /// overlayfs: what is written lies in `overlay/PATH/upper`, what the RAM root has there shows through.
    case overlay
    /// The directory `PATH` of the data partition, mounted a second time.
    case bind
    /// An ext4 file system in the file `images/PATH.img`, mounted through a loop device.
    case file
    /// An ext4 file system on a partition of its own, found by its UUID.
    case partition
  }

  public let path: EntryPath
  public let strategy: Strategy

  /// - Parameter strategy: nil for `bind` where a container engine works, and `overlay` elsewhere.
  /// - Throws: `AlpineError.persistence` for a directory that the system itself lives in, and for one that the strategy
  ///   can't serve.
  public init(_ path: EntryPath, strategy: Strategy? = nil) throws(AlpineError) {
    let directory = Self(checked: path, strategy ?? Self.defaultStrategy(for: path))
    if let problem = directory.problem { throw .persistence(path: path.absolute, problem) }
    self = directory
  }

  /// Images, containers and volumes of Docker. Bound, since Docker's overlay2 can't stand on an overlay.
  public static let docker = Persistence(checked: EntryPath("var/lib/docker"), .bind)

  private init(checked path: EntryPath, _ strategy: Strategy) {
    self.path = path
    self.strategy = strategy
  }

  private static func defaultStrategy(for path: EntryPath) -> Strategy {
    engineDirectories.contains(where: path.isEqualOrBelow) ? .bind : .overlay
  }

  /// Where Docker, containerd and podman keep images and containers.
  static let engineDirectories = [
    EntryPath("var/lib/docker"), EntryPath("var/lib/containerd"), EntryPath("var/lib/containers"),
  ]

  /// All of /var, which holds more than what one service keeps.
  static let wholeVar = EntryPath("var")
}

extension EntryPath {
  /// As it is named in the RAM root, for people.
  var absolute: String { "/\(bytes.printable)" }
}
