// SPDX-License-Identifier: Apache-2.0
import CLinux
import Foundation
import TestSupport
import Testing

@testable import Blocks

/// The ways an image can wait for its name.
enum Waiting: CaseIterable {
  case unnamed, underTemporaryName

  func makeImage(_ path: String, size: UInt64) throws(BlockError) -> ImageFile {
    switch self {
    case .unnamed: try ImageFile(path: path, size: size)
    case .underTemporaryName: try ImageFile(.named(for: OutputName(resolving: path)), size: size)
    }
  }
}

@Suite struct ImageFileTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("card.img")
  }

  // MARK: The name

  @Test func `nothing is in the directory before commit, and only the image after`() throws {
    let image = try ImageFile(path: path, size: 4096)
    try image.write([1, 2, 3], at: 4093)
    #expect(try names() == [])
    try image.commit(isDurable: true)
    #expect(try names() == ["card.img"])
    #expect(try content() == [UInt8](repeating: 0, count: 4093) + [1, 2, 3])
  }

  @Test func `a file system without unnamed files gets a hidden name beside the image's`() throws {
    let image = try Waiting.underTemporaryName.makeImage(path, size: 3)
    try image.write([1, 2, 3], at: 0)
    #expect(try names() == [".cairn-\(getpid())-0.partial"])
    try image.commit(isDurable: true)
    #expect(try names() == ["card.img"])
    #expect(try content() == [1, 2, 3])
  }

  @Test(arguments: Waiting.allCases)
  func `an old file stays whole until commit, and is replaced whole`(waiting: Waiting) throws {
    try Data("old".utf8).write(to: url)
    let image = try waiting.makeImage(path, size: 2)
    try image.write([7, 8], at: 0)
    #expect(try content() == Array("old".utf8))
    try image.commit(isDurable: false)
    #expect(try content() == [7, 8])
    #expect(try names() == ["card.img"])
  }

  @Test(arguments: Waiting.allCases)
  func `without commit the old file stays and nothing else is left`(waiting: Waiting) throws {
    try Data("old".utf8).write(to: url)
    do {
      let image = try waiting.makeImage(path, size: 2)
      try image.write([7, 8], at: 0)
    }
    #expect(try content() == Array("old".utf8))
    #expect(try names() == ["card.img"])
  }

  @Test(arguments: Waiting.allCases)
  func `a second commit changes nothing`(waiting: Waiting) throws {
    try Data("old".utf8).write(to: url)
    let image = try waiting.makeImage(path, size: 1)
    try image.commit(isDurable: true)
    try image.commit(isDurable: true)
    #expect(try content() == [0])
    #expect(try names() == ["card.img"])
  }

  @Test(arguments: Waiting.allCases)
  func `a name that becomes a directory fails the commit, and nothing is left`(waiting: Waiting) throws {
    do {
      let image = try waiting.makeImage(path, size: 1)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      #expect(throws: BlockError.system(.publish, path: path, offset: nil, number: EISDIR)) {
        try image.commit(isDurable: false)
      }
    }
    #expect(try names() == ["card.img"])
  }

  @Test func `temporary names that a killed process left are passed over`() throws {
    for number in 0...1 {
      try Data().write(to: directory.url.appendingPathComponent(".cairn-\(getpid())-\(number).partial"))
    }
    try Data("old".utf8).write(to: url)
    for waiting in Waiting.allCases {
      try waiting.makeImage(path, size: 1).commit(isDurable: false)
      #expect(try names().count == 3)
      #expect(try content() == [0])
    }
  }

  @Test(arguments: Waiting.allCases)
  func `the mode is what the umask leaves of 0666`(waiting: Waiting) throws {
    let image = try waiting.makeImage(path, size: 1)
    try image.commit(isDurable: false)
    let mask = umask(0)
    umask(mask)
    #expect(try status().st_mode & 0o7777 == 0o666 & ~mask)
  }

  @Test func `an image that replaces another has its mode`() throws {
    try Data("old".utf8).write(to: url)
    #expect(chmod(path, 0o600) == 0)
    try ImageFile(path: path, size: 1).commit(isDurable: false)
    #expect(try status().st_mode & 0o7777 == 0o600)
    #expect(try content() == [0])
  }

  // MARK: Names that are taken, missing or links

  @Test(arguments: Waiting.allCases)
  func `a link is followed and stays a link`(waiting: Waiting) throws {
    let target = directory.path("target.img")
    try Data("old".utf8).write(to: URL(fileURLWithPath: target))
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "target.img")
    let image = try waiting.makeImage(path, size: 1)
    #expect(image.path == target)
    try image.commit(isDurable: false)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "target.img")
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data([0]))
  }

  @Test func `a chain of links to nothing makes the file at its end`() throws {
    try FileManager.default.createDirectory(
      atPath: directory.path("there"), withIntermediateDirectories: false)
    let last = directory.path("there/new.img")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "there/link")
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("there/link"), withDestinationPath: last)
    try ImageFile(path: path, size: 1).commit(isDurable: false)
    #expect(try Data(contentsOf: URL(fileURLWithPath: last)) == Data([0]))
    #expect(try names() == ["card.img", "there"])
  }

  @Test func `a circle of links is an error`() throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "card.img")
    #expect(throws: BlockError.system(.create, path: path, offset: nil, number: ELOOP)) {
      try ImageFile(path: path, size: 1)
    }
  }

  @Test(arguments: [
    (name: "/dev/null", kind: BlockError.FileKind.characterDevice), (".", .directory), ("..", .directory),
    ("/", .directory), ("/usr/", .directory),
  ])
  func `what is no regular file is refused`(name: String, kind: BlockError.FileKind) {
    #expect(throws: BlockError.notARegularFile(path: name, kind: kind)) { try ImageFile(path: name, size: 1) }
  }

  @Test func `a pipe and a link to one are refused`() throws {
    #expect(mkfifo(path, 0o600) == 0)
    let link = directory.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "card.img")
    for name in [path, link] {
      #expect(throws: BlockError.notARegularFile(path: name, kind: .pipe)) {
        try ImageFile(path: name, size: 1)
      }
    }
  }

  @Test(arguments: [
    ("missing/card.img", ENOENT), ("card.img/", ENOENT), ("missing/.", ENOENT), ("file/card.img", ENOTDIR),
    ("file/", ENOTDIR), (String(repeating: "n", count: 256), ENAMETOOLONG),
  ])
  func `a name that can't be made is an error at once, by that name`(name: String, number: CInt) throws {
    try Data().write(to: directory.url.appendingPathComponent("file"))
    // URLs would take the end of "card.img/" away.
    let path = "\(directory.path)/\(name)"
    #expect(throws: BlockError.system(.create, path: path, offset: nil, number: number)) {
      try ImageFile(path: path, size: 1)
    }
    #expect(try names() == ["file"])
  }

  @Test func `an empty name is an error at once`() {
    #expect(throws: BlockError.system(.create, path: "", offset: nil, number: ENOENT)) {
      try ImageFile(path: "", size: 1)
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may write anywhere"))
  func `a directory that can't be written to is an error at once, and says what to do`() throws {
    chmod(directory.path, 0o500)
    defer { chmod(directory.path, 0o700) }
    let error = #expect(throws: BlockError.self) { try ImageFile(path: path, size: 1) }
    #expect(
      error?.description
        == "\(path): cannot create: Permission denied; name an output in a directory that you may write to")
  }

  @Test(arguments: Waiting.allCases)
  func `a size that no file has is an error, and leaves nothing`(waiting: Waiting) throws {
    for size in [UInt64(Int64.max), UInt64.max] {
      #expect(throws: BlockError.system(.resize, path: path, offset: size, number: EFBIG)) {
        try waiting.makeImage(path, size: size)
      }
    }
    #expect(try names() == [])
  }

  // MARK: The content

  @Test func `what is not written takes no space and reads as zero`() throws {
    let image = try ImageFile(path: path, size: 1 << 40)
    #expect(try image.bytes(16, at: (1 << 40) - 16) == [UInt8](repeating: 0, count: 16))
    try image.write([5], at: 1 << 39)
    try image.commit(isDurable: true)
    #expect(try status().st_size == 1 << 40)
    #expect(try allocatedByteCount() <= 64 << 10)
  }

  @Test func `zeroing gives the space back`() throws {
    let image = try ImageFile(path: path, size: 8 << 20)
    try writeStream(to: image, 0..<8 << 20)
    try image.zero(4097..<(8 << 20) - 1)
    #expect(try image.bytes(2, at: 4096) == [0x5A, 0])
    #expect(try image.bytes(2, at: (8 << 20) - 2) == [0, 0x5A])
    try image.commit(isDurable: true)
    #expect(try allocatedByteCount() <= 64 << 10)
  }

  @Test func `zeroing nothing is nothing`() throws {
    let image = try ImageFile(path: path, size: 10)
    try image.write([1], at: 5)
    try image.zero(5..<5)
    try image.zero(10..<10)
    try image.write([], at: 10)
    #expect(try image.bytes(10) == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  }

  @Test func `nothing beyond the end is read, written or zeroed`() throws {
    let image = try ImageFile(path: path, size: 10)
    #expect(throws: BlockError.outOfBounds(offset: 9, byteCount: 2, size: 10)) { try image.bytes(2, at: 9) }
    #expect(throws: BlockError.outOfBounds(offset: 9, byteCount: 2, size: 10)) {
      try image.write([1, 2], at: 9)
    }
    #expect(throws: BlockError.outOfBounds(offset: .max, byteCount: 1, size: 10)) {
      try image.write([1], at: .max)
    }
    #expect(throws: BlockError.outOfBounds(offset: 9, byteCount: 2, size: 10)) { try image.zero(9..<11) }
    #expect(try image.bytes(10) == [UInt8](repeating: 0, count: 10))
  }

  @Test func `an image cut or grown has its new size and zeros where it grew`() throws {
    let image = try ImageFile(path: path, size: 0)
    try image.resize(to: 4 << 20)
    try writeStream(to: image, 0..<4 << 20)
    try image.resize(to: 3)
    #expect(image.size == 3)
    try image.resize(to: 5)
    #expect(throws: BlockError.outOfBounds(offset: 5, byteCount: 1, size: 5)) { try image.write([1], at: 5) }
    try image.commit(isDurable: true)
    #expect(try content() == [0x5A, 0x5A, 0x5A, 0, 0])
    #expect(try allocatedByteCount() <= 64 << 10)
  }

  // MARK: Space reserved ahead

  @Test func `space reserved ahead is given back at the end`() throws {
    let image = try ImageFile(path: path, size: 1 << 30)
    try writeStream(to: image, 0..<3 << 20)
    try image.commit(isDurable: true)
    #expect(try (3 << 20...(3 << 20) + (64 << 10)).contains(allocatedByteCount()))
  }

  @Test func `space reserved ahead is given back where the stream goes on elsewhere`() throws {
    let image = try ImageFile(path: path, size: 1 << 30)
    for start in [0 as UInt64, 100 << 20, 50 << 20, 500 << 20] {
      try writeStream(to: image, start..<start + 2 << 20)
    }
    try image.commit(isDurable: true)
    #expect(try (8 << 20...(8 << 20) + (256 << 10)).contains(allocatedByteCount()))
  }

  @Test func `a stream takes nothing of what was written behind it before`() throws {
    let image = try ImageFile(path: path, size: 64 << 20)
    let behind = [3 << 20, (3 << 20) + 100, 20 << 20, 40 << 20] as [UInt64]
    for offset in behind { try image.write([1, 2, 3], at: offset) }
    try writeStream(to: image, 0..<2 << 20)
    try image.write([4], at: 50 << 20)
    try writeStream(to: image, 30 << 20..<32 << 20)
    try image.commit(isDurable: false)
    for offset in behind { #expect(try image.bytes(3, at: offset) == [1, 2, 3]) }
  }

  @Test func `an image written in any order reads like a model`() throws {
    var random = SeededGenerator()
    let size = 6 << 20
    var model = [UInt8](repeating: 0, count: size)
    let image = try ImageFile(path: path, size: UInt64(size))
    var position = 0
    for _ in 0..<200 {
      if Int.random(in: 0..<4, using: &random) == 0 { position = .random(in: 0..<size, using: &random) }
      let range = position..<min(size, position + .random(in: 0...600 << 10, using: &random))
      position = range.upperBound
      let value = UInt8.random(in: 0...9, using: &random)
      model.withUnsafeMutableBytes {
        _ = memset($0.baseAddress! + range.lowerBound, CInt(value), range.count)
      }
      if value == 0 {
        try image.zero(UInt64(range.lowerBound)..<UInt64(range.upperBound))
      } else {
        try image.write([UInt8](repeating: value, count: range.count), at: UInt64(range.lowerBound))
      }
    }
    try image.commit(isDurable: false)
    #expect(try content() == model)
  }

  // MARK: -

  private var url: URL { URL(fileURLWithPath: path) }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
  }

  private func content() throws -> [UInt8] { Array(try Data(contentsOf: url)) }

  private func status() throws -> stat {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return status
  }

  private func allocatedByteCount() throws -> Int { try Int(status().st_blocks) * 512 }

  /// Fills `range` with 0x5A, 256 KiB at a time.
  private func writeStream(to image: ImageFile, _ range: Range<UInt64>) throws {
    let piece = [UInt8](repeating: 0x5A, count: 256 << 10)
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: piece.count) {
      try image.write(piece, at: offset)
    }
  }
}
