// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Entries

/// Which of the extended attributes of a file belong to its content rather than to the machine that it lies on.
///
/// Left out are the security labels of the machine's own policy (security.selinux, security.SMACK64, …), what is
/// signed for its kernel (security.ima, security.evm) and what one file system alone has (system.nfs4_acl, …).
///
/// Source: xattr(7).
enum AttributeSelection {
  static func contains(_ name: [UInt8]) -> Bool {
    prefixes.contains { name.starts(with: $0.utf8) } || names.contains { name.elementsEqual($0.utf8) }
  }

  private static let prefixes = ["user.", "trusted."]
  private static let names = [
    "security.capability", "system.posix_acl_access", "system.posix_acl_default",
  ]
}

extension TreeFile {
  /// The selected attributes of this file, by their names' bytes.
  ///
  /// One that the caller may not read, or that has gone meanwhile, is passed over; trusted.* is shown to root alone.
  func attributes(through buffer: inout ReadBuffer) throws(TreeFailure) -> [Entry.ExtendedAttribute] {
    try AttributeHolder.open(descriptor).attributes(through: &buffer)
  }

  /// The same for what has the name in this directory and can't be opened: a link, a device, a FIFO, a socket.
  ///
  /// These calls have no form that is relative to a directory: without /proc there are no attributes.
  func attributes(
    of name: [CChar], through buffer: inout ReadBuffer
  ) throws(TreeFailure) -> [Entry.ExtendedAttribute] {
    let directory = "/proc/self/fd/\(descriptor)/".utf8.map { CChar(bitPattern: $0) }
    do throws(TreeFailure) {
      return try AttributeHolder.path(directory + name).attributes(through: &buffer)
    } catch {
      if error.isGone { return [] }
      throw error
    }
  }
}

/// What has attributes, as the system is told of it.
private enum AttributeHolder {
  case open(CInt)
  /// With a NUL at its end; a link is not followed.
  case path([CChar])

  func attributes(through buffer: inout ReadBuffer) throws(TreeFailure) -> [Entry.ExtendedAttribute] {
    var attributes: [Entry.ExtendedAttribute] = []
    for name in try names(through: &buffer) where AttributeSelection.contains(name) {
      guard let value = try value(of: name, through: &buffer) else { continue }
      attributes.append(.init(name: name, value: value))
    }
    return attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// Asks how long the list is first: nearly every file has none.
  private func names(through buffer: inout ReadBuffer) throws(TreeFailure) -> [[UInt8]] {
    let byteCount = try Self.ifAny { () throws(TreeFailure) in
      try calling(for: .readAttributes) { unsafe list(nil, 0) }
    }
    guard byteCount ?? 0 > 0 else { return [] }
    return try unsafe Self.read(through: &buffer) { unsafe list($0, $1) }?
      .split(separator: 0).map(Array.init) ?? []
  }

  private func value(
    of name: [UInt8], through buffer: inout ReadBuffer
  ) throws(TreeFailure) -> [UInt8]? {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    return try unsafe Self.read(through: &buffer) { memory, byteCount in
      switch self {
      case .open(let descriptor): unsafe fgetxattr(descriptor, name, memory, byteCount)
      case .path(let path): unsafe lgetxattr(path, name, memory, byteCount)
      }
    }
  }

  private func list(_ memory: UnsafeMutableRawPointer?, _ byteCount: Int) -> Int {
    let list = unsafe memory?.assumingMemoryBound(to: CChar.self)
    return switch self {
    case .open(let descriptor): unsafe flistxattr(descriptor, list, byteCount)
    case .path(let path): unsafe llistxattr(path, list, byteCount)
    }
  }

  /// The buffer is larger than any list and any value, which have 64 KiB at most.
  private static func read(
    through buffer: inout ReadBuffer, by call: (UnsafeMutableRawPointer, Int) -> Int
  ) throws(TreeFailure) -> [UInt8]? {
    try ifAny { () throws(TreeFailure) in
      let count = try unsafe buffer.fill(for: .readAttributes, by: call)
      return buffer.bytes(0..<count).copy(0..<count)
    }
  }

  /// Nil for what isn't there, or isn't for the caller.
  private static func ifAny<Value>(
    _ read: () throws(TreeFailure) -> Value
  ) throws(TreeFailure) -> Value? {
    do throws(TreeFailure) { return try read() } catch {
      switch error {
      case .system(_, ENODATA), .system(_, EOPNOTSUPP), .system(_, EPERM), .system(_, EACCES): return nil
      default: throw error
      }
    }
  }
}
