// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// Why devices could not be listed, or one could not be opened or told anything of.
public enum DeviceError: Error, Equatable, Sendable {
  /// The system's own account can't be read: sysfs or the table of mounts. Nothing is safe to write without it.
  case unreadable(path: String, number: CInt)
  /// A line of a table of the kernel's is not of the known form.
  case malformed(path: String, line: String)
  /// Nothing has the path.
  case notFound(path: String)
  /// The path leads to something that is neither a block device nor a regular file, or to a regular file among the nodes
  /// of devices.
  case notATarget(path: String, kind: BlockError.FileKind)
  /// Not written to, for one or more reasons.
  case refused([Refusal])
  /// The user may not open it. `rule` would change that; nil where no rule can know the reader.
  case permission(path: String, rule: UdevRule?)
  /// Another program or the kernel has it, `uses` says who, as far as can be found.
  case busy(path: String, uses: [DeviceUse])
  /// Another program holds its lock: one that writes it, or udev, for longer than it ever takes.
  case locked(path: String)
  /// The device went away.
  case gone(path: String)
  /// What was opened is not what was looked at.
  case changed(path: String, expected: DeviceIdentity, found: DeviceIdentity)
  /// It is not what `--target-id` says.
  case wrongTarget(path: String, expected: TargetID, found: DeviceIdentity)
  /// The kernel still uses the old partition table, as something uses a partition.
  case tableInUse(path: String, uses: [DeviceUse])
  /// A system call or a library failed with `number` (errno) while doing what `task` says.
  case system(task: String, path: String, number: CInt)
}

extension DeviceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let number):
      "\(path): cannot read: \(BlockError.text(ofErrno: number)); without it no device is safe to write"
    case .malformed(let path, let line):
      "\(path): a line is not as this version knows it: \(line.printable); without it no device is safe to write"
    case .notFound(let path):
      "\(path.printable): there is no such device or file; cairn devices lists the devices"
    case .notATarget(let path, .other):
      "\(path.printable): is no device, though it lies among them; cairn devices lists the devices"
    case .notATarget(let path, let kind):
      "\(path.printable): is \(kind.rawValue); name a card's device or a file; cairn devices lists the devices"
    case .refused(let refusals): refusals.first.map { "\($0)" } ?? "refused"
    case .permission(let path, nil):
      "\(path.printable): you may not write to it; whoever administers the machine can let you"
    case .permission(let path, _?):
      "\(path.printable): you may not write to it; a udev rule for its reader lets you"
    case .busy(let path, let uses):
      uses.refusals.first.map { "\($0)" } ?? "\(path.printable): is in use by another program; end that first"
    case .locked(let path):
      "\(path.printable): another program holds its lock, and may be writing to it; wait for that, or end it"
    case .gone(let path): "\(path.printable): the device is gone; put the card in again"
    case .changed(let path, let expected, let found):
      "\(path.printable): is another device by now: \(found), not \(expected); start again"
    case .wrongTarget(let path, let expected, let found):
      "\(path.printable): is not \(expected.text.printable): it is \(found); nothing was written"
    case .tableInUse(let path, let uses):
      "\(path.printable): the kernel keeps the old partition table"
        + (uses.refusals.first.map { ", as \($0)" } ?? "; put the card in again")
    case .system(let task, let path, let number):
      "\(path.printable): cannot \(task): \(BlockError.text(ofErrno: number))"
    }
  }
}
