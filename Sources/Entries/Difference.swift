// SPDX-License-Identifier: Apache-2.0

/// Something about a path that is not the same in the source and on the volume.
public struct Difference: Equatable, Sendable {
  public var path: EntryPath
  public var kind: Kind

  public init(_ path: EntryPath, _ kind: Kind) {
    self.path = path
    self.kind = kind
  }

  public enum Kind: Equatable, Sendable {
    /// The volume does not have it.
    case missing
    /// The source does not have it; nor anything that lies below it.
    case extra
    case fileType(source: FileType, volume: FileType)
    case mode(source: UInt16, volume: UInt16)
    case owner(source: Entry.Owner, volume: Entry.Owner)
    case modificationTime(source: Timestamp, volume: Timestamp)
    case size(source: UInt64, volume: UInt64)
    /// Of the same size; `offset` is the first byte that is another one.
    case content(offset: UInt64)
    case linkTarget(source: [UInt8], volume: [UInt8])
    case deviceNumber(source: DeviceNumber, volume: DeviceNumber)
    /// An extended attribute that the volume does not have.
    case missingAttribute(name: [UInt8])
    /// An extended attribute that the source does not have.
    case extraAttribute(name: [UInt8])
    /// An extended attribute of another value.
    case attributeValue(name: [UInt8])
    /// Another name of the same file in the source, and not on the volume.
    case notLinked(to: EntryPath)
    /// A file of its own in the source, and on the volume another name of that one.
    case linked(to: EntryPath)
    /// The volume is damaged there: `reason` is what its reader says.
    case unreadable(reason: String)
  }

  public enum FileType: String, Sendable {
    case directory = "a directory"
    case regular = "a file"
    case symbolicLink = "a symbolic link"
    case characterDevice = "a character device"
    case blockDevice = "a block device"
    case fifo = "a FIFO"
    case socket = "a socket"
  }

  public struct DeviceNumber: Equatable, Sendable {
    public var major: UInt32
    public var minor: UInt32

    public init(major: UInt32, minor: UInt32) {
      self.major = major
      self.minor = minor
    }
  }
}

extension Difference: CustomStringConvertible {
  /// One line: `etc/passwd: mode 0644 in the source, 0755 on the volume`.
  public var description: String { "\(path): \(kind)" }
}

extension Difference.Kind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing: "missing on the volume"
    case .extra: "not in the source"
    case .fileType(let source, let volume): Self.sides(source.rawValue, volume.rawValue)
    case .mode(let source, let volume): "mode " + Self.sides(Self.octal(source), Self.octal(volume))
    case .owner(let source, let volume):
      "owner " + Self.sides("\(source.user):\(source.group)", "\(volume.user):\(volume.group)")
    case .modificationTime(let source, let volume):
      "modification time " + Self.sides(Self.seconds(source), Self.seconds(volume))
    case .size(let source, let volume): Self.sides("\(source) bytes", "\(volume)")
    case .content(let offset): "content differs from byte \(offset) on"
    case .linkTarget(let source, let volume): "leads to " + Self.sides(source.printable, volume.printable)
    case .deviceNumber(let source, let volume):
      "device " + Self.sides("\(source.major):\(source.minor)", "\(volume.major):\(volume.minor)")
    case .missingAttribute(let name): "extended attribute \(name.printable) is missing on the volume"
    case .extraAttribute(let name): "extended attribute \(name.printable) is not in the source"
    case .attributeValue(let name): "extended attribute \(name.printable) has another value on the volume"
    case .notLinked(let target):
      Self.sides("a hard link to \(target)", "a file of its own")
    case .unreadable(let reason): "can't be read on the volume: \(reason)"
    case .linked(let target): Self.sides("a file of its own", "a hard link to \(target)")
    }
  }

  private static func sides(_ source: String, _ volume: String) -> String {
    "\(source) in the source, \(volume) on the volume"
  }

  private static func octal(_ mode: UInt16) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(4 - digits.count, 0)) + digits
  }

  /// Seconds since 1970, with as many decimals as tell the moment.
  private static func seconds(_ time: Timestamp) -> String {
    guard time.nanoseconds > 0 else { return "\(time.seconds)" }
    let isBefore = time.seconds < 0
    let whole = isBefore ? (time.seconds + 1).magnitude : time.seconds.magnitude
    var digits = "\(isBefore ? 1_000_000_000 - time.nanoseconds : time.nanoseconds)"
    digits = String(repeating: "0", count: max(9 - digits.count, 0)) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(isBefore ? "-" : "")\(whole).\(digits)"
  }
}

extension Entry.Kind {
  /// Nil for a hard link, which is whatever the other name is.
  var fileType: Difference.FileType? {
    switch self {
    case .directory: .directory
    case .regular: .regular
    case .symbolicLink: .symbolicLink
    case .characterDevice: .characterDevice
    case .blockDevice: .blockDevice
    case .fifo: .fifo
    case .socket: .socket
    case .hardLink: nil
    }
  }
}
