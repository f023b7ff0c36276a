// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Entries

/// What is wrong with an archive that is read, or what one that is written can't hold.
public enum ArchiveError: Error, Equatable, Sendable {
  /// What was tried when the system said no.
  public enum Operation: String, Sendable {
    case open, read, examine
    case startThread = "start a thread to read"
    case list = "list the directory"
    case readLink = "read where the link leads"
    case readAttributes = "read the extended attributes"
  }

  /// A system call on the archive at `path`, or on what lies in a directory tree at `path`, failed with `number`
  /// (errno).
  case system(Operation, path: String, number: CInt)
  /// What lies in a directory tree at `path` changed while it was read.
  case changed(path: String, Change)
  /// The archive at `path` is no proper tar at `offset` of its uncompressed bytes, where the header of `entry` begins.
  /// `entry` is the path as the archive has it; nil between entries and where none is known.
  case tar(path: String, offset: UInt64, entry: [UInt8]?, TarProblem)
  /// The archive at `path` can't be decompressed at about `offset` of the file, in the middle of `entry`; nil where
  /// none had begun.
  case compressed(Compression, path: String, offset: UInt64, entry: [UInt8]?, CompressionProblem)
  /// A line of the device table at `path` can't be read, or does not fit what it is for. Line 0 is the whole of it.
  case deviceTable(path: String, line: Int, DeviceTableProblem)
  /// A compression library could not be set up: memory, or a filter that it was built without.
  case library(operation: String, message: String)
  /// The sink failed.
  case sink(SinkError)

  /// The writer got `byteCount` bytes of content where the entry promised `expected`.
  case contentSize(EntryPath, byteCount: UInt64, expected: UInt64)
  /// The writer got a second entry of the same path.
  case duplicate(EntryPath)
  /// The writer got a hard link to something that has not come before.
  case missingLinkTarget(EntryPath, target: EntryPath)
  /// The writer got an entry that has no place in a tar.
  case unrepresentable(EntryPath, Unrepresentable)

  /// What happened to a file or a directory while it was read.
  public enum Change: String, Sendable {
    case shrank, grew
    case rewritten = "was written to"
    case replaced = "was moved or replaced"
  }

  /// What a tar has no way to say.
  public enum Unrepresentable: String, Sendable {
    case socket = "is a socket"
    case root = "is the root of the archive and no directory"
    case deviceNumber = "has a device number above 2,097,151"
    case linkTarget = "is a link whose target is empty or has a NUL in it"
    case attributeName = "has an extended attribute without a name or with a NUL in it"
    case dataRanges = "has data ranges that overlap, run backwards or lie beyond its end"
  }
}

extension ArchiveError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let operation, let path, let number):
      "\(path): cannot \(operation.rawValue): \(Self.text(of: number))"
    case .changed(let path, let change):
      "\(path): \(change.rawValue) while it was read; start again when nothing changes it"
    case .tar(let path, _, _, .notTar):
      "\(path): \(TarProblem.notTar)"
    case .tar(let path, let offset, let entry, let problem):
      "\(path): \(Self.place(entry, "byte \(offset) of the tar")): \(problem)"
    case .compressed(let compression, let path, let offset, let entry, let problem):
      "\(path): \(Self.place(entry, "byte \(offset) of the \(compression) data")): \(problem)"
    case .deviceTable(let path, let line, let problem):
      "\(path): " + (line > 0 ? "line \(line): " : "") + "\(problem)"
    case .library(let operation, let message):
      "cannot \(operation): \(message)"
    case .sink(let error):
      error.description
    case .contentSize(let path, let byteCount, let expected):
      "\(path): got \(byteCount) bytes of content for a size of \(expected)"
    case .duplicate(let path):
      "\(path): comes twice; leave one of them out"
    case .missingLinkTarget(let path, let target):
      "\(path): is a hard link to \(target), which must come before it; put it first"
    case .unrepresentable(let path, let what):
      "\(path): \(what.rawValue), which a tar can't hold; leave it out"
    }
  }

  private static func place(_ entry: [UInt8]?, _ offset: String) -> String {
    entry.map { "\($0.printable) (\(offset))" } ?? offset
  }

  /// The same with the entry in whose middle it came.
  func naming(entry: [UInt8]?) -> ArchiveError {
    guard case .compressed(let compression, let path, let offset, _, let problem) = self else { return self }
    return .compressed(compression, path: path, offset: offset, entry: entry, problem)
  }

  /// The system's own words for an errno, in English.
  private static func text(of number: CInt) -> String {
    guard let text = unsafe linux_error_text(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }
}
