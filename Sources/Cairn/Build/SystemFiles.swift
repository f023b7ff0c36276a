// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Archive
internal import Blocks
internal import Entries
internal import Recipes

/// What the system's settings and its overlay take from files of the person who builds.
public struct SystemFiles: Equatable, Sendable {
  /// Directory of the ssh server's host keys, as ssh-keygen makes them.
  public var hostKeys: String?
  /// Keys of repositories that are not Alpine's own.
  public var repositoryKeys: [String]
  /// Scripts for etc/local.d.
  public var localScripts: [String]
  /// More files for the overlay: tars, and directories whose files will belong to root.
  public var overlay: [String]

  public init(
    hostKeys: String? = nil, repositoryKeys: [String] = [], localScripts: [String] = [],
    overlay: [String] = []
  ) {
    self.hostKeys = hostKeys
    self.repositoryKeys = repositoryKeys
    self.localScripts = localScripts
    self.overlay = overlay
  }

  var paths: [String] { (hostKeys.map { [$0] } ?? []) + repositoryKeys + localScripts + overlay }

  /// The recipe with the files' content in its settings.
  func completing(_ recipe: Recipe) throws(BuildError) -> Recipe {
    var recipe = recipe
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
