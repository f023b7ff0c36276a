// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Watches the entries of a release stream by and says which packages it brings: those that its index tells of and
/// whose files are there.
///
/// It keeps the index, as it is, and the names of package files.
public struct ReleasePackages: Sendable {
  /// Names below apks/ARCHITECTURE.
  private var fileNames: [Architecture: Set<String>] = [:]
  private var indexes: [Architecture: [UInt8]] = [:]
  private var collecting: Architecture?
  private var oversized: Set<Architecture> = []

  /// Bytes of an index that are kept: a release's has some 20 KiB, the whole of Alpine's packages 3 MiB.
  private static let longestIndex: UInt64 = 32 << 20
  /// How many names are kept of an architecture.
  private static let mostNames = 1 << 16

  public init() {}

  /// Takes note of an entry.
  ///
  /// - Returns: whether its bytes are wanted, too, by `observe(bytes:)`, before the next entry.
  public mutating func observe(_ entry: Entry) -> Bool {
    collecting = nil
    guard let (architecture, name) = Self.place(of: entry.path) else { return false }
    switch entry.kind {
    case .regular(let content) where name == "APKINDEX.tar.gz": collect(architecture, size: content.size)
    case .regular, .hardLink, .symbolicLink:
      if name.hasSuffix(".apk"), fileNames[architecture, default: []].count < Self.mostNames {
        fileNames[architecture, default: []].insert(name)
      }
    default: break
    }
    return collecting != nil
  }

  /// The next bytes of the entry that was wanted; of others they are ignored.
  public mutating func observe(bytes: RawSpan) {
    if let collecting { indexes[collecting, default: []] += Array(copying: bytes) }
  }

  /// The packages of an architecture, at the end of the stream; none where there is no index.
  ///
  /// - Throws: `AlpineError.index`, `AlpineError.archive`.
  public func packages(for architecture: Architecture) throws(AlpineError) -> [Package] {
    let path = "apks/\(architecture)/APKINDEX.tar.gz"
    guard !oversized.contains(architecture) else {
      throw .index(path: path, .tooLarge(byteCount: Int(Self.longestIndex)))
    }
    guard let index = indexes[architecture] else { return [] }
    let names = fileNames[architecture] ?? []
    return try PackageIndex(compressed: index, path: path).packages.filter { names.contains($0.fileName) }
  }

  private mutating func collect(_ architecture: Architecture, size: UInt64) {
    oversized.remove(architecture)
    indexes[architecture] = []
    if size <= Self.longestIndex { collecting = architecture } else { oversized.insert(architecture) }
  }

  /// Architecture and name of what lies in apks/ARCHITECTURE.
  private static func place(of path: EntryPath) -> (Architecture, String)? {
    let names = path.names
    guard names.count == 3, names[0].elementsEqual("apks".utf8),
      let architecture = Architecture(rawValue: String(decoding: names[1], as: UTF8.self))
    else { return nil }
    return (architecture, String(decoding: names[2], as: UTF8.self))
  }
}
