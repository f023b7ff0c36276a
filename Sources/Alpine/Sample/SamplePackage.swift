// SPDX-License-Identifier: Apache-2.0

/// A package of the sample release: the name and the needs of a real one, noise for its files.
struct SamplePackage {
  let name: String
  let version: String
  /// Of its files, at full scale.
  let byteCount: Int
  /// As in an APKBUILD; "so:…" with ARCH for the architecture.
  var depends: [String] = []
  var provides: [String] = []
  /// Packages in whose company it is installed unasked.
  var installIf: [String] = []
  /// Above 0, apk may choose it for a name that it provides without a version.
  var providerPriority = 0
  /// Services that it brings a script for.
  var services: [String] = []

  /// A package file, as it lies in a repository, and its paragraph in the index.
  struct Built {
    let fileName: String
    let bytes: [UInt8]
    let indexParagraph: String
  }

  /// - Throws: `AlpineError.archive` where a segment can't be packed.
  func built(for architecture: Architecture, payloadByteCount: Int) throws(AlpineError) -> Built {
    let data = try dataSegment(payloadByteCount)
    let installedByteCount = (payloadByteCount + 4095) / 4096 * 4096
    let control = try Self.controlSegment(
      information(for: architecture, installedByteCount: installedByteCount, data: data))
    let bytes = control + data
    return Built(
      fileName: "\(name)-\(version).apk", bytes: bytes,
      indexParagraph: indexParagraph(
        for: architecture, control: control, byteCount: bytes.count, installedByteCount: installedByteCount))
  }
}

// MARK: Package file

// Source: Alpine wiki, "Apk spec", for the package format v2: gzip streams for signature, control and data, one
// behind the other, that are one tar when inflated. There is nobody to sign for the sample, so that stream is absent.
extension SamplePackage {
  private func dataSegment(_ payloadByteCount: Int) throws(AlpineError) -> [UInt8] {
    let script = SampleFile.Content.text("#!/sbin/openrc-run\n# A sample.\n")
    let payload = SampleFile.Content.filler(Filler(byteCount: payloadByteCount, seed: name))
    let tree = SampleTree(
      services.map { SampleFile("etc/init.d/\($0)", script, mode: 0o755) }
        + [SampleFile("usr/share/cairn-sample/\(name)", payload)])
    return try tree.compressedTar()
  }

  private func information(for architecture: Architecture, installedByteCount: Int, data: [UInt8]) -> String {
    let fields =
      [
        ("pkgname", name), ("pkgver", version), ("pkgdesc", description), ("url", Self.address),
        ("builddate", "\(SampleRelease.time.seconds)"), ("size", "\(installedByteCount)"),
        ("arch", architecture.rawValue), ("origin", name), ("license", Self.license),
      ]
      + depends.map { ("depend", $0.of(architecture)) } + provides.map { ("provides", $0.of(architecture)) }
      + (installIf.isEmpty ? [] : [("install_if", installIf.joined(separator: " "))])
      + (providerPriority > 0 ? [("provider_priority", "\(providerPriority)")] : [])
      + [("datahash", Digest.sha256(data).hexadecimal)]
    return fields.map { "\($0.0) = \($0.1)\n" }.joined()
  }

  /// Its tar has no end, since the data's goes on from it.
  private static func controlSegment(_ information: String) throws(AlpineError) -> [UInt8] {
    let tree = SampleTree([SampleFile(".PKGINFO", .text(information))])
    return try tree.compressedTar(withEnd: false)
  }
}

// MARK: Index

// Source: Alpine wiki, "Apk spec", "Index Format V2".
extension SamplePackage {
  /// APKINDEX.tar.gz, unsigned.
  static func index(of packages: [Built], for architecture: Architecture) throws(AlpineError) -> [UInt8] {
    let paragraphs = packages.map { $0.indexParagraph + "\n" }.joined()
    let tree = SampleTree([
      SampleFile("DESCRIPTION", .text("sample \(SampleRelease.version)\n")),
      SampleFile("APKINDEX", .text(paragraphs)),
    ])
    return try tree.compressedTar()
  }

  private func indexParagraph(
    for architecture: Architecture, control: [UInt8], byteCount: Int, installedByteCount: Int
  ) -> String {
    let fields =
      [
        ("C", "Q1\(Digest.sha1(control).base64)"), ("P", name), ("V", version), ("A", architecture.rawValue),
        ("S", "\(byteCount)"), ("I", "\(installedByteCount)"), ("T", description), ("U", Self.address),
        ("L", Self.license), ("o", name), ("t", "\(SampleRelease.time.seconds)"),
      ]
      + (providerPriority > 0 ? [("k", "\(providerPriority)")] : [])
      + [("D", depends), ("p", provides), ("i", installIf)]
      .filter { !$0.1.isEmpty }.map { ($0.0, $0.1.map { $0.of(architecture) }.joined(separator: " ")) }
    return fields.map { "\($0.0):\($0.1)\n" }.joined()
  }

  private var description: String { "Sample in the place of \(name)" }
  private static let address = "https://alpinelinux.org/"
  private static let license = "Apache-2.0"
}

extension String {
  /// Names of libraries hold the architecture.
  fileprivate func of(_ architecture: Architecture) -> String {
    split(separator: "ARCH", omittingEmptySubsequences: false).joined(separator: architecture.rawValue)
  }
}
