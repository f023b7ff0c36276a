// SPDX-License-Identifier: Apache-2.0

/// A file, a directory or whatever else has a name, without its bytes.
public struct Entry: Equatable, Sendable {
  public var path: EntryPath
  public var kind: Kind
  /// Permissions with set-user-ID, set-group-ID and sticky: the low twelve bits of st_mode.
  public var mode: UInt16
  public var owner: Owner
  public var modificationTime: Timestamp
  /// Extended attributes with their full names ("user.note"), in the order in which they came.
  public var extendedAttributes: [ExtendedAttribute]

  public init(
    _ path: EntryPath, _ kind: Kind, mode: UInt16, owner: Owner = .root, modificationTime: Timestamp,
    extendedAttributes: [ExtendedAttribute] = []
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.owner = owner
    self.modificationTime = modificationTime
    self.extendedAttributes = extendedAttributes
  }

  public enum Kind: Equatable, Sendable {
    case directory
    case regular(Content)
    /// The bytes of the link, as they are.
    case symbolicLink(target: [UInt8])
    /// Another name of an earlier entry of the same stream.
    case hardLink(to: EntryPath)
    case characterDevice(major: UInt32, minor: UInt32)
    case blockDevice(major: UInt32, minor: UInt32)
    case fifo
    case socket
  }

  /// The shape of a regular file's content. The bytes themselves come from the reader.
  public struct Content: Equatable, Sendable {
    /// Bytes that the file has to whoever reads it.
    public var size: UInt64
    /// Where bytes lie in a sparse file: ascending, apart, within `size`; the rest reads as zero. Only the
    /// bytes of these ranges come from the reader, one range behind the other. Nil where all of it comes.
    public var dataRanges: [Range<UInt64>]?

    public init(size: UInt64, dataRanges: [Range<UInt64>]? = nil) {
      self.size = size
      self.dataRanges = dataRanges
    }

    /// Bytes that come from the reader.
    public var storedByteCount: UInt64 {
      dataRanges?.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } ?? size
    }
  }

  public struct Owner: Hashable, Sendable {
    public var user: UInt32
    public var group: UInt32

    public init(user: UInt32, group: UInt32) {
      self.user = user
      self.group = group
    }

    public static let root = Owner(user: 0, group: 0)

    /// "USER:GROUP", each a number or "root": other names mean something else on every machine. Nil for any other text.
    public init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(Self.number)
      guard parts.count == 2, let user = parts[0], let group = parts[1] else { return nil }
      self.init(user: user, group: group)
    }

    private static func number(_ text: Substring) -> UInt32? {
      if text == "root" { return 0 }
      return text.hasPrefix("+") ? nil : UInt32(text)
    }
  }

  public struct ExtendedAttribute: Equatable, Sendable {
    public var name: [UInt8]
    public var value: [UInt8]

    public init(name: [UInt8], value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }
}

/// A moment, counted from 1970-01-01 00:00:00 UTC without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Whole seconds, rounded down: negative before 1970.
  public var seconds: Int64
  /// 0 to 999,999,999, added to the seconds.
  public var nanoseconds: UInt32

  public init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}
