// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Watches the entries of a tarball stream by and says which release it is, or what it lacks to be one.
///
/// It keeps some names and two small files, which may lie anywhere in the stream.
///
/// Source: aports, scripts/mkimg.base.sh and mkimg.arm.sh, for what a release holds.
public struct ReleaseRecognizer: Sendable {
  /// Files, but for those too deep to matter.
  private var paths: Set<String> = []
  private var nameFile: [UInt8] = []
  private var firmwareConfiguration: [UInt8] = []
  private var collecting: Content?

  /// The files whose bytes matter.
  private enum Content: Sendable {
    case nameFile
    case firmwareConfiguration
  }

  /// How many paths are kept, however many come: a release has some hundred.
  private static let mostPaths = 8192
  /// Longest content that is read, in bytes: real ones have some hundred.
  private static let longestContent: UInt64 = 64 << 10

  public init() {}

  /// Takes note of an entry.
  ///
  /// - Returns: whether its bytes are wanted, too, by `observe(bytes:)`, before the next entry.
  public mutating func observe(_ entry: Entry) -> Bool {
    collecting = nil
    switch entry.kind {
    case .regular(let content):
      note(entry.path)
      if content.size <= Self.longestContent { collect(entry.path) }
    case .hardLink, .symbolicLink: note(entry.path)
    default: break
    }
    return collecting != nil
  }

  /// The next bytes of the entry that was wanted; of others they are ignored.
  public mutating func observe(bytes: RawSpan) {
    switch collecting {
    case .nameFile: nameFile += Array(copying: bytes)
    case .firmwareConfiguration: firmwareConfiguration += Array(copying: bytes)
    case nil: break
    }
  }

  /// Whether config.txt, as far as it has come, includes usercfg.txt: without it nobody reads that file.
  public var includesUserConfiguration: Bool {
    FirmwareConfiguration(firmwareConfiguration).includes.contains {
      $0.lowercased() == BootFile.userConfiguration.rawValue
    }
  }

  /// The release, at the end of the stream.
  ///
  /// - Throws: `AlpineError.notARelease` that names what is missing. The caller may go on all the same, then without
  ///   knowing version and architecture.
  public func recognize() throws(AlpineError) -> Release {
    let title = title
    let architecture = architecture
    let missing = missing(title: title, architecture: architecture)
    guard let title, let architecture, missing.isEmpty else { throw .notARelease(missing: missing) }
    return Release(
      name: title.name, version: title.version, architecture: architecture, models: models.sorted(),
      packageCount: paths.count { $0.hasPrefix("apks/\(architecture)/") && $0.hasSuffix(".apk") })
  }
}

extension ReleaseRecognizer {
  private mutating func note(_ path: EntryPath) {
    guard path.names.count <= 3, paths.count < Self.mostPaths else { return }
    paths.insert(String(decoding: path.bytes, as: UTF8.self))
  }

  private mutating func collect(_ path: EntryPath) {
    switch path {
    case EntryPath(".alpine-release"):
      nameFile = []
      collecting = .nameFile
    case EntryPath("config.txt"):
      firmwareConfiguration = []
      collecting = .firmwareConfiguration
    default: break
    }
  }
}

extension ReleaseRecognizer {
  /// Name and version from the first word of `.alpine-release`: "alpine-rpi-3.13.4 210331".
  private var title: (name: String, version: String)? {
    let text = String(decoding: nameFile, as: UTF8.self)
    guard let word = text.split(whereSeparator: \.isWhitespace).first else { return nil }
    let parts = word.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "alpine", parts.dropFirst().allSatisfy(\.isPlainName) else {
      return nil
    }
    let profile = parts[1..<(parts.count - 1)].joined(separator: "-")
    return (profile == "rpi" ? "Alpine Linux" : "Alpine Linux (\(profile))", String(parts[parts.count - 1]))
  }

  private var architecture: Architecture? {
    Architecture.allCases.first { paths.contains("apks/\($0)/APKINDEX.tar.gz") }
  }

  private var models: Set<PiModel> {
    Set(paths.compactMap { PiModel(deviceTreeName: String($0.split(separator: "/").last ?? "")) })
  }

  private func missing(title: (name: String, version: String)?, architecture: Architecture?) -> [String] {
    var missing: [String] = []
    if title == nil { missing.append(".alpine-release") }
    if architecture == nil { missing.append("apks/\(Self.architectures)/APKINDEX.tar.gz") }
    if !paths.contains("apks/.boot_repository") { missing.append("apks/.boot_repository") }
    missing += ["config.txt", "cmdline.txt"].filter { !paths.contains($0) }
    missing += ["start*.elf", "fixup*.dat"].filter { !hasMatch(for: $0) }
    if models.isEmpty { missing.append("bcm2*-rpi-*.dtb") }
    return missing + missingBootFiles
  }

  private static var architectures: String {
    "{\(Architecture.allCases.map(\.rawValue).joined(separator: ","))}"
  }

  /// What `config.txt` names and isn't there; where it names nothing, one of each kind is wanted.
  private var missingBootFiles: [String] {
    let named = FirmwareConfiguration(firmwareConfiguration)
    return missing("boot/vmlinuz-*", named: named.kernels)
      + missing("boot/initramfs-*", named: named.initramfses)
      + missing("boot/modloop-*", named: [])
  }

  private func missing(_ pattern: String, named: [String]) -> [String] {
    guard named.isEmpty else {
      return named.filter { !paths.contains($0) }.map { Array($0.utf8).printable }
    }
    return hasMatch(for: pattern) ? [] : [pattern]
  }

  /// Whether there is a file in the pattern's directory that matches it; it has one "*".
  private func hasMatch(for pattern: String) -> Bool {
    let ends = pattern.split(separator: "*", omittingEmptySubsequences: false)
    return paths.contains {
      $0.hasPrefix(ends[0]) && $0.hasSuffix(ends[1]) && !$0.dropFirst(ends[0].count).contains("/")
    }
  }
}

extension Substring {
  /// Letters, digits, "." and "_" of ASCII, at least one.
  fileprivate var isPlainName: Bool {
    let others = Set("._".unicodeScalars)
    return !isEmpty
      && unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || others.contains(scalar))
      }
  }
}
