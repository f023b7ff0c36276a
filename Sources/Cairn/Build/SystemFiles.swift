// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Blocks
internal import Entries
internal import Recipes

/// What the system's settings and its overlay take from files of the person who builds.
public struct SystemFiles: Equatable, Sendable {
  /// Public keys that let users in.
  public var keyFiles: [KeyFile]
  /// Directory of the ssh server's host keys, as ssh-keygen makes them.
  public var hostKeys: String?
  /// Keys of repositories that are not Alpine's own.
  public var repositoryKeys: [String]
  /// Scripts for etc/local.d.
  public var localScripts: [String]
  /// More files for the overlay: tars, and directories whose files will belong to root.
  public var overlay: [String]

  public init(
    keyFiles: [KeyFile] = [], hostKeys: String? = nil, repositoryKeys: [String] = [],
    localScripts: [String] = [],
    overlay: [String] = []
  ) {
    self.keyFiles = keyFiles
    self.hostKeys = hostKeys
    self.repositoryKeys = repositoryKeys
    self.localScripts = localScripts
    self.overlay = overlay
  }

  var paths: [String] {
    keyFiles.map(\.path) + (hostKeys.map { [$0] } ?? []) + repositoryKeys + localScripts + overlay
  }

  /// The recipe with the files' content in its settings.
  func completing(_ recipe: Recipe) throws(BuildError) -> Recipe {
    var recipe = recipe
    for file in keyFiles { try recipe.system.add(Self.keys(in: file.path), for: file.user) }
    if let hostKeys { recipe.system.sshServer?.hostKeys = try Self.files(in: hostKeys) }
    for path in repositoryKeys { recipe.system.repositoryKeys.append(try Self.file(path)) }
    for path in localScripts { recipe.system.localScripts.append(try Self.file(path)) }
    return recipe
  }

  func overlayFiles() throws(BuildError) -> OverlayFiles {
    var files = OverlayFiles()
    for path in overlay {
      do throws(CopyError<ArchiveError, AlpineError>) { try Self.add(path, to: &files) } catch {
        throw error.buildError { .overlay($0) }
      }
    }
    return files
  }
}

extension SystemFiles {
  /// Bytes that a key or a script may have.
  static let largestByteCount = 1 << 20

  private static func add(
    _ path: String, to files: inout OverlayFiles
  ) throws(CopyError<ArchiveError, AlpineError>) {
    var reader: InputReader
    do { reader = try InputReader(path: path, directoryOwner: .root) } catch { throw .reading(error) }
    try files.add(contentsOf: &reader)
  }

  /// The lines that are keys. Of those that are none the first is an error.
  private static func keys(in path: String) throws(BuildError) -> [String] {
    let text = String(decoding: try file(path).bytes, as: UTF8.self)
    var keys: [String] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { continue }
      if let problem = SystemSettings.problem(ofPublicKey: String(line)) {
        throw .keyFile(path: path, line: index + 1, problem: problem)
      }
      keys.append(String(line))
    }
    guard !keys.isEmpty else { throw .keyFile(path: path, line: 1, problem: "there is no key in the file") }
    return keys
  }

  private static func file(_ path: String) throws(BuildError) -> SystemSettings.NamedFile {
    let bytes: [UInt8]
    do throws(BlockError) { bytes = try ReadOnlyFile(path: path).firstBytes(largestByteCount + 1) } catch {
      throw .settingsFile(error)
    }
    guard bytes.count <= largestByteCount else { throw .settingsFileTooLarge(path: path) }
    return SystemSettings.NamedFile(
      name: path.split(separator: "/").last.map(String.init) ?? path, bytes: bytes)
  }

  /// The regular files of a directory, by their names.
  private static func files(in directory: String) throws(BuildError) -> [SystemSettings.NamedFile] {
    var files: [SystemSettings.NamedFile] = []
    var tooLarge: EntryPath?
    do throws(ArchiveError) {
      var reader = try DirectoryReader(path: directory)
      while tooLarge == nil, let entry = try reader.next() {
        guard case .regular(let shape) = entry.kind else { continue }
        guard shape.size <= largestByteCount else {
          tooLarge = entry.path
          continue
        }
        var bytes: [UInt8] = []
        while true {
          let piece = try reader.nextBytes()
          if piece.isEmpty { break }
          bytes += piece.copy(0..<piece.byteCount)
        }
        files.append(.init(name: "\(entry.path)", bytes: bytes))
      }
    } catch { throw .source(error) }
    if let tooLarge { throw .settingsFileTooLarge(path: "\(directory)/\(tooLarge)") }
    return files
  }
}

extension SystemSettings {
  /// - Parameter user: nil is root.
  fileprivate mutating func add(_ keys: [String], for user: String?) {
    guard let user else {
      rootKeys += keys.filter { !rootKeys.contains($0) }
      return
    }
    guard let index = users.firstIndex(where: { $0.name == user }) else { return }
    users[index].keys += keys.filter { !users[index].keys.contains($0) }
  }
}
