// SPDX-License-Identifier: Apache-2.0
public import Alpine
public import Entries

/// What a recipe file says: the recipe, and what the card is made from.
///
/// ```yaml
/// release: alpine-rpi-3.22.1-aarch64.tar.gz
/// hostname: pi
/// ```
///
/// It is YAML, whose scalars are read as what their key takes: `country: NO` is text.
public struct RecipeFile: Sendable {
  public var recipe = Recipe()
  public var inputs = Inputs()
  private var origins = RecipeOrigins()

  /// Paths of what is read, as the process finds them.
  public struct Inputs: Equatable, Sendable {
    public var release: String?
    public var acceptsAnyRelease = false
    public var boot: [String] = []
    public var data: [ContentSource] = []
    public var directoryOwner: Entry.Owner?
    public var deviceTable: String?
    /// Packages for apk's cache: tars and directories.
    public var cache: [String] = []
    /// More for the overlay: tars and directories.
    public var overlay: [String] = []
    /// Files of public keys that let users in.
    public var keyFiles: [KeyFile] = []
    /// Directory of the ssh server's host keys.
    public var hostKeys: String?
    public var repositoryKeys: [String] = []
    public var localScripts: [String] = []

    public init() {}
  }

  public init() {}

  /// Bytes that a file may have.
  public static let largestByteCount = YAMLDocument.largestByteCount

  /// - Parameters:
  ///   - bytes: of the file.
  ///   - directory: that relative paths in it start from; empty for the working directory.
  /// - Throws: everything that is wrong with it, at once.
  public init(_ bytes: [UInt8], directory: String = "") throws(RecipeFileError) {
    let document = try YAMLDocument(bytes)
    var reader = RecipeReader(document, outline: Self.keys)
    reader.read(
      RecipeValue(node: document.root, path: []), keys: Self.table, into: &self,
      expecting: "keys such as hostname")
    reader.checkContradictions(in: self)
    guard reader.complaints.isEmpty else { throw RecipeFileError(reader.complaints) }
    inputs.resolve(against: directory)
    origins = reader.origins
  }

  /// Every key, for people.
  public static var keys: [RecipeKey] { table.map(\.description) }
}

extension RecipeFile: Equatable {
  /// Where in the text it stands doesn't matter.
  public static func == (left: RecipeFile, right: RecipeFile) -> Bool {
    left.recipe == right.recipe && left.inputs == right.inputs
  }
}

extension RecipeFile {
  /// A complaint about a package of the file, at its place; nil for one that the file doesn't name.
  public func complaint(_ reason: String, aboutPackage dependency: Dependency) -> RecipeComplaint? {
    recipe.system.packages.lazy.filter { dependency.isSpelled($0) }
      .compactMap { origins.complaint(reason, about: $0, in: "packages") }.first
  }

  /// A complaint about a service of the file, at its place; nil for one that the file doesn't name.
  public func complaint(_ reason: String, aboutService name: String) -> RecipeComplaint? {
    origins.complaint(reason, about: name, in: "services")
  }
}

extension RecipeFile.Inputs {
  fileprivate mutating func resolve(against directory: String) {
    func resolved(_ path: String) -> String {
      directory.isEmpty || path.hasPrefix("/")
        ? path : directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }
    release = release.map(resolved)
    boot = boot.map(resolved)
    data = data.map { ContentSource(path: resolved($0.path), target: $0.target) }
    deviceTable = deviceTable.map(resolved)
    cache = cache.map(resolved)
    overlay = overlay.map(resolved)
    keyFiles = keyFiles.map { KeyFile(path: resolved($0.path), user: $0.user) }
    hostKeys = hostKeys.map(resolved)
    repositoryKeys = repositoryKeys.map(resolved)
    localScripts = localScripts.map(resolved)
  }
}
