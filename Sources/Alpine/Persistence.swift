// SPDX-License-Identifier: Apache-2.0
public import Entries

/// A directory of the RAM root whose content stays on the data partition.
public struct Persistence: Equatable, Sendable {
  /// How the directory gets its content back at boot.
  public enum Strategy: String, CaseIterable, Sendable {
    /// A directory of the data partition, mounted there a second time.
    case bind
  }

  public let path: EntryPath
  public let strategy: Strategy

  /// - Throws: `AlpineError.persistence` for a directory that the system itself lives in.
  public init(_ path: EntryPath, strategy: Strategy = .bind) throws(AlpineError) {
    if let problem = Self.problem(path) { throw .persistence(path: "/\(path.bytes.printable)", problem) }
    self.init(checked: path, strategy)
  }

  /// Images, containers and volumes of Docker. Bound, since Docker's overlay2 can't stand on an overlay.
  public static let docker = Persistence(checked: EntryPath("var/lib/docker"), .bind)

  private init(checked path: EntryPath, _ strategy: Strategy) {
    self.path = path
    self.strategy = strategy
  }
}

/// What makes a directory unfit to be persistent.
public enum PersistenceProblem: Equatable, Sendable {
  /// Packages and services keep there what belongs to the RAM root.
  case holdsSystem
  /// lbu keeps it already.
  case keptByLBU
  /// The kernel or the boot mounts something else there.
  case mountedOtherwise
}

extension PersistenceProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .holdsSystem: "holds files of the system, which would be hidden; name a directory further below"
    case .keptByLBU: "is what \"lbu commit\" keeps; leave it out"
    case .mountedOtherwise: "is mounted by the system itself; name another one"
    }
  }
}

extension Persistence {
  /// Mode of the directory: what the package that owns it makes it with.
  private var mode: UInt16 {
    switch path {
    case EntryPath("var/lib/docker"): 0o710
    case EntryPath("var/lib/containerd"), EntryPath("var/lib/containers"): 0o700
    default: 0o755
    }
  }

  /// Makes the directories that the data partition must hold for it, at the same path as in the root.
  func addDirectories(to tree: inout FileTree) {
    switch strategy {
    case .bind: tree.addDirectory(path, mode: mode)
    }
  }

  /// The line of etc/fstab, to stand after that of the data partition, which is mounted at `mountPoint`.
  ///
  /// Source: fstab(5); mount(8), "Bind mount operation".
  func fstabLine(dataPartitionAt mountPoint: EntryPath) -> [UInt8] {
    let target = Self.fstabField(path)
    return switch strategy {
    case .bind:
      Self.fstabField(mountPoint.appending(path)) + tab + target + tab + Array("none\tbind 0 0\n".utf8)
    }
  }

  private var tab: [UInt8] { [UInt8(ascii: "\t")] }

  /// Absolute, what would end the field or begin a comment as three octal digits.
  private static func fstabField(_ path: EntryPath) -> [UInt8] {
    path.bytes.reduce(into: [UInt8(ascii: "/")]) { field, byte in
      switch byte {
      case UInt8(ascii: " "): field += Array(#"\040"#.utf8)
      case UInt8(ascii: "\t"): field += Array(#"\011"#.utf8)
      case UInt8(ascii: "\n"): field += Array(#"\012"#.utf8)
      case UInt8(ascii: "\\"): field += Array(#"\134"#.utf8)
      case UInt8(ascii: "#"): field += Array(#"\043"#.utf8)
      default: field.append(byte)
      }
    }
  }

  private static func problem(_ path: EntryPath) -> PersistenceProblem? {
    let names = path.names.map { String(decoding: $0, as: UTF8.self) }
    return switch (names.first, names.count) {
    case (nil, _), ("bin", _), ("boot", _), ("lib", _), ("sbin", _), ("usr", 1...2), ("var", 1): .holdsSystem
    case ("var", 2) where ["cache", "lib", "spool"].contains(names[1]): .holdsSystem
    case ("var", 2...) where ["lock", "run"].contains(names[1]): .mountedOtherwise
    case ("etc", _): .keptByLBU
    case ("dev", _), ("media", _), ("proc", _), ("run", _), ("sys", _), ("tmp", _): .mountedOtherwise
    default: nil
    }
  }
}
