// SPDX-License-Identifier: Apache-2.0

extension TarHeader {
  /// Takes a block that is not all zeros.
  ///
  /// - Throws: `checksum` where it can't be a header, `malformedNumber`, `numberTooLarge`.
  init(decoding block: RawSpan) throws(TarProblem) {
    guard Self.hasValidChecksum(block) else { throw .checksum }
    path = Self.path(in: block)
    linkPath = block.text(Field.linkname)
    type = TypeFlag(byte: block.byte(at: Field.typeflag))
    mode = try Self.number(block, Field.mode, .mode)
    user = try Self.number(block, Field.uid, .user)
    group = try Self.number(block, Field.gid, .group)
    size = try Self.number(block, Field.size, .size)
    modificationTime = try Self.signedNumber(block, Field.mtime, .modificationTime)
    guard type == .characterDevice || type == .blockDevice else { return }
    deviceMajor = try Self.number(block, Field.devmajor, .device)
    deviceMinor = try Self.number(block, Field.devminor, .device)
  }

  /// The path that the header has, whatever else is wrong with it.
  ///
  /// GNU tar's old format has times and a sparse map where POSIX has the prefix; V7 has nothing there.
  static func path(in block: RawSpan) -> [UInt8] {
    let name = block.text(Field.name)
    guard Field.magic.elementsEqual(posixMagic, by: { block.byte(at: $0) == $1 }) else { return name }
    let prefix = block.text(Field.prefix)
    return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
  }

  /// "ustar" and a NUL.
  private static let posixMagic: [UInt8] = [0x75, 0x73, 0x74, 0x61, 0x72, 0]

  /// The sum of all bytes, the field's own taken as spaces. Some old archivers summed signed bytes.
  private static func hasValidChecksum(_ block: RawSpan) -> Bool {
    guard let expected = try? octalNumber(block, Field.chksum, .mode) else { return false }
    // The field's own bytes are digits and spaces, or it were no number: none is high.
    let sum = byteSum(block) + Field.chksum.reduce(0) { $0 + 0x20 - Int(block.byte(at: $1)) }
    return expected == sum || expected == sum - 256 * highByteCount(block)
  }

  /// The sum of the block's bytes.
  private static func byteSum(_ block: RawSpan) -> Int {
    // Four sums of 16 bits at once: each is at most 128 times 255.
    let everySecondByte: UInt64 = 0x00FF_00FF_00FF_00FF
    var sums: UInt64 = 0
    for offset in stride(from: 0, to: byteCount, by: 8) {
      let word = unsafe block.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
      sums &+= (word & everySecondByte) &+ (word >> 8 & everySecondByte)
    }
    return [0, 16, 32, 48].reduce(0) { $0 + Int(sums >> $1 & 0xFFFF) }
  }

  /// Bytes of the block that have their first bit set.
  private static func highByteCount(_ block: RawSpan) -> Int {
    (0..<byteCount).count { block.byte(at: $0) & 0x80 != 0 }
  }
}

// MARK: Numbers

extension TarHeader {
  /// - Throws: `numberTooLarge` also for what is below zero.
  static func number(
    _ block: RawSpan, _ field: Range<Int>, _ name: TarProblem.Field
  ) throws(TarProblem) -> UInt64 {
    guard let number = UInt64(exactly: try signedNumber(block, field, name)) else {
      throw .numberTooLarge(name)
    }
    return number
  }

  /// Octal digits, or base 256 where the first bit is set (GNU tar manual, "Extensions to the tar format").
  static func signedNumber(
    _ block: RawSpan, _ field: Range<Int>, _ name: TarProblem.Field
  ) throws(TarProblem) -> Int64 {
    block.byte(at: field.lowerBound) & 0x80 == 0
      ? try octalNumber(block, field, name) : try binaryNumber(block, field, name)
  }

  /// Spaces, digits, then spaces and NULs; a field without digits is zero.
  private static func octalNumber(
    _ block: RawSpan, _ field: Range<Int>, _ name: TarProblem.Field
  ) throws(TarProblem) -> Int64 {
    var offset = field.first { block.byte(at: $0) != UInt8(ascii: " ") } ?? field.upperBound
    var number: Int64 = 0
    // Twelve digits at most: no overflow.
    while offset < field.upperBound, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(block.byte(at: offset))
    {
      number = number << 3 | Int64(block.byte(at: offset) - UInt8(ascii: "0"))
      offset += 1
    }
    while offset < field.upperBound {
      let byte = block.byte(at: offset)
      guard byte == 0 || byte == UInt8(ascii: " ") else { throw .malformedNumber(name) }
      offset += 1
    }
    return number
  }

  /// Two's complement, the most significant byte first; the topmost bit is only the mark.
  private static func binaryNumber(
    _ block: RawSpan, _ field: Range<Int>, _ name: TarProblem.Field
  ) throws(TarProblem) -> Int64 {
    let first = block.byte(at: field.lowerBound)
    // The bit below the mark is the sign.
    var number = first & 0x40 == 0 ? Int64(first & 0x3F) : Int64(Int8(bitPattern: first))
    for offset in field.dropFirst() {
      let (high, overflows) = number.multipliedReportingOverflow(by: 256)
      guard !overflows else { throw .numberTooLarge(name) }
      number = high | Int64(block.byte(at: offset))
    }
    return number
  }
}
