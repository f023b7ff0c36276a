// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
public import Ext4

/// The numbers that name a card's parts, all from one seed: the same recipe has the same ones anywhere.
public struct Identifiers: Equatable, Sendable {
  /// In the MBR; never 0, which means "none".
  public let diskSignature: UInt32
  /// BS_VolID of the FAT32 volume.
  public let volumeID: UInt32
  /// Of the ext4 file system, a UUID of version 8. What the fstab knows the data partition by.
  public let dataUUID: Identifier
  /// What the hashes of the ext4 directories begin with.
  public let hashSeed: Identifier

  /// - Parameter seed: the canonical recipe. Each identifier is the start of the SHA-256 of its own name and the seed.
  public init(seed: String) {
    func derive(_ name: String) -> [UInt8] { Self.derive(Array(name.utf8), seed) }
    func number(_ name: String) -> UInt32 {
      derive(name).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
    diskSignature = max(1, number("disk signature"))
    volumeID = number("volume ID")
    dataUUID = Self.uuid(derive("data UUID"))
    hashSeed = Self.uuid(derive("hash seed"))
  }

  /// Of the file system that a persistent directory has to itself.
  static func volumeUUID(of path: EntryPath, seed: String) -> Identifier {
    uuid(derive(Array("volume UUID of /".utf8) + path.bytes, seed))
  }

  private static func derive(_ name: [UInt8], _ seed: String) -> [UInt8] {
    Digest.sha256(Array("cairn ".utf8) + name + Array("\n\(seed)".utf8))
  }

  /// The first 16 bytes, marked as what they are.
  ///
  /// Source: RFC 9562, section 5.8, "UUID Version 8".
  private static func uuid(_ digest: [UInt8]) -> Identifier {
    var bytes = Array(digest.prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    guard let identifier = Identifier(bytes) else { preconditionFailure("a SHA-256 has 32 bytes") }
    return identifier
  }
}
