// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Watches the entries of a tarball stream by and says which release it is, or what it lacks to be one.
///
/// Nothing is kept but a few names and two small files, which may lie anywhere in the stream.
///
/// Source: aports, scripts/mkimg.base.sh and mkimg.arm.sh, for what a release holds.
public struct ReleaseRecognizer: Sendable {
  private var nameFile: [UInt8] = []
  private var firmwareConfiguration: [UInt8] = []
  private var collecting: Content?
  private var topNames: Set<String> = []
  private var bootNames: Set<String> = []
  private var indexedArchitectures: Set<String> = []
  private var hasRepositoryMark = false
  private var models: Set<PiModel> = []
  private var packageCount = 0

  /// The files whose bytes matter.
  private enum Content: Sendable {
    case nameFile
    case firmwareConfiguration
  }

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
      collecting = content.size <= Self.longestContent ? Self.content(at: entry.path) : nil
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
      packageCount: packageCount)
  }
}

extension ReleaseRecognizer {
  private static func content(at path: EntryPath) -> Content? {
    switch path {
    case EntryPath(".alpine-release"): .nameFile
    case EntryPath("config.txt"): .firmwareConfiguration
    default: nil
    }
  }

  private mutating func note(_ path: EntryPath) {
    let names = path.names.map { String(decoding: $0, as: UTF8.self) }
    guard let name = names.last else { return }
    if let model = PiModel(deviceTreeName: name) { models.insert(model) }
    switch (names.first, names.count) {
    case (_, 1): topNames.insert(name)
    case ("boot", 2): bootNames.insert(name)
    case ("apks", 2...3): noteRepository(name, architecture: names.count == 3 ? names[1] : nil)
    default: break
    }
  }

  private mutating func noteRepository(_ name: String, architecture: String?) {
    if name == ".boot_repository" { hasRepositoryMark = true }
    guard let architecture else { return }
    if name == "APKINDEX.tar.gz" { indexedArchitectures.insert(architecture) }
    if name.hasSuffix(".apk") { packageCount += 1 }
  }
}

extension ReleaseRecognizer {
  /// Name and version from the first word of `.alpine-release`: "alpine-rpi-3.13.4 210331".
  private var title: (name: String, version: String)? {
    let text = String(decoding: nameFile, as: UTF8.self)
    guard let word = text.split(whereSeparator: \.isWhitespace).first else { return nil }
    let parts = word.split(separator: "-")
    guard parts.count >= 3, parts[0] == "alpine", let version = parts.last, version.isVersion else {
      return nil
    }
    let profile = parts[1..<(parts.count - 1)].joined(separator: "-")
    guard Array(profile.utf8).printable == profile else { return nil }
    return (profile == "rpi" ? "Alpine Linux" : "Alpine Linux (\(profile))", String(version))
  }

  private var architecture: Architecture? {
    Architecture.allCases.first { indexedArchitectures.contains($0.rawValue) }
  }

  private func missing(title: (name: String, version: String)?, architecture: Architecture?) -> [String] {
    var missing: [String] = []
    if title == nil { missing.append(".alpine-release") }
    if architecture == nil { missing.append("apks/\(Self.architectures)/APKINDEX.tar.gz") }
    if !hasRepositoryMark { missing.append("apks/.boot_repository") }
    missing += missingFirmware
    missing += missingBootFiles
    return missing
  }

  private static var architectures: String {
    "{\(Architecture.allCases.map(\.rawValue).joined(separator: ","))}"
  }

  private var missingFirmware: [String] {
    var missing = ["config.txt", "cmdline.txt"].filter { !topNames.contains($0) }
    if !topNames.contains(where: { $0.hasPrefix("start") && $0.hasSuffix(".elf") }) {
      missing.append("start*.elf")
    }
    if !topNames.contains(where: { $0.hasPrefix("fixup") && $0.hasSuffix(".dat") }) {
      missing.append("fixup*.dat")
    }
    if models.isEmpty { missing.append("bcm2*-rpi-*.dtb") }
    return missing
  }

  /// What `config.txt` names and isn't there; where it names nothing, one of each kind is wanted.
  private var missingBootFiles: [String] {
    let named = FirmwareConfiguration(firmwareConfiguration)
    return missing("boot/vmlinuz-*", named: named.kernels)
      + missing("boot/initramfs-*", named: named.initramfses)
      + missing("boot/modloop-*", named: [])
  }

  private func missing(_ pattern: String, named: [String]) -> [String] {
    let prefix = pattern.dropFirst("boot/".count).dropLast()
    guard named.isEmpty else { return named.filter { !isThere($0) } }
    return bootNames.contains { $0.hasPrefix(prefix) } ? [] : [pattern]
  }

  private func isThere(_ path: String) -> Bool {
    path.hasPrefix("boot/")
      ? bootNames.contains(String(path.dropFirst("boot/".count))) : topNames.contains(path)
  }
}

extension Substring {
  /// A letter or digit first, then also "." and "_".
  fileprivate var isVersion: Bool {
    guard let first = unicodeScalars.first, ("0"..."9").contains(first) || first.properties.isAlphabetic
    else {
      return false
    }
    return unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "." || $0 == "_")
    }
  }
}
