// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What can be wrong in a tar.
public enum TarProblem: Error, Equatable, Sendable {
  /// What a number is for.
  public enum Field: String, Sendable {
    case mode
    case user = "user ID"
    case group = "group ID"
    case size
    case modificationTime = "modification time"
    case device = "device number"
    case sparse = "map of data"
  }

  /// The first block is no header.
  case notTar
  /// The archive ends within a header or within an entry.
  case truncated
  /// The archive ends behind an entry: not one of the two blocks of zeros is there.
  case missingEnd
  /// Something follows the blocks of zeros.
  case trailingBytes
  /// The header's sum doesn't fit it.
  case checksum
  case malformedNumber(Field)
  case numberTooLarge(Field)
  /// A PAX record is not "length keyword=value\n", or its value is none.
  case malformedRecord(keyword: [UInt8])
  /// PAX records or a long name take more than `limit` bytes, or a map more than `limit` ranges.
  case extensionTooLarge(limit: Int)
  /// PAX records or a long name, and no entry that they are for.
  case loneExtension
  case emptyName
  case unsafePath(EntryPathError)
  case unsafeLinkTarget(EntryPathError)
  /// A link whose target is empty or has a NUL in it.
  case malformedLinkTarget
  /// Something else than a directory has the path of the root.
  case rootIsNoDirectory
  /// A type that neither POSIX nor GNU tar define, or one that they have for incremental dumps.
  case unknownType(UInt8)
  /// The archive is one part of several.
  case multiVolume
  /// Ranges that overlap, run backwards, lie beyond the end or don't add up to what is stored.
  case malformedSparseMap
}

extension TarProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notTar: "not a tar archive, neither plain nor compressed in a known way"
    case .truncated: "the archive ends in the middle of it; fetch it again"
    case .missingEnd: "the archive ends without the blocks of zeros that close it; fetch it again"
    case .trailingBytes: "something follows the end of the archive"
    case .checksum: "damaged header: the checksum doesn't fit"
    case .malformedNumber(let field): "damaged header: the \(field.rawValue) is not a number"
    case .numberTooLarge(let field): "the \(field.rawValue) is out of range"
    case .malformedRecord(let keyword): "damaged PAX record \"\(keyword.printable)\""
    case .extensionTooLarge(let limit): "more than \(limit) bytes or ranges in an extended header"
    case .loneExtension: "an extended header without an entry"
    case .emptyName: "an entry without a name"
    case .unsafePath(let error): "the path \(error.description)"
    case .unsafeLinkTarget(let error): "the target of the link \(error.description)"
    case .malformedLinkTarget: "the target of the link is empty or has a NUL in it"
    case .rootIsNoDirectory: "the root of the archive is not a directory"
    case .unknownType(let byte): "entry of unknown type \"\([byte].printable)\""
    case .multiVolume: "one part of an archive in several volumes; join them first"
    case .malformedSparseMap: "the map of the sparse file's data contradicts itself"
    }
  }
}

/// A problem and its place.
struct TarFailure: Error, Equatable {
  /// Of the header, or of what stands in its place, in the uncompressed stream.
  var offset: UInt64
  /// The entry's path as the archive has it, where it is known.
  var name: [UInt8]?
  var problem: TarProblem
}
