// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Archive

@Suite struct TarHeaderTests {
  @Test func `fields are taken from where the POSIX table has them`() throws {
    let block = header(
      "dir/name", type: "4", size: 0,
      fields: [
        100: Array("0100640\0".utf8), 108: Array("0001750\0".utf8), 116: Array("0000144\0".utf8),
        136: Array("14524770400\0".utf8), 329: Array("0000263\0".utf8), 337: Array("0000002\0".utf8),
        345: Array("prefix/of".utf8),
      ])
    let decoded = try TarHeader(decoding: block.span.bytes)
    #expect(decoded.path == Array("prefix/of/dir/name".utf8))
    #expect(decoded.mode == 0o100640)
    #expect(decoded.user == 1000)
    #expect(decoded.group == 100)
    #expect(decoded.modificationTime == 1_700_000_000)
    #expect(decoded.type == .blockDevice)
    #expect(decoded.deviceMajor == 179)
    #expect(decoded.deviceMinor == 2)
  }

  @Test func `a name or link of 100 bytes has no NUL behind it`() throws {
    let long = String(repeating: "n", count: 100)
    let decoded = try TarHeader(decoding: header(long, type: "2", link: long).span.bytes)
    #expect(decoded.path == Array(long.utf8))
    #expect(decoded.linkPath == Array(long.utf8))
  }

  @Test func `GNU and V7 headers have no prefix`() throws {
    let gnu = header("f", fields: [257: Array("ustar  \0".utf8), 345: Array("14524770400".utf8)])
    #expect(try TarHeader(decoding: gnu.span.bytes).path == Array("f".utf8))
    let v7 = header("f", fields: [257: [UInt8](repeating: 0, count: 8), 345: Array("x".utf8)])
    #expect(try TarHeader(decoding: v7.span.bytes).path == Array("f".utf8))
  }

  @Test(arguments: [
    ("00000000017\0", 15), ("         17 ", 15), ("17\0\0\0\0\0\0\0\0\0\0", 15),
    ("777777777777", 68_719_476_735),
    ("            ", 0), ("\0\0\0\0\0\0\0\0\0\0\0\0", 0),
  ])
  func `octal numbers may have spaces before and a space or NUL behind`(field: String, number: Int64) throws {
    let block = header("f", fields: [136: Array(field.utf8)])
    #expect(try TarHeader(decoding: block.span.bytes).modificationTime == number)
  }

  @Test(arguments: [
    "0000000008\0\0", "1 7         ", "-1          ", "0x10\0\0\0\0\0\0\0\0", "17\0\0\0\0\0\0\0\u{0}7",
  ])
  func `what is no octal number is an error`(field: String) {
    let block = header("f", fields: [136: Array(field.utf8)])
    #expect(throws: TarProblem.malformedNumber(.modificationTime)) {
      try TarHeader(decoding: block.span.bytes)
    }
  }

  @Test(
    arguments: [
      ([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2], 258),
      ([0x80, 0, 0, 0, 0x7F, 255, 255, 255, 255, 255, 255, 255], .max),
      ([0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], -1),
      ([0xFF, 255, 255, 255, 0x80, 0, 0, 0, 0, 0, 0, 0], .min),
    ] as [([UInt8], Int64)])
  func `numbers of base 256 have a sign`(field: [UInt8], number: Int64) throws {
    let block = header("f", fields: [136: field])
    #expect(try TarHeader(decoding: block.span.bytes).modificationTime == number)
  }

  @Test(
    arguments: [
      [0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0],
      [0xBF, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [0xFF, 255, 255, 255, 0x7F, 255, 255, 255, 255, 255, 255, 255],
    ] as [[UInt8]])
  func `numbers of base 256 beyond 64 bits are an error`(field: [UInt8]) {
    let block = header("f", fields: [136: field])
    #expect(throws: TarProblem.numberTooLarge(.modificationTime)) {
      try TarHeader(decoding: block.span.bytes)
    }
  }

  @Test func `a size below zero is an error`() {
    let block = header("f", fields: [124: [UInt8](repeating: 0xFF, count: 12)])
    #expect(throws: TarProblem.numberTooLarge(.size)) { try TarHeader(decoding: block.span.bytes) }
  }

  @Test func `the checksum may be of signed bytes`() throws {
    var block = header("\u{FC}")
    let signed =
      block[0..<148].reduce(8 * 32) { $0 + Int(Int8(bitPattern: $1)) }
      + block[156...].reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
    block.replaceSubrange(148..<156, with: Array("00\(String(signed, radix: 8))\u{0} ".utf8))
    #expect(block.count == 512)
    #expect(try TarHeader(decoding: block.span.bytes).path == Array("\u{FC}".utf8))
    block[0] &+= 1
    #expect(throws: TarProblem.checksum) { try TarHeader(decoding: block.span.bytes) }
  }

  @Test(
    arguments: [
      (name: 100, slashes: [], parts: (0, 100)), (name: 101, slashes: [0], parts: nil),
      (name: 101, slashes: [1], parts: (1, 99)), (name: 256, slashes: [155], parts: (155, 100)),
      (name: 256, slashes: [154], parts: nil), (name: 257, slashes: [156], parts: nil),
      (name: 102, slashes: [101], parts: nil), (name: 102, slashes: [50, 101], parts: (50, 51)),
    ] as [(name: Int, slashes: [Int], parts: (Int, Int)?)])
  func `a path is cut at a slash where both parts fit`(name: Int, slashes: [Int], parts: (Int, Int)?) {
    var path = [UInt8](repeating: UInt8(ascii: "n"), count: name)
    for slash in slashes { path[slash] = UInt8(ascii: "/") }
    let cut = TarHeader.split(path)
    #expect(cut?.prefix.count == parts?.0)
    #expect(cut?.name.count == parts?.1)
  }
}

@Suite struct PAXRecordsTests {
  @Test func `the length counts its own digits`() throws {
    // 3 + 1 + 1 + 1 + … : the classic cases around a further digit.
    var records = PAXRecords()
    records.append("a", "12345".utf8)  // "10 a=12345\n" would be 11 bytes
    records.append("a", "1234".utf8)
    records.append("path", String(repeating: "p", count: 90).utf8)
    let text = String(decoding: records.encoded(), as: UTF8.self)
    #expect(text == "11 a=12345\n9 a=1234\n99 path=\(String(repeating: "p", count: 90))\n")
    #expect(try PAXRecords(decoding: Array(text.utf8)) == records)
  }

  @Test func `values may hold anything`() throws {
    let bytes = Array("16 k==\n\0".utf8) + [0xFF] + Array("123456\n".utf8)
    let decoded = try PAXRecords(decoding: bytes)
    #expect(decoded.records == [.init(keyword: [0x6B], value: [0x3D, 0x0A, 0, 0xFF] + Array("123456".utf8))])
  }

  @Test(arguments: [
    "5 a=\n", "7 a=b\n", "6 a=bc", "6 abc\n", "5 =b\n", "x a=b\n", " a=b\n", "", "-6 a=b\n", "6\n", "2 ",
    "99999999999999999999 a=b\n", "6 a=b\n\0", "6 \0=b\n", "0 a=b\n", "1", "4 a\n", "6 a=b\n6 a=",
  ])
  func `a record whose length, keyword or newline is wrong is an error`(text: String) throws {
    guard text != "5 a=\n", text != "" else {
      return #expect(try PAXRecords(decoding: Array(text.utf8)).records.count == (text.isEmpty ? 0 : 1))
    }
    #expect(throws: TarProblem.self) { try PAXRecords(decoding: Array(text.utf8)) }
  }
}
