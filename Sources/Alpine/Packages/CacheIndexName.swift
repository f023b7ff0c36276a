// SPDX-License-Identifier: Apache-2.0

/// How apk's cache names the index of a repository: APKINDEX, eight digits of a digest, tar.gz. Which digest, and of
/// what, has changed twice.
///
/// Source: apk-tools, database.c: `apk_repo_format_cache_index` and where `csum` is set, from 2.10 to 2.14;
/// `apk_repo_index_cache_url` and `add_repository_component` of 3.0.
public enum CacheIndexName: Equatable, Sendable {
  /// SHA-1 of the repository's URL, as /etc/apk/repositories has it: 2.12.11 and older, and 2.14.0.
  case repository
  /// SHA-1 of the index's URL: 2.12.12 and later of that branch, 2.14.1 and later.
  case index
  /// SHA-256 of the index's URL: 3.0 and later.
  case indexSHA256

  /// - Parameter version: of the release's apk-tools.
  public init(apkTools version: PackageVersion) {
    if version < PackageVersion("2.12.12") {
      self = .repository
    } else if version < PackageVersion("2.13") {
      self = .index
    } else if version < PackageVersion("2.14.1") {
      self = .repository
    } else {
      self = version < PackageVersion("3") ? .index : .indexSHA256
    }
  }

  /// - Parameter packages: of the release; nil where apk-tools is not among them.
  public init?(release packages: [Package]) {
    guard let tools = packages.first(where: { $0.name == "apk-tools" }) else { return nil }
    self.init(apkTools: tools.version)
  }

  /// - Parameter repository: URL as /etc/apk/repositories has it, without a tag.
  public func fileName(repository: String, architecture: Architecture) -> String {
    let digest =
      switch self {
      case .repository: Digest.sha1(Array(repository.utf8))
      case .index:
        Digest.sha1(
          Array(Self.indexURL(repository.hasSuffix("/") ? repository : repository + "/", architecture)))
      case .indexSHA256:
        Digest.sha256(Array(Self.indexURL(Self.withoutSlashes(repository) + "/", architecture)))
      }
    return "APKINDEX.\(digest.cacheDigits).tar.gz"
  }

  private static func indexURL(_ directory: String, _ architecture: Architecture) -> String.UTF8View {
    "\(directory)\(architecture)/APKINDEX.tar.gz".utf8
  }

  private static func withoutSlashes(_ url: String) -> String {
    var url = url[...]
    while url.last == "/" { url.removeLast() }
    return String(url)
  }
}

extension [UInt8] {
  /// The first four bytes of a digest, as names in apk's cache have them.
  var cacheDigits: String { Array(prefix(4)).hexadecimal }
}
