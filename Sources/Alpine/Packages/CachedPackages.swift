// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Watches the entries of a data partition by and says which packages its cache brings already.
///
/// apk knows a package in its cache only from an index; which packages an index tells of is not looked at, only whether
/// there is one. What can't be read as a package is passed over, as apk does.
public struct CachedPackages {
  /// Services of the packages; nil where nobody asks.
  public private(set) var scripts: PackageScripts?
  private var found: [Package] = []
  private var hasIndex = false
  private var scanner: PackageFileScanner?
  private var isInScripts = false

  private static let directory = Array("cache/".utf8)

  /// - Parameter wantsScripts: whether packages are searched for the services that they bring.
  public init(wantsScripts: Bool) { scripts = wantsScripts ? PackageScripts() : nil }

  /// What apk can install from the cache.
  public var packages: [Package] { hasIndex ? found : [] }

  /// Takes note of an entry.
  ///
  /// - Returns: whether its bytes are wanted, too, by `observe(bytes:)`, before the next entry.
  public mutating func observe(_ entry: Entry) -> Bool {
    scanner = nil
    isInScripts = false
    guard case .regular = entry.kind, entry.path.bytes.starts(with: Self.directory),
      entry.path.parent.bytes.count == Self.directory.count - 1
    else { return false }
    let name = String(decoding: entry.path.name, as: UTF8.self)
    if name == "installed" || name.hasPrefix("APKINDEX.") && name.hasSuffix(".tar.gz") { hasIndex = true }
    // NAME-VERSION.XXXXXXXX.apk
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts.last == "apk" else { return false }
    scanner = PackageFileScanner(path: "\(entry.path)")
    scripts?.begin(parts.dropLast(2).joined(separator: "."), path: "\(entry.path)")
    isInScripts = scripts != nil
    return true
  }

  /// The next bytes of the entry that was wanted; of others they are ignored.
  public mutating func observe(bytes: RawSpan) {
    scan(bytes)
    guard isInScripts else { return }
    do throws(AlpineError) { try scripts?.take(bytes) } catch { isInScripts = false }
  }

  private mutating func scan(_ bytes: RawSpan) {
    guard var head = scanner else { return }
    scanner = nil
    do throws(AlpineError) { try head.take(bytes) } catch { return }
    if let file = head.file { found.append(file.package) } else { scanner = head }
  }
}
