// SPDX-License-Identifier: Apache-2.0
public import Alpine
public import Entries

/// A directory that is to stay on the card, and how large the file system is that it has to itself.
public struct PersistenceRequest: Equatable, Sendable {
  public let directory: Persistence
  /// Of the file system of strategies `file` and `partition`; nil leaves it to the plan.
  public let size: ByteSize?

  /// - Throws: `PersistenceRequestError.sizeWithoutVolume` for a size that nothing has.
  public init(_ directory: Persistence, size: ByteSize? = nil) throws(PersistenceRequestError) {
    switch directory.strategy {
    case .file, .partition: break
    case .overlay, .bind: if size != nil { throw .sizeWithoutVolume(directory.strategy) }
    }
    self.directory = directory
    self.size = size
  }

  /// What is persistent where nothing else is named.
  public static let docker = PersistenceRequest(unsized: .docker)

  private init(unsized directory: Persistence) {
    self.directory = directory
    size = nil
  }
}

/// Why a text asks for no persistent directory.
public enum PersistenceRequestError: Error, Equatable, Sendable {
  case notAbsolute(String)
  case path(String, EntryPathError)
  case directory(AlpineError)
  case unknownStrategy(String)
  case unknownOption(String)
  case size(String)
  /// A size for a directory that has no file system of its own.
  case sizeWithoutVolume(Persistence.Strategy)
}

extension PersistenceRequestError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAbsolute(let path): "\(path): name the directory by its absolute path"
    case .path(let path, let error): "\(path): \(error)"
    case .directory(let error): "\(error)"
    case .unknownStrategy(let name): "\(name): no strategy; take \(Self.strategies)"
    case .unknownOption(let text): "\(text): no option of a strategy; there is size=SIZE"
    case .size(let text): "\(text): give a size such as 512MiB or 4GB"
    case .sizeWithoutVolume(let strategy):
      "\(strategy.rawValue): lies on the data partition and has no size of its own; file and partition have one"
    }
  }

  private static var strategies: String {
    let names = Persistence.Strategy.allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}

extension PersistenceRequest {
  /// "PATH[:STRATEGY[,size=SIZE]]". A path that has a ":" itself needs its strategy behind it.
  public init(_ text: String) throws(PersistenceRequestError) {
    guard let colon = text.lastIndex(of: ":") else {
      try self.init(path: text)
      return
    }
    let words = text[text.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false)
    var size: ByteSize?
    for option in words.dropFirst() {
      let key = "size="
      guard option.hasPrefix(key), size == nil else { throw .unknownOption(String(option)) }
      size = ByteSize(String(option.dropFirst(key.count)))
      if size == nil { throw .size(String(option.dropFirst(key.count))) }
    }
    try self.init(path: String(text[..<colon]), strategy: String(words[0]), size: size)
  }

  /// - Parameters:
  ///   - path: absolute, as it is in the RAM root.
  ///   - strategy: its name; nil for the one that suits the directory.
  public init(
    path: String, strategy name: String? = nil, size: ByteSize? = nil
  ) throws(PersistenceRequestError) {
    var strategy: Persistence.Strategy?
    if let name {
      strategy = Persistence.Strategy(rawValue: name)
      if strategy == nil { throw .unknownStrategy(name) }
    }
    guard path.utf8.first == UInt8(ascii: "/") else { throw .notAbsolute(path) }
    let relative: EntryPath
    do { relative = try EntryPath(path.utf8.drop { $0 == UInt8(ascii: "/") }) } catch {
      throw .path(path, error)
    }
    let directory: Persistence
    do { directory = try Persistence(relative, strategy: strategy) } catch { throw .directory(error) }
    try self.init(directory, size: size)
  }

  /// The request in one spelling, with its strategy, its size in bytes.
  var canonicalText: String {
    let size = size.map { ",size=\($0.byteCount)" } ?? ""
    return "/\(directory.path.bytes.printable):\(directory.strategy.rawValue)\(size)"
  }
}
