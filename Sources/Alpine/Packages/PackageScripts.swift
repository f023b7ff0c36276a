// SPDX-License-Identifier: Apache-2.0
import Archive
public import Entries

/// Finds the services that packages bring: the scripts that they have for etc/init.d.
///
/// All of a package is inflated for it, and nothing kept but names.
public struct PackageScripts {
  /// Names of scripts, by the package's full name, in the package's order.
  public private(set) var names: [String: [String]] = [:]
  private var current: (package: String, scanner: GzipTarScanner)?

  private static let directory = EntryPath("etc/init.d")

  public init() {}

  /// Begins a package, whose bytes come next.
  ///
  /// - Parameters:
  ///   - fullName: name and version.
  ///   - path: of the file, for errors.
  public mutating func begin(_ fullName: String, path: String) {
    current = (fullName, GzipTarScanner(path: path))
  }

  /// Begins what may be a package of a release.
  ///
  /// - Returns: whether it is one, and its bytes are wanted.
  public mutating func observe(_ entry: Entry) -> Bool {
    current = nil
    let names = entry.path.names
    guard case .regular = entry.kind, names.count == 3, names[0].elementsEqual("apks".utf8),
      entry.path.bytes.suffix(4).elementsEqual(".apk".utf8)
    else { return false }
    begin(String(decoding: entry.path.name.dropLast(4), as: UTF8.self), path: "\(entry.path)")
    return true
  }

  /// The next bytes of the package.
  ///
  /// - Throws: `AlpineError.archive` for what is none.
  public mutating func take(_ bytes: RawSpan) throws(AlpineError) {
    guard let package = current?.package, var scanner = current?.scanner else { return }
    current = nil
    let entries: [Entry]
    do throws(ArchiveError) { entries = try scanner.take(bytes) } catch { throw .archive(error) }
    for entry in entries where entry.kind != .directory && entry.path.parent == Self.directory {
      names[package, default: []].append(String(decoding: entry.path.name, as: UTF8.self))
    }
    current = (package, scanner)
  }
}
