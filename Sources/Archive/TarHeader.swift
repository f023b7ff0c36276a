// SPDX-License-Identifier: Apache-2.0

/// A header block of 512 bytes, taken for itself: what PAX records or GNU's long names change is not in it.
///
/// Sources: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
struct TarHeader: Equatable {
  /// Directory and name joined, as the archive has them.
  var path: [UInt8] = []
  /// All bits of the field: some archivers put the file type above the low twelve.
  var mode: UInt64 = 0
  var user: UInt64 = 0
  var group: UInt64 = 0
  /// Bytes that follow the header.
  var size: UInt64 = 0
  /// Seconds since 1970.
  var modificationTime: Int64 = 0
  var type: TypeFlag = .regular
  var linkPath: [UInt8] = []
  var deviceMajor: UInt64 = 0
  var deviceMinor: UInt64 = 0

  static let byteCount = 512

  /// The character that tells what an entry is.
  struct TypeFlag: Equatable, Sendable {
    var byte: UInt8

    static let regular = TypeFlag("0")
    static let hardLink = TypeFlag("1")
    static let symbolicLink = TypeFlag("2")
    static let characterDevice = TypeFlag("3")
    static let blockDevice = TypeFlag("4")
    static let directory = TypeFlag("5")
    static let fifo = TypeFlag("6")
    static let contiguous = TypeFlag("7")
    static let extendedHeader = TypeFlag("x")
    static let globalExtendedHeader = TypeFlag("g")
    /// V7's regular file.
    static let oldRegular = TypeFlag(byte: 0)
    // GNU tar's own.
    static let longPath = TypeFlag("L")
    static let longLinkPath = TypeFlag("K")
    static let oldSparse = TypeFlag("S")
    static let volumeLabel = TypeFlag("V")
    static let multiVolume = TypeFlag("M")

    init(_ character: Unicode.Scalar) { byte = UInt8(ascii: character) }
    init(byte: UInt8) { self.byte = byte }

    static func ~= (pattern: TypeFlag, value: TypeFlag) -> Bool { pattern == value }
  }

  /// Where fields lie, with the names of the POSIX table.
  enum Field {
    static let name = 0..<100
    static let mode = 100..<108
    static let uid = 108..<116
    static let gid = 116..<124
    static let size = 124..<136
    static let mtime = 136..<148
    static let chksum = 148..<156
    static let typeflag = 156
    static let linkname = 157..<257
    static let magic = 257..<263
    static let version = 263..<265
    static let devmajor = 329..<337
    static let devminor = 337..<345
    static let prefix = 345..<500
  }
}

extension TarHeader {
  /// The largest number that a field of 8 bytes holds: seven octal digits.
  static let maximumShortNumber: UInt64 = 0o7777777
  /// The largest number that a field of 12 bytes holds: eleven octal digits.
  static let maximumLongNumber: UInt64 = 0o77777777777

  /// Cuts a path in two for the fields prefix and name. Nil where no "/" is in the right place.
  ///
  /// A "/" at the end belongs to the name of a directory.
  static func split(_ path: [UInt8]) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)? {
    guard path.count > Field.name.count else { return ([], path[...]) }
    // The "/" itself stands in neither field, and the name behind it must not be empty.
    let first = path.count - Field.name.count - 1
    let last = min(Field.prefix.count, path.count - 2)
    guard first <= last,
      let slash = path[first...last].firstIndex(of: UInt8(ascii: "/")), slash > 0
    else { return nil }
    return (path[..<slash], path[(slash + 1)...])
  }

  /// The block. What no field can hold (the writer puts it into records) is cut: a path, a number.
  func encoded() -> [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.byteCount)
    let (prefix, name) = Self.split(path) ?? ([], path[...])
    Self.store(name, &block, Field.name)
    Self.store(prefix, &block, Field.prefix)
    Self.store(linkPath, &block, Field.linkname)
    Self.store(octal: mode, &block, Field.mode)
    Self.store(octal: user, &block, Field.uid)
    Self.store(octal: group, &block, Field.gid)
    Self.store(octal: size, &block, Field.size)
    Self.store(octal: UInt64(max(0, modificationTime)), &block, Field.mtime)
    Self.store(octal: deviceMajor, &block, Field.devmajor)
    Self.store(octal: deviceMinor, &block, Field.devminor)
    block[Field.typeflag] = type.byte
    Self.store("ustar\0".utf8, &block, Field.magic)
    Self.store("00".utf8, &block, Field.version)
    Self.storeChecksum(&block)
    return block
  }

  private static func store(_ bytes: some Sequence<UInt8>, _ block: inout [UInt8], _ field: Range<Int>) {
    for (offset, byte) in zip(field, bytes) { block[offset] = byte }
  }

  /// Octal digits up to a NUL, with leading zeros; zero where the number is too large.
  private static func store(octal number: UInt64, _ block: inout [UInt8], _ field: Range<Int>) {
    let digits = Array(String(number, radix: 8).utf8)
    guard digits.count < field.count else { return store(octal: 0, &block, field) }
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: field.count - 1 - digits.count)
    store(zeros + digits, &block, field)
  }

  /// Six octal digits, NUL and a space: the sum of all bytes, the field's own taken as spaces.
  private static func storeChecksum(_ block: inout [UInt8]) {
    store("        ".utf8, &block, Field.chksum)
    let sum = block.reduce(0) { $0 + UInt64($1) }
    store(octal: sum, &block, Field.chksum.dropLast())
    block[Field.chksum.upperBound - 2] = 0
  }
}
