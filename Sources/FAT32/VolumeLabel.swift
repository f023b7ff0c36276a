// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// The name of a volume: up to eleven characters, upper case, the same in the boot sector and in the root directory.
///
/// Only ASCII: what a byte above 0x7F means depends on each reader's code page.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "Boot Sector and BPB", `BS_VolLab`, and "FAT
/// Directory Structure", `DIR_Name` and `ATTR_VOLUME_ID`.
public struct VolumeLabel: Equatable, Sendable {
  let name: ShortName

  /// Takes a label as a person writes it: letters become upper case.
  ///
  /// - Throws: `label` where it is empty, too long, begins with a space or has a character that FAT does not allow.
  public init(_ text: String) throws(FAT32Error) {
    let bytes = Array(text.utf8)
    guard bytes.contains(where: { $0 != UInt8(ascii: " ") }) else { throw .label(text, .empty) }
    guard text.unicodeScalars.count <= ShortName.byteCount else { throw .label(text, .tooLong) }
    guard bytes[0] != UInt8(ascii: " ") else { throw .label(text, .beginsWithSpace) }
    if let illegal = text.unicodeScalars.first(where: { !Self.isLegal($0) }) {
      throw .label(text, .illegalCharacter(illegal))
    }
    name = ShortName(padding: bytes.map(ShortName.upperCase))
  }

  /// The text, without the spaces that fill it up.
  public var text: String {
    var bytes = name.bytes
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Why a text can't be a label.
  public enum Fault: Error, Equatable, Sendable {
    case empty
    case tooLong
    case beginsWithSpace
    case illegalCharacter(Unicode.Scalar)
  }

  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.isASCII else { return false }
    let byte = ShortName.upperCase(UInt8(scalar.value))
    return byte == UInt8(ascii: " ") || ShortName.isLegal(byte)
  }
}

extension VolumeLabel: CustomStringConvertible {
  public var description: String { text }
}

extension VolumeLabel.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "is empty; give it a character at least"
    case .tooLong: "has more than 11 characters; shorten it"
    case .beginsWithSpace: "begins with a space, which means that there is no label; leave it out"
    case .illegalCharacter(let scalar):
      "has \(String(scalar).utf8.printable) in it; only letters, digits, spaces and !#$%&'()-@^_`{}~ are allowed"
    }
  }
}
