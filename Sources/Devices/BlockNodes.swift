// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Every block device in sysfs, by the kernel's name, and which stands on which.
struct BlockNodes {
  struct Node {
    /// "sda1"; in sysfs a ! stands where the path has a slash.
    let name: String
    let number: DeviceNumber
    /// In sysfs.
    let directory: String
    /// The whole disk: itself, or the one that it is a partition of.
    let disk: String
    /// Which partition of the disk it is.
    let partitionNumber: Int?

    var path: String { "/dev/" + name.replacing("!", with: "/") }
  }

  private(set) var nodes: [String: Node] = [:]
  /// Names of whole disks, loop2 before loop10.
  private(set) var disks: [String] = []
  private var names: [DeviceNumber: String] = [:]
  /// What a device is made of, or is a part of.
  private var parents: [String: Set<String>] = [:]
  private let tree: SystemTree

  init(_ tree: SystemTree) throws(DeviceError) {
    self.tree = tree
    let directory = "/sys/block"
    guard tree.exists(directory) else { throw .unreadable(path: directory, number: ENOENT) }
    do throws(FileFailure) {
      for name in try tree.names(in: directory) { try addDisk(name, directory + "/" + name) }
    } catch {
      throw .unreadable(path: directory, number: error.number)
    }
    disks.sort { $0.isBefore($1) }
    addBackingDevices()
  }

  /// A device without a number has just gone.
  private mutating func addDisk(_ name: String, _ directory: String) throws(FileFailure) {
    guard let number = tree.attribute(directory + "/dev").flatMap({ DeviceNumber($0) }) else { return }
    add(Node(name: name, number: number, directory: directory, disk: name, partitionNumber: nil))
    disks.append(name)
    parents[name, default: []].formUnion(try tree.names(in: directory + "/slaves"))
    try addHolders(name, directory)
    for part in try tree.names(in: directory) where part.hasPrefix(name) {
      let below = directory + "/" + part
      guard let index: Int = tree.number(below + "/partition"),
        let number = tree.attribute(below + "/dev").flatMap({ DeviceNumber($0) })
      else { continue }
      add(Node(name: part, number: number, directory: below, disk: name, partitionNumber: index))
      parents[part, default: []].insert(name)
      try addHolders(part, below)
    }
  }

  private mutating func addHolders(_ name: String, _ directory: String) throws(FileFailure) {
    for holder in try tree.names(in: directory + "/holders") { parents[holder, default: []].insert(name) }
  }

  private mutating func add(_ node: Node) {
    nodes[node.name] = node
    names[node.number] = node.name
  }

  /// A loop device over a device is no holder in sysfs; over a file it stands on nothing that isn't mounted.
  private mutating func addBackingDevices() {
    for name in disks {
      if let backing = backing(of: name) { parents[name, default: []].insert(backing.name) }
    }
  }

  /// What a loop device is over. Nil for anything else.
  func backingPath(of name: String) -> String? {
    nodes[name].flatMap { tree.attribute($0.directory + "/loop/backing_file") }
  }

  /// The device that a loop device is over. Nil where that is a file.
  func backing(of name: String) -> Node? { backingPath(of: name).flatMap { node(atSource: $0) } }

  /// The loop devices over what has the path.
  func loops(over path: String) -> [String] { disks.filter { backingPath(of: $0) == path } }
}

// MARK: Looking up

extension BlockNodes {
  func node(_ number: DeviceNumber) -> Node? { names[number].flatMap { nodes[$0] } }

  /// The device that a mount, a swap or a loop device names: by its node, or where that is out of sight, by its name.
  func node(atSource path: String) -> Node? {
    // What lies elsewhere may be on a server that doesn't answer.
    guard path.hasPrefix("/dev/") else { return nil }
    return node(atNode: path) ?? node(named: path)
  }

  /// By the number of the node that has the path.
  func node(atNode path: String) -> Node? {
    guard let status = tree.status(path), let number = status.deviceNumber else { return nil }
    return node(number)
  }

  /// By the name behind /dev/, links followed as far as they lead.
  func node(named path: String) -> Node? {
    let real: String
    do throws(FileFailure) { real = try tree.realPath(path) } catch { real = path }
    guard real.hasPrefix("/dev/") else { return nil }
    return nodes[String(real.dropFirst("/dev/".count).replacing("/", with: "!"))]
  }

  /// In the order of their numbers.
  func partitions(of disk: String) -> [Node] {
    nodes.values.filter { $0.disk == disk && $0.partitionNumber != nil }
      .sorted { ($0.partitionNumber ?? 0) < ($1.partitionNumber ?? 0) }
  }

  /// The device itself, all that it is made of and all that those are part of.
  func foundations(of name: String) -> Set<String> {
    var found: Set<String> = [name]
    var open = [name]
    while let next = open.popLast() {
      for parent in parents[next, default: []] where found.insert(parent).inserted { open.append(parent) }
    }
    return found
  }

  /// What stands on a device, directly.
  func holders(of name: String) -> [DeviceUse.Holder] {
    parents.filter { $0.value.contains(name) && nodes[$0.key]?.partitionNumber == nil }
      .map { holder($0.key) }.sorted { $0.name < $1.name }
  }

  private func holder(_ name: String) -> DeviceUse.Holder {
    guard let node = nodes[name] else { return DeviceUse.Holder(.other, name) }
    if name.hasPrefix("dm-") {
      let kind: DeviceUse.Holder.Kind =
        switch tree.attribute(node.directory + "/dm/uuid") {
        case let uuid? where uuid.hasPrefix("LVM-"): .logicalVolume
        case let uuid? where uuid.hasPrefix("CRYPT-"): .encryption
        default: .deviceMapper
        }
      return DeviceUse.Holder(kind, tree.attribute(node.directory + "/dm/name") ?? name)
    }
    if name.hasPrefix("md") { return DeviceUse.Holder(.raid, name) }
    if name.hasPrefix("bcache") { return DeviceUse.Holder(.bcache, name) }
    return DeviceUse.Holder(name.hasPrefix("loop") ? .loop : .other, name)
  }
}

extension String {
  /// The order of names in which numbers count as such.
  fileprivate func isBefore(_ other: String) -> Bool {
    let (stem, otherStem) = (trimmingNumber, other.trimmingNumber)
    guard stem == otherStem else { return stem < otherStem }
    return (utf8.count, self) < (other.utf8.count, other)
  }

  private var trimmingNumber: Substring {
    self[..<(lastIndex { !$0.isNumber }.map(index(after:)) ?? startIndex)]
  }
}
