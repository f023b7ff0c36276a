// SPDX-License-Identifier: Apache-2.0
public import Blocks
internal import CLinux

/// A device or a file that is a card, open for writing and claimed: from here on its path has no meaning any more.
///
/// A device is open exclusively: nothing can mount it or its partitions meanwhile. Its lock keeps udev away. Both end
/// when this and every duplicate of its descriptor are gone.
public final class OpenDevice {
  /// What was opened, as it was looked at before.
  public let target: WriteTarget
  /// What was found on the open descriptor.
  public let identity: DeviceIdentity
  /// Of the descriptor, in bytes; not what sysfs said.
  public var byteCount: UInt64 { identity.byteCount }
  /// The unit that direct I/O is done in, in bytes; 512 for a file.
  public let logicalBlockSize: Int
  /// The unit that the device writes without reading first, in bytes; 4096 for a file.
  public let physicalBlockSize: Int
  public let file: FileDescriptor
  private let tree: SystemTree

  /// Opens, claims and locks, and makes sure that it is still what was looked at.
  ///
  /// - Parameter target: nothing refuses it, or the user has allowed it.
  /// - Throws: `permission`, `busy`, `locked`, `gone`, `changed`, `refused` for what is read-only or has no medium.
  public init(_ target: WriteTarget, in tree: SystemTree = SystemTree()) throws(DeviceError) {
    if case .partition(let path, let disk) = target {
      throw .refused([.partition(path: path, disk: disk.path)])
    }
    self.target = target
    self.tree = tree
    let file = try Self.open(target, tree)
    try Self.checkWritable(file, target)
    try Self.lock(file)
    let sizes = try Self.blockSizes(file, target)
    logicalBlockSize = sizes.logical
    physicalBlockSize = sizes.physical
    identity = try Self.identity(of: file, target, tree)
    self.file = file
    let expected = target.identity
    guard identity == expected else {
      throw .changed(path: target.path, expected: expected, found: identity)
    }
  }

  /// Looks once more: a card may be taken out and another put in while a question waits for its answer.
  ///
  /// - Throws: `changed`, `gone`.
  public func checkIdentity() throws(DeviceError) {
    if case .device = target { try Self.lookForMedium(target.path) }
    let found = try Self.identity(of: file, target, tree)
    guard found == identity else { throw .changed(path: target.path, expected: identity, found: found) }
  }

  /// What its queue likes; nothing is known of a file.
  public var queue: QueueLimits {
    if case .device(let device) = target { device.queue } else { QueueLimits() }
  }

  /// - Throws: `wrongTarget` where it isn't what the script means.
  public func check(_ identifier: TargetID) throws(DeviceError) {
    guard identifier.matches(identity) else {
      throw .wrongTarget(path: target.path, expected: identifier, found: identity)
    }
  }
}

// MARK: Opening

extension OpenDevice {
  private static func open(_ target: WriteTarget, _ tree: SystemTree) throws(DeviceError) -> FileDescriptor {
    let isDevice = if case .device = target { true } else { false }
    while true {
      let raw = unsafe linux_open(target.path, O_RDWR | (isDevice ? O_EXCL : 0), 0)
      if raw >= 0 { return FileDescriptor(owning: raw, path: target.path) }
      let number = linux_errno()
      if number != EINTR { throw failure(number, opening: target, tree) }
    }
  }

  private static func failure(_ number: CInt, opening target: WriteTarget, _ tree: SystemTree) -> DeviceError
  {
    switch number {
    case EACCES where isReadOnly(target), EPERM where isReadOnly(target), EROFS:
      .refused([.readOnly(path: target.path)])
    case EACCES, EPERM: .permission(path: target.path, rule: rule(target))
    case ENOMEDIUM: .refused([.noMedium(path: target.path)])
    case ENXIO, ENODEV, ENOENT: .gone(path: target.path)
    case EBUSY, ETXTBSY: .busy(path: target.path, uses: uses(of: target, tree))
    default: .system(task: "open it", path: target.path, number: number)
    }
  }

  private static func rule(_ target: WriteTarget) -> UdevRule? {
    if case .device(let device) = target { device.readerMatch.map { UdevRule(match: $0) } } else { nil }
  }

  private static func isReadOnly(_ target: WriteTarget) -> Bool {
    if case .device(let device) = target { device.isReadOnly } else { false }
  }

  /// Who has it now, as far as can be found.
  private static func uses(of target: WriteTarget, _ tree: SystemTree) -> [DeviceUse] {
    guard case .device(let device) = target else { return [] }
    do throws(DeviceError) { return try DeviceList(tree)[device.number]?.uses ?? [] } catch {
      return device.uses
    }
  }

  /// Some drivers let a read-only device be opened for writing, and refuse each write.
  private static func checkWritable(
    _ file: borrowing FileDescriptor, _ target: WriteTarget
  ) throws(DeviceError) {
    guard case .device = target else { return }
    var isReadOnly: CInt = 0
    guard unsafe linux_block_read_only(file.raw, &isReadOnly) == 0 else {
      throw failure("ask whether it is read-only", file)
    }
    if isReadOnly != 0 { throw .refused([.readOnly(path: file.path)]) }
  }

  /// udev holds the lock for some milliseconds while it probes what was just plugged in.
  private static func lock(_ file: borrowing FileDescriptor) throws(DeviceError) {
    for _ in 0..<40 {
      if flock(file.raw, LOCK_EX | LOCK_NB) == 0 { return }
      let number = linux_errno()
      guard number == EWOULDBLOCK || number == EINTR else {
        throw .system(task: "lock it", path: file.path, number: number)
      }
      usleep(50_000)
    }
    throw .locked(path: file.path)
  }
}

// MARK: What is open

extension OpenDevice {
  private static func blockSizes(
    _ file: borrowing FileDescriptor, _ target: WriteTarget
  ) throws(DeviceError) -> (logical: Int, physical: Int) {
    guard case .device = target else { return (512, 4096) }
    var logical: CInt = 0
    var physical: CUnsignedInt = 0
    guard unsafe linux_block_sizes(file.raw, &logical, &physical) == 0 else {
      throw failure("ask its block size", file)
    }
    return (Int(logical), Int(physical))
  }

  private static func identity(
    of file: borrowing FileDescriptor, _ target: WriteTarget, _ tree: SystemTree
  ) throws(DeviceError) -> DeviceIdentity {
    let status: FileStatus
    do throws(FileFailure) { status = try FileStatus(descriptor: file.raw) } catch {
      throw .system(task: "find out what it is", path: file.path, number: error.number)
    }
    guard let number = status.deviceNumber else {
      return DeviceIdentity(byteCount: status.byteCount, file: status.fileIdentity)
    }
    guard let device = try DeviceList(tree)[number] else { throw .gone(path: file.path) }
    var identity = device.identity
    guard unsafe linux_block_byte_count(file.raw, &identity.byteCount) == 0 else {
      throw failure("ask its size", file)
    }
    var sequence: UInt64 = 0
    if identity.sequence != nil, unsafe linux_disk_sequence(file.raw, &sequence) == 0 {
      identity.sequence = sequence
    }
    return identity
  }

  /// The kernel looks whether the medium has changed when a device is opened, whoever has it open besides.
  private static func lookForMedium(_ path: String) throws(DeviceError) {
    let raw = unsafe linux_open(path, O_RDONLY | O_NONBLOCK, 0)
    if raw >= 0 {
      close(raw)
      return
    }
    let number = linux_errno()
    throw [ENXIO, ENODEV, ENOENT, ENOMEDIUM].contains(number)
      ? .gone(path: path) : .system(task: "look for its medium", path: path, number: number)
  }

  private static func failure(_ task: String, _ file: borrowing FileDescriptor) -> DeviceError {
    let number = linux_errno()
    return [ENXIO, ENODEV, ENOMEDIUM].contains(number)
      ? .gone(path: file.path) : .system(task: task, path: file.path, number: number)
  }
}

// MARK: The partition table

extension OpenDevice {
  /// Who makes the new partitions appear.
  public enum Reread: Sendable {
    case done
    /// The kernel lets only root ask; udev does it when the device is closed.
    case leftToUdev
    /// A file, or a device without partitions.
    case notPartitionable
  }

  /// Lets the kernel read the partition table anew.
  ///
  /// - Throws: `tableInUse` where it keeps the old one.
  public func rereadPartitionTable() throws(DeviceError) -> Reread {
    guard case .device(let device) = target else { return .notPartitionable }
    if linux_reread_partitions(file.raw) == 0 { return .done }
    switch linux_errno() {
    case EACCES, EPERM: return .leftToUdev
    case EINVAL, ENOTTY: return .notPartitionable
    case EBUSY: throw .tableInUse(path: device.path, uses: Self.uses(of: target, tree))
    case ENXIO, ENODEV, ENOMEDIUM: throw .gone(path: device.path)
    case let number: throw .system(task: "reread its partition table", path: device.path, number: number)
    }
  }
}
