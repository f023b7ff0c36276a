// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The eleven bytes of an 8.3 name: eight and three, filled up with spaces, without the dot.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Directory Structure", `DIR_Name`; the
/// checksum: "FAT Long Directory Entries" and "Organization and Association of Short & Long Directory Entries".
struct ShortName: Hashable, Sendable {
  /// The first eight bytes, the very first one lowest.
  private var base: UInt64
  /// The last three bytes, the first of them lowest.
  private var suffix: UInt32

  static let byteCount = 11
  /// Spaces only: the name of nothing.
  static let blank = ShortName(padding: [])
  /// The entry of a directory for itself.
  static let dot = ShortName(padding: [UInt8(ascii: ".")])
  /// The entry of a directory for the one that holds it.
  static let dotDot = ShortName(padding: [UInt8(ascii: "."), UInt8(ascii: ".")])

  /// - Parameters:
  ///   - base: up to eight bytes.
  ///   - suffix: up to three bytes.
  init(base: some Collection<UInt8>, suffix: some Collection<UInt8>) {
    precondition(base.count <= 8 && suffix.count <= 3, "eight and three bytes")
    self.base = Self.packed(base, count: 8)
    self.suffix = UInt32(Self.packed(suffix, count: 3))
  }

  /// - Parameter bytes: up to eleven, filled up with spaces.
  init(padding bytes: [UInt8]) {
    self.init(base: bytes.prefix(8), suffix: bytes.dropFirst(8))
  }

  /// Reads eleven bytes at `offset`, whatever they are.
  init(decoding slot: RawSpan, at offset: Int) {
    base = slot.load(at: offset)
    suffix =
      UInt32(slot.load(UInt16.self, at: offset + 8)) | UInt32(slot.load(UInt8.self, at: offset + 10)) << 16
  }

  /// Writes the eleven bytes to `offset`.
  func encode(into slot: inout MutableRawSpan, at offset: Int) {
    slot.store(base, at: offset)
    slot.store(UInt16(truncatingIfNeeded: suffix), at: offset + 8)
    slot.store(UInt8(suffix >> 16), at: offset + 10)
  }

  var bytes: [UInt8] { (0..<Self.byteCount).map { self[$0] } }

  /// One of the eleven bytes.
  subscript(index: Int) -> UInt8 {
    get {
      index < 8
        ? UInt8(truncatingIfNeeded: base >> UInt64(index * 8))
        : UInt8(truncatingIfNeeded: suffix >> UInt32((index - 8) * 8))
    }
    set {
      if index < 8 {
        let shift = UInt64(index * 8)
        base = base & ~(0xFF << shift) | UInt64(newValue) << shift
      } else {
        let shift = UInt32((index - 8) * 8)
        suffix = suffix & ~(0xFF << shift) | UInt32(newValue) << shift
      }
    }
  }

  /// What binds the entries of a long name to the short name behind them. `LDIR_Chksum`.
  var checksum: UInt8 {
    var sum: UInt8 = 0
    for index in 0..<Self.byteCount { sum = (sum >> 1 | sum << 7) &+ self[index] }
    return sum
  }

  private static func packed(_ bytes: some Collection<UInt8>, count: Int) -> UInt64 {
    var packed: UInt64 = 0
    var shift: UInt64 = 0
    for byte in bytes {
      packed |= UInt64(byte) << shift
      shift += 8
    }
    while shift < count * 8 {
      packed |= UInt64(UInt8(ascii: " ")) << shift
      shift += 8
    }
    return packed
  }
}

// Names that are 8.3 names themselves.
extension ShortName {
  /// The name as it is, but for case; nil where it is no 8.3 name.
  ///
  /// Names with spaces are none here, as on Windows, though the bytes could be stored.
  init?(_ name: some BidirectionalCollection<UInt8>) {
    let dot = name.firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex
    let base = name[..<dot]
    let suffix = name[dot...].dropFirst()
    guard (1...8).contains(base.count), suffix.count <= 3, dot == name.endIndex || !suffix.isEmpty,
      base.allSatisfy({ Self.isLegal(Self.upperCase($0)) }),
      suffix.allSatisfy({ Self.isLegal(Self.upperCase($0)) })
    else { return nil }
    self.init(base: base.lazy.map(Self.upperCase), suffix: suffix.lazy.map(Self.upperCase))
  }

  /// Whether the name is an 8.3 name as it is, in upper case.
  static func isShortName(_ name: ArraySlice<UInt8>) -> Bool {
    !name.contains { upperCase($0) != $0 } && ShortName(name) != nil
  }

  /// Whether `byte` may stand in a short name: upper-case ASCII letters, digits and some marks. Bytes above 0x7F are
  /// legal on FAT, but mean another character to each code page.
  static func isLegal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: ")"), UInt8(ascii: "-"), UInt8(ascii: "@"): true
    case UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "~"): true
    default: false
    }
  }

  /// ASCII letters in upper case, every other byte as it is.
  static func upperCase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 0x20 : byte
  }
}

// Names that anyone may have made.
extension ShortName {
  /// What can be wrong with one of the eleven bytes.
  struct Fault {
    let index: Int
    let kind: Finding.Kind
  }

  /// The first byte that no name has; 0x05 stands for 0xE5 in the first place, where that would mean a deleted entry.
  var fault: Fault? {
    for index in 0..<Self.byteCount {
      let byte = self[index]
      switch (index, byte) {
      case (0, 0x05), (1..., 0x20): break
      case (0, 0x20): return Fault(index: 0, kind: .shortNameLeadingSpace)
      case (_, UInt8(ascii: "a")...UInt8(ascii: "z")): return Fault(index: index, kind: .shortNameLowerCase)
      case (_, ..<0x20): return Fault(index: index, kind: .shortNameIllegal)
      case (_, 0x21..<0x7F) where !Self.isLegal(byte): return Fault(index: index, kind: .shortNameIllegal)
      default: break
      }
    }
    return nil
  }
}
