// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// One line of a mountinfo. Source: proc(5), "/proc/pid/mountinfo".
///
/// Read here and not through libmount: a line is eleven words, and the mounts of every namespace that can be seen are
/// hundreds of such files, of which only number, source and mount point matter.
struct Mount: Hashable {
  /// Of the file system; its major is 0 where the file system has no single device of its own, as btrfs.
  let number: DeviceNumber
  /// "/dev/sda1", or whatever the file system calls it.
  let source: String
  let point: String

  init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count > 6, let number = DeviceNumber(words[2]),
      let end = words[6...].firstIndex(of: "-"), words.count > end + 2
    else { return nil }
    self.number = number
    point = String(words[4]).decodingOctalEscapes
    source = String(words[end + 2]).decodingOctalEscapes
  }
}

/// What is mounted, in every mount namespace that this user can see.
struct MountTable {
  private(set) var mounts: Set<Mount> = []
  /// Those that this process and the first one see.
  private(set) var systemMounts: Set<Mount> = []

  init(_ tree: SystemTree) throws(DeviceError) {
    var namespaces: Set<String> = []
    systemMounts = try Self.read(tree, process: "self", &namespaces)
    mounts = systemMounts
    for process in try Self.processes(tree) {
      let found: Set<Mount>
      do throws(FileFailure) { found = try Self.readOther(tree, process, &namespaces) } catch {
        // Gone meanwhile, or another user's.
        continue
      }
      mounts.formUnion(found)
      if process == "1" { systemMounts.formUnion(found) }
    }
  }

  private static func processes(_ tree: SystemTree) throws(DeviceError) -> [String] {
    do throws(FileFailure) { return try tree.names(in: "/proc").filter { UInt32($0) != nil } } catch {
      throw .unreadable(path: "/proc", number: error.number)
    }
  }

  private static func read(
    _ tree: SystemTree, process: String, _ namespaces: inout Set<String>
  ) throws(DeviceError) -> Set<Mount> {
    let path = "/proc/\(process)/mountinfo"
    if let namespace = tree.link("/proc/\(process)/ns/mnt") { namespaces.insert(namespace) }
    let lines: [String]
    do throws(FileFailure) { lines = try tree.lines(path) } catch {
      throw .unreadable(path: path, number: error.number)
    }
    var mounts: Set<Mount> = []
    for line in lines {
      guard let mount = Mount(line: line) else { throw .malformed(path: path, line: line) }
      mounts.insert(mount)
    }
    return mounts
  }

  /// The mounts of a process in a namespace that was not read yet.
  private static func readOther(
    _ tree: SystemTree, _ process: String, _ namespaces: inout Set<String>
  ) throws(FileFailure) -> Set<Mount> {
    if let namespace = tree.link("/proc/\(process)/ns/mnt"), !namespaces.insert(namespace).inserted {
      return []
    }
    return Set(try tree.lines("/proc/\(process)/mountinfo").compactMap { Mount(line: $0) })
  }
}
