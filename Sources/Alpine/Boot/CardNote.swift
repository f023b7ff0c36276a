// SPDX-License-Identifier: Apache-2.0
public import Entries

/// What a card says of its making, in the root of its boot partition: a file for people, and for a later version that is
/// to renew the card. It names no time, so that the same card is the same bytes.
public struct CardNote: Equatable, Sendable {
  /// Of Cairn.
  public var version: String
  /// Nil where it could not be recognised.
  public var release: Release?
  /// SHA-256 of the recipe in its canonical text, which has neither passwords' hashes nor private keys in it.
  public var recipeDigest: [UInt8]

  public init(version: String, release: Release?, recipeDigest: [UInt8]) {
    self.version = version
    self.release = release
    self.recipeDigest = recipeDigest
  }

  /// One that an input brings, from a card that was made before, gives way: it would tell of another card.
  public static let path = EntryPath("WRITTEN-BY.txt")

  /// Whether a path is the note's, in capital or small letters, between which FAT makes no difference.
  public static func isPath(_ path: EntryPath) -> Bool {
    path.bytes.count == Self.path.bytes.count
      && String(decoding: path.bytes, as: UTF8.self).uppercased() == "WRITTEN-BY.TXT"
  }

  /// A line "KEY: VALUE" for each fact, in this order.
  public var text: String {
    let release = release.map { "\($0.name) \($0.version) \($0.architecture)" } ?? "not recognised"
    return """
      cairn: \(version)
      release: \(release)
      recipe: sha256:\(recipeDigest.hexadecimal)

      """
  }
}
