// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// Makes packages that apk trusts where it has the public key, as abuild-sign does.
struct PackageSigner {
  static let tool = ForeignTool("openssl")

  /// Path of the public key.
  let publicKey: String
  private let secretKey: String

  init(in scratch: TemporaryDirectory) throws {
    secretKey = scratch.path("boot-test.rsa")
    publicKey = secretKey + ".pub"
    try Self.tool.succeed("genrsa", "-out", secretKey, "2048")
    try Self.tool.succeed("rsa", "-in", secretKey, "-pubout", "-out", publicKey)
  }

  /// - Parameter fields: lines of .PKGINFO besides name, version, architecture and the data's digest.
  func write(
    _ name: String, fields: [String] = [], files: [(path: String, text: String)], to directory: String
  ) throws {
    // apk takes a package without a size for one without files, and no file without its directories.
    let fields = fields + ["arch = aarch64", "size = 4096"]
    let directories = Set(files.flatMap { Self.parents(of: $0.path) }).sorted().map { ($0, "") }
    let files = directories + files
    let draft = APKFile(name, fields: fields, files: files)
    let data = Data(draft.bytes.dropFirst(draft.control.count))
    let digest = try ForeignTool("sha256sum").run(input: data).text.prefix(64)
    let package = APKFile(name, fields: fields + ["datahash = \(digest)"], files: files)
    let signature = try Self.tool.run("dgst", "-sha1", "-sign", secretKey, input: Data(package.control))
    guard signature.status == 0 else { throw MachineFailure("openssl: \(signature.errors)") }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let key = URL(fileURLWithPath: publicKey).lastPathComponent
    try Data(package.signed(Array(signature.output), key: key))
      .write(to: URL(fileURLWithPath: "\(directory)/\(name).apk"))
  }

  /// usr/ and usr/bin/ of usr/bin/name.
  private static func parents(of path: String) -> [String] {
    path.indices.filter { path[$0] == "/" }.map { String(path[...$0]) }
  }
}
