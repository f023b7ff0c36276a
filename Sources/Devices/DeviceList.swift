// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Every disk of the machine with who uses it, read once: from sysfs, procfs and udev's database, which need no rights.
public struct DeviceList: Sendable {
  /// In the order of their names: empty readers, too, but nothing that has neither a medium nor a slot for one.
  public var devices: [Device] { all.filter { $0.byteCount > 0 || $0.isRemovable } }
  private let all: [Device]
  private let nodes: BlockNodes
  private let swapFiles: [String]
  private let tree: SystemTree

  /// - Throws: `unreadable`, `malformed` where the system's account of mounts, swap and disks can't be had whole.
  public init(_ tree: SystemTree = SystemTree()) throws(DeviceError) {
    self.tree = tree
    let nodes = try BlockNodes(tree)
    let uses = try UseTable(tree, nodes)
    let stablePaths = try StablePaths(tree)
    var devices: [Device] = []
    for name in nodes.disks {
      guard let node = nodes.nodes[name],
        var device = DeviceReader(tree, node).device(stablePaths: stablePaths.paths(of: name), nodes: nodes)
      else { continue }
      device.uses = uses.uses(of: name)
      device.systemUses = uses.systemUses(of: name)
      devices.append(device)
    }
    all = devices
    self.nodes = nodes
    swapFiles = uses.swapFiles
  }

  /// The disk with the number; nil where there is none.
  public subscript(number: DeviceNumber) -> Device? { all.first { $0.number == number } }
}

// MARK: What a path means

extension DeviceList {
  /// What a user names: a device's node or any link to it, or a regular file that is used as a card.
  ///
  /// - Throws: `notFound`, `notATarget`; `gone` for a node without a device.
  public func target(at path: String) throws(DeviceError) -> WriteTarget {
    let real: String
    do throws(FileFailure) { real = try tree.realPath(path) } catch {
      throw error.number == ENOENT
        ? .notFound(path: path) : .system(task: "look it up", path: path, number: error.number)
    }
    // A made-up tree has no nodes, only names.
    if !tree.isMachine, let node = nodes.node(named: path) { return try target(node, path) }
    guard let status = tree.status(real) else { throw .notFound(path: path) }
    if let number = status.deviceNumber {
      guard let node = nodes.node(number) else { throw .gone(path: path) }
      return try target(node, path).opened(at: tree.status(node.path)?.deviceNumber == number ? nil : real)
    }
    guard status.isRegularFile else { throw .notATarget(path: path, kind: status.kind) }
    guard !real.hasPrefix("/dev/") || real.hasPrefix("/dev/shm/") else {
      throw .notATarget(path: path, kind: .other)
    }
    return .file(
      CardFile(
        path: path, byteCount: status.byteCount, identity: status.fileIdentity,
        holders: nodes.loops(over: real).map { DeviceUse.Holder(.loop, $0) },
        isSwap: swapFiles.contains(real)))
  }

  private func target(_ node: BlockNodes.Node, _ path: String) throws(DeviceError) -> WriteTarget {
    guard let disk = nodes.nodes[node.disk], let device = self[disk.number] else { throw .gone(path: path) }
    return node.partitionNumber == nil ? .device(device) : .partition(path: node.path, of: device)
  }
}
