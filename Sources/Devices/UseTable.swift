// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Who uses which disk or partition: mounts, swap, and devices that stand on others.
struct UseTable {
  /// Files that the kernel swaps to, with their paths.
  private(set) var swapFiles: [String] = []
  /// By the kernel's name.
  private var direct: [String: Set<DeviceUse>] = [:]
  private var system: [String: Set<String>] = [:]
  private let nodes: BlockNodes

  init(_ tree: SystemTree, _ nodes: BlockNodes) throws(DeviceError) {
    self.nodes = nodes
    let table = try MountTable(tree)
    for mount in table.mounts { add(mount) }
    for mount in table.systemMounts { addSystem(mount) }
    try addSwaps(tree)
    try addBtrfsMembers(tree)
    for node in nodes.nodes.values {
      for holder in nodes.holders(of: node.name) {
        direct[node.name, default: []].insert(.held(part: node.path, by: holder))
      }
    }
  }

  /// Of a disk and its partitions; of a loop device, also of what it is over.
  func uses(of disk: String) -> [DeviceUse] {
    let parts = [disk] + nodes.partitions(of: disk).map(\.name)
    return parts.flatMap(sortedUses) + usesBelow(disk)
  }

  func systemUses(of disk: String) -> [String] {
    let below = nodes.backing(of: disk).flatMap { system[$0.name] } ?? []
    return system[disk, default: []].union(below).sorted()
  }

  private func sortedUses(of name: String) -> [DeviceUse] {
    direct[name, default: []].sorted { $0.order < $1.order }
  }

  /// A loop device claims nothing, and what it is over may belong to others.
  private func usesBelow(_ loop: String) -> [DeviceUse] {
    guard let path = nodes.backingPath(of: loop) else { return [] }
    let uses: [DeviceUse]
    if let node = nodes.backing(of: loop) {
      let parts = nodes.partitions(of: node.name).map(\.name)
      uses = ([node.name] + parts + (node.disk == node.name ? [] : [node.disk])).flatMap(sortedUses)
    } else {
      uses =
        nodes.loops(over: path).map { .held(part: path, by: DeviceUse.Holder(.loop, $0)) }
        + (swapFiles.contains(path) ? [.swap(part: path)] : [])
    }
    return uses.filter { use in
      if case .held(_, DeviceUse.Holder(.loop, loop)) = use { false } else { true }
    }
  }
}

// MARK: Mounts

extension UseTable {
  private func node(of mount: Mount) -> BlockNodes.Node? {
    if mount.number.major != 0 { return nodes.node(mount.number) ?? nodes.node(atSource: mount.source) }
    return nodes.node(atSource: mount.source)
  }

  private mutating func add(_ mount: Mount) {
    guard let node = node(of: mount) else { return }
    direct[node.name, default: []].insert(.mounted(part: node.path, at: mount.point))
  }

  private mutating func addSystem(_ mount: Mount) {
    guard Self.isOfTheSystem(mount.point), let node = node(of: mount) else { return }
    addSystem(mount.point, node)
  }

  private mutating func addSystem(_ place: String, _ node: BlockNodes.Node) {
    for name in nodes.foundations(of: node.name) { system[name, default: []].insert(place) }
  }

  private static func isOfTheSystem(_ path: String) -> Bool {
    ["/", "/boot", "/usr", "/home", "/var"].contains(path) || path.hasPrefix("/boot/")
  }

  /// A btrfs of several devices shows one of them as its source.
  private mutating func addBtrfsMembers(_ tree: SystemTree) throws(DeviceError) {
    let directory = "/sys/fs/btrfs"
    do throws(FileFailure) {
      for identifier in try tree.names(in: directory) {
        let members = try tree.names(in: "\(directory)/\(identifier)/devices").compactMap { nodes.nodes[$0] }
        addBtrfs(identifier, members)
      }
    } catch {
      throw .unreadable(path: directory, number: error.number)
    }
  }

  private mutating func addBtrfs(_ identifier: String, _ members: [BlockNodes.Node]) {
    let places = members.reduce(into: Set<String>()) { $0.formUnion(mountPoints(of: $1.name)) }
    for member in members {
      for place in places {
        direct[member.name, default: []].insert(.mounted(part: member.path, at: place))
        if Self.isOfTheSystem(place) { addSystem(place, member) }
      }
      if places.isEmpty {
        let holder = DeviceUse.Holder(.btrfs, identifier)
        direct[member.name, default: []].insert(.held(part: member.path, by: holder))
      }
    }
  }

  private func mountPoints(of name: String) -> [String] {
    direct[name, default: []].compactMap { use in
      if case .mounted(_, let place) = use { place } else { nil }
    }
  }
}

// MARK: Swap

extension UseTable {
  /// Source: proc(5), "/proc/swaps". A kernel without swap has no such file.
  private mutating func addSwaps(_ tree: SystemTree) throws(DeviceError) {
    let path = "/proc/swaps"
    let lines: [String]
    do throws(FileFailure) { lines = try tree.lines(path) } catch {
      if error.number == ENOENT { return }
      throw .unreadable(path: path, number: error.number)
    }
    for line in lines.dropFirst() {
      guard let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else { continue }
      let swap = String(word).decodingOctalEscapes
      guard let node = nodes.node(atSource: swap) else {
        swapFiles.append(swap)
        continue
      }
      direct[node.name, default: []].insert(.swap(part: node.path))
      addSystem("swap", node)
    }
  }
}

extension DeviceUse {
  /// Mounts first, then swap, then holders, by name.
  fileprivate var order: String {
    switch self {
    case .mounted(_, let place): "0" + place
    case .swap: "1"
    case .held(_, let holder): "2" + holder.name
    }
  }
}
