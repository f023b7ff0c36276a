// SPDX-License-Identifier: Apache-2.0
import Entries
import Testing

@testable import Archive

@Suite struct TarParserTests {
  private func parsed(_ parts: [UInt8]...) throws -> [Read] { try parse(parts.flatMap(\.self) + end) }

  private func expect(
    _ problem: TarProblem, at offset: UInt64 = 0, name: String? = nil, _ parts: [UInt8]...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let failure = TarFailure(offset: offset, name: name.map { Array($0.utf8) }, problem: problem)
    let tar = parts.flatMap(\.self)
    for pieceSize in [512, 1024, 1 << 18] {
      #expect(throws: failure, sourceLocation: sourceLocation) { try parse(tar, pieceSize: pieceSize) }
    }
  }

  // MARK: Entries

  @Test func `each type of entry is what POSIX says`() throws {
    let device = [329: Array("0000263\0".utf8), 337: Array("0000002\0".utf8)]
    let all = try parsed(
      header("./", type: "5"), header("f", size: 3), padded("abc"), header("old", type: "\0"),
      header("seven", type: "7", size: 1), padded("7"), header("h", type: "1", link: "./f"),
      header("s", type: "2", link: "../x"), header("c", type: "3", fields: device),
      header("b", type: "4", fields: device), header("p", type: "6"), header("v7dir/"))
    let kinds: [(EntryPath, Entry.Kind)] = [
      ("", .directory), ("f", .regular(.init(size: 3))), ("old", .regular(.init(size: 0))),
      ("seven", .regular(.init(size: 1))), ("h", .hardLink(to: "f")),
      ("s", .symbolicLink(target: Array("../x".utf8))), ("c", .characterDevice(major: 179, minor: 2)),
      ("b", .blockDevice(major: 179, minor: 2)), ("p", .fifo), ("v7dir", .directory),
    ]
    #expect(
      all.map(\.entry)
        == kinds.map { Entry($0.0, $0.1, mode: 0o644, modificationTime: .init(seconds: 0)) })
    #expect(all[1].bytes == Array("abc".utf8))
    #expect(all[3].bytes == Array("7".utf8))
  }

  @Test func `directories and links have no content, whatever size they tell`() throws {
    let all = try parsed(
      header("d/", type: "5", size: 512), header("f"), header("h", type: "1", size: 9999, link: "f"),
      header("s", type: "2", size: 4, link: "f"))
    #expect(all.map(\.entry.path) == ["d", "f", "h", "s"])
  }

  @Test func `long names come before their entry and no other`() throws {
    let path = String(repeating: "p", count: 700)
    let target = String(repeating: "t", count: 600)
    let all = try parsed(
      header("././@LongLink", type: "K", size: 601), padded(target + "\0"),
      header("././@LongLink", type: "L", size: 701), padded(path + "\0"),
      header("ppp", type: "2", link: "ttt"), header("f"))
    #expect(all[0].entry.path.bytes == Array(path.utf8))
    #expect(all[0].entry.kind == .symbolicLink(target: Array(target.utf8)))
    #expect(all[1].entry.path == "f")
  }

  @Test func `records override the header, once; global ones until the next`() throws {
    let all = try parsed(
      records("20 comment=whatever\n17 mtime=1000.25\n", type: "g"),
      records("14 path=a/b/c\n9 size=3\n15 uid=4000000\n15 gid=5000000\n14 mtime=-0.5\n"),
      header("x", size: 7), padded("abc"), header("y"),
      records("11 mtime=7\n", type: "g"), header("z"))
    #expect(all[0].entry.path == "a/b/c")
    #expect(all[0].bytes == Array("abc".utf8))
    #expect(all[0].entry.owner == .init(user: 4_000_000, group: 5_000_000))
    #expect(all[0].entry.modificationTime == .init(seconds: -1, nanoseconds: 500_000_000))
    #expect(all[1].entry.modificationTime == .init(seconds: 1000, nanoseconds: 250_000_000))
    #expect(all[1].entry.path == "y")
    #expect(all[2].entry.modificationTime == .init(seconds: 7))
  }

  @Test(arguments: [
    ("0", 0, 0), ("12", 12, 0), ("1.000000001", 1, 1), ("1.9999999999", 1, 999_999_999), ("-1", -1, 0),
    ("-1.25", -2, 750_000_000), ("-0.0000000001", -1, 999_999_999), ("-1.9999999999", -2, 0), ("-0", 0, 0),
  ])
  func `times are decimal and round down`(text: String, seconds: Int64, nanoseconds: UInt32) throws {
    let all = try parsed(records(record("mtime", text)), header("f"))
    #expect(all[0].entry.modificationTime == .init(seconds: seconds, nanoseconds: nanoseconds))
  }

  @Test func `extended attributes keep their order, and names that GNU tar escapes`() throws {
    let all = try parsed(
      records("27 SCHILY.xattr.user.b=12\n\n25 SCHILY.xattr.a%3D%25=\n26 SCHILY.xattr.user.b=34\n"),
      header("f"), header("g"))
    #expect(
      all[0].entry.extendedAttributes == [
        .init(name: Array("user.b".utf8), value: Array("34".utf8)), .init(name: Array("a=%".utf8), value: []),
      ])
    #expect(all[1].entry.extendedAttributes.isEmpty)
  }

  @Test func `volume labels are passed over`() throws {
    #expect(try parsed(header("label", type: "V"), header("f")).map(\.entry.path) == ["f"])
  }

  // MARK: Sparse files

  @Test func `maps of all versions give the same file`() throws {
    let data = [UInt8](repeating: 1, count: 512) + [UInt8](repeating: 2, count: 3)
    let content = Entry.Content(size: 5000, dataRanges: [1024..<1536, 4097..<4100])
    let versions: [[UInt8]] = [
      records(
        "24 GNU.sparse.size=5000\n26 GNU.sparse.numblocks=2\n26 GNU.sparse.offset=1024\n"
          + "27 GNU.sparse.numbytes=512\n26 GNU.sparse.offset=4097\n25 GNU.sparse.numbytes=3\n")
        + header("f", size: 515) + padded(data),
      records(
        "24 GNU.sparse.size=5000\n26 GNU.sparse.numblocks=2\n21 GNU.sparse.name=f\n"
          + record("GNU.sparse.map", "1024,512,4097,3"))
        + header("GNUSparseFile.0/f", size: 515) + padded(data),
      records(
        "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=f\n28 GNU.sparse.realsize=5000\n")
        + header("GNUSparseFile.0/f", size: 1027) + padded("3\n1024\n512\n4097\n3\n5000\n0\n") + padded(data),
      header(
        "f", type: "S", size: 515,
        fields: [257: Array("ustar  \0".utf8), 386: oldMap([1024, 512, 4097, 3]), 483: octal(5000)])
        + padded(data),
    ]
    for version in versions {
      let all = try parsed(version, header("next"))
      #expect(all.map(\.entry.path) == ["f", "next"])
      #expect(all[0].entry.kind == .regular(content))
      #expect(all[0].bytes == data)
    }
  }

  @Test func `an old map goes on in further blocks`() throws {
    let pairs = (0..<30).flatMap { [$0 * 1024, 512] }
    let data = [UInt8](repeating: 9, count: 30 * 512)
    let fields = [
      257: Array("ustar  \0".utf8), 386: oldMap(Array(pairs[..<8])), 482: [1], 483: octal(30 * 1024),
    ]
    var first = padded(oldMap(Array(pairs[8..<50])))
    first[504] = 1
    let all = try parsed(
      header("f", type: "S", size: data.count, fields: fields), first, padded(oldMap(Array(pairs[50...]))),
      data)
    let ranges = stride(from: UInt64(0), to: 30 * 1024, by: 1024).map { $0..<$0 + 512 }
    #expect(all[0].entry.kind == .regular(.init(size: 30 * 1024, dataRanges: ranges)))
    #expect(all[0].bytes == data)
  }

  @Test(arguments: [
    "1,512,0,3",  // backwards
    "0,512,511,3",  // overlapping
    "0,512,4998,3",  // beyond the end
    "0,512,600,2",  // less than is stored
    "0,512,600,4",  // more than is stored
    "0,3,600,512",  // a range within a block that isn't the last
    "0,512,600",  // half a pair
    "18446744073709551615,2,600,513",
  ])
  func `a map that contradicts itself is an error`(map: String) {
    let tar =
      records("24 GNU.sparse.size=5000\n" + record("GNU.sparse.map", map)) + header("f", size: 515)
      + padded([UInt8](repeating: 1, count: 515))
    expect(.malformedSparseMap, at: 1024, name: "f", tar, end)
  }

  @Test(arguments: [
    ("1\n0\n", TarProblem.malformedNumber(.sparse)), ("x", .malformedNumber(.sparse)),
    ("\n", .malformedNumber(.sparse)), ("1000000000000000000000\n", .numberTooLarge(.sparse)),
    ("262145\n", .extensionTooLarge(limit: 262_144)), ("1\n0\n100\n", .malformedSparseMap),
  ])
  func `a map before the data must be numbers`(map: String, problem: TarProblem) {
    let start = records("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n28 GNU.sparse.realsize=5000\n")
    expect(problem, at: 1024, name: "f", start, header("f", size: 1024), padded(map), padded("data"), end)
  }

  @Test func `a map that has no end fails where the file's bytes do`() {
    let start = records("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n28 GNU.sparse.realsize=5000\n")
    let digits = [UInt8](repeating: UInt8(ascii: "\n"), count: 512)
    let map = Array("200000\n".utf8) + (0..<505).map { UInt8(ascii: $0 % 2 == 0 ? "0" : "\n") }
    #expect(map.count == 512 && digits.count == 512)
    expect(.malformedSparseMap, at: 1024, name: "f", start, header("f", size: 512), map, map, end)
  }

  // MARK: What is wrong

  @Test func `names that lead out of the archive are errors`() {
    expect(.unsafePath(.absolute), name: "/etc/passwd", header("/etc/passwd"), end)
    expect(.unsafePath(.leavesRoot), name: "a/../../b", header("a/../../b"), end)
    expect(.unsafePath(.containsNUL), at: 1024, name: "a\0b", records("12 path=a\0b\n"), header("f"), end)
    expect(.emptyName, name: "", header(""), end)
    expect(.rootIsNoDirectory, name: ".", header("."), end)
    expect(.unsafeLinkTarget(.leavesRoot), name: "h", header("h", type: "1", link: "../f"), end)
    expect(.malformedLinkTarget, name: "h", header("h", type: "1"), end)
    expect(.malformedLinkTarget, name: "s", header("s", type: "2"), end)
    expect(
      .malformedLinkTarget, at: 1024, name: "s", records("16 linkpath=a\0b\n"),
      header("s", type: "2", link: "f"), end)
  }

  @Test func `types that no one defined, and parts of archives, are errors`() {
    expect(.unknownType(UInt8(ascii: "D")), name: "d", header("d", type: "D"), end)
    expect(.unknownType(UInt8(ascii: "8")), name: "d", header("d", type: "8"), end)
    expect(.multiVolume, header("f", type: "M"), end)
    expect(.multiVolume, at: 0, records("22 GNU.volume.size=10\n"), header("f"), end)
  }

  @Test func `numbers beyond what a file system has are errors`() {
    let large = [UInt8](arrayLiteral: 0x80, 0, 0, 1, 0, 0, 0, 0)
    expect(.numberTooLarge(.user), name: "f", header("f", fields: [108: large]), end)
    expect(.numberTooLarge(.group), at: 1024, name: "f", records("18 gid=4294967296\n"), header("f"), end)
    expect(.numberTooLarge(.device), name: "f", header("f", type: "3", fields: [329: large]), end)
    expect(.malformedNumber(.mode), name: "f", header("f", fields: [100: Array("999".utf8)]), end)
  }

  @Test(arguments: [
    "size=-1", "size=", "size=1x", "size=9223372036854775808", "uid=-1", "mtime=1.", "mtime=.5", "mtime=1.5x",
    "mtime=--1", "mtime=", "mtime=-", "mtime=1e9", "mtime=9223372036854775808",
    "mtime=-9223372036854775808.1", "GNU.sparse.numbytes=5", "GNU.sparse.map=1,,2",
    "GNU.sparse.x=1",
    "SCHILY.xattr.=1",
  ])
  func `records whose values are no numbers are errors`(text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let tar = records(record(parts[0], parts[1])) + header("f") + end
    expect(.malformedRecord(keyword: Array(parts[0].utf8)), tar)
  }

  @Test func `extended headers have a limit and need an entry`() {
    let limit = 1_048_576
    expect(.extensionTooLarge(limit: limit), header("x", type: "x", size: limit + 1), end)
    expect(.extensionTooLarge(limit: limit), header("x", type: "L", size: 0o77777777777), end)
    let half = header("x", type: "g", size: 12) + padded("12 comment=\n")
    expect(.extensionTooLarge(limit: limit), at: 1024, half, header("x", type: "x", size: limit - 11), end)
    expect(.loneExtension, at: 1024, records("11 mtime=7\n"), end)
    expect(.loneExtension, at: 1024, header("L", type: "L", size: 2), padded("f\0"), end)
  }

  // MARK: Beginning and end

  @Test func `what is no tar is called so`() {
    expect(.notTar)
    expect(.notTar, Array("hello".utf8))
    expect(.notTar, [UInt8](repeating: 0x41, count: 4096))
    expect(.notTar, [UInt8](repeating: 0, count: 100))
    expect(.notTar, at: 512, [UInt8](repeating: 0, count: 512), [UInt8](repeating: 0x41, count: 512))
  }

  @Test func `an archive without entries is one`() throws {
    #expect(try parsed().isEmpty)
    #expect(try parse([UInt8](repeating: 0, count: 10_240)).isEmpty)
  }

  @Test func `the end may be one block of zeros, two, or many`() throws {
    for byteCount in [512, 1024, 1025, 10_240 - 512] {
      #expect(try parse(header("f") + [UInt8](repeating: 0, count: byteCount)).count == 1)
    }
  }

  @Test func `an archive that stops before its end is truncated`() {
    expect(.missingEnd, at: 512, header("f"))
    expect(.missingEnd, at: 1024, header("f", size: 3), padded("abc"))
    expect(.truncated, name: "f", header("f", size: 600), padded("abc"))
    expect(.truncated, at: 512, header("f"), [UInt8](repeating: 0, count: 511))
    expect(.truncated, at: 512, header("f"), Array(header("g")[..<100]))
    expect(.truncated, at: 0, Array(records("11 mtime=7\n")[..<512]))
    expect(.truncated, at: 0, records("11 mtime=7\n"))
  }

  @Test func `what follows the end is an error`() {
    expect(.trailingBytes, at: 1024, header("f"), [UInt8](repeating: 0, count: 512), header("g"))
    expect(.trailingBytes, at: 1536, header("f"), end, header("g"))
    expect(.trailingBytes, at: 1536, header("f"), end, [0, 0, 1])
  }

  @Test func `a damaged header is found between entries`() {
    var damaged = header("g")
    damaged[3] ^= 1
    expect(.checksum, at: 512, header("f"), damaged, end)
  }

  @Test func `pieces may end anywhere between blocks`() throws {
    let tar =
      records("14 path=a/b/c\n") + header("x", size: 3000) + padded([UInt8](repeating: 5, count: 3000))
      + header("y")
      + end
    let whole = try parse(tar)
    for blockCount in 1...9 { #expect(try parse(tar, pieceSize: 512 * blockCount) == whole) }
  }

  // MARK: Fuzzing

  @Test func `no mutation of an archive traps`() throws {
    var random = SplitMix(seed: UInt64.random(in: 0 ... .max))
    print("seed", random.state)
    let archives = Self.archivesToMutate
    for _ in 0..<20_000 {
      var tar = archives[Int(random.next() % UInt64(archives.count))]
      for _ in 0...Int(random.next() % 4) { mutate(&tar, &random) }
      // Behind a wrong checksum nothing is read: most mutations get a right one.
      if random.next() % 8 != 0 { for block in 0..<tar.count / 512 { sumAgain(&tar, block) } }
      _ = try? parse(tar, pieceSize: 512 * Int(1 + random.next() % 8))
    }
  }

  private static let archivesToMutate: [[UInt8]] = [
    header("d/", type: "5") + header("f", size: 3) + padded("abc") + header("s", type: "2", link: "f") + end,
    records("14 path=a/b/c\n9 size=3\n15 uid=4000000\n14 mtime=-0.5\n26 SCHILY.xattr.user.b=34\n")
      + header("x", size: 7) + padded("abc") + end,
    header("././@LongLink", type: "L", size: 101) + padded([UInt8](repeating: 0x70, count: 100) + [0])
      + header("ppp") + end,
    records("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n28 GNU.sparse.realsize=5000\n")
      + header("f", size: 1027) + padded("2\n1024\n512\n4097\n3\n")
      + padded([UInt8](repeating: 1, count: 515)) + end,
    records("24 GNU.sparse.size=5000\n34 GNU.sparse.map=1024,512,4097,3\n") + header("f", size: 515)
      + padded([UInt8](repeating: 1, count: 515)) + end,
    header(
      "f", type: "S", size: 515,
      fields: [257: Array("ustar  \0".utf8), 386: oldMap([1024, 512, 4097, 3]), 482: [1], 483: octal(5000)])
      + [UInt8](repeating: 0, count: 512) + padded([UInt8](repeating: 1, count: 515)) + end,
  ]

  private func mutate(_ tar: inout [UInt8], _ random: inout SplitMix) {
    guard !tar.isEmpty else { return }
    let offset = Int(random.next() % UInt64(tar.count))
    switch random.next() % 5 {
    case 0: tar[offset] = UInt8(truncatingIfNeeded: random.next())
    case 1:
      tar[offset] =
        [0, 0x20, 0x30, 0x37, 0x38, 0x80, 0xFF, 0x2F, 0x2E, 0x0A, 0x2C, 0x2D][Int(random.next() % 12)]
    case 2 where offset / 512 * 512 + 156 < tar.count:
      tar[offset / 512 * 512 + 156] = Array("01234567xgLKSVMD\0".utf8)[Int(random.next() % 17)]
    case 3: tar.removeSubrange(offset...)
    default:
      let block = Int(random.next() % UInt64(max(1, tar.count / 512))) * 512
      tar.insert(contentsOf: tar[block..<min(tar.count, block + 512)], at: offset / 512 * 512)
    }
  }

  private func sumAgain(_ tar: inout [UInt8], _ block: Int) {
    let range = block * 512..<block * 512 + 512
    guard tar[range.lowerBound + 257] == UInt8(ascii: "u") else { return }
    tar.replaceSubrange(range, with: summed(Array(tar[range])))
  }
}

/// A record with its length, for texts below 90 bytes.
private func record(_ keyword: String, _ value: String) -> String {
  let rest = " \(keyword)=\(value)\n"
  let byteCount = rest.utf8.count + (rest.utf8.count < 9 ? 1 : 2)
  return "\(byteCount)\(rest)"
}

private func octal(_ number: Int) -> [UInt8] {
  let digits = String(number, radix: 8)
  return Array((String(repeating: "0", count: 11 - digits.count) + digits + "\0").utf8)
}

private func oldMap(_ numbers: [Int]) -> [UInt8] { numbers.flatMap(octal) }

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
