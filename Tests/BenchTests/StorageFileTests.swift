// SPDX-License-Identifier: Apache-2.0
import Bench
import Blocks
import CLinux
import Foundation
import TestSupport
import Testing

@Suite struct StorageFileTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  @Test func `a scratch file has no name, and the size that was asked for`() throws {
    let file = try StorageFile.scratch(in: scratch.path, byteCount: 16 << 20)
    #expect(file.byteCount == 16 << 20)
    #expect(file.isWritable)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    var buffer = AlignedBuffer(byteCount: 4096)
    var content = buffer.mutableBytes
    content.store([1, 2, 3] as [UInt8], at: 0)
    try file.write(buffer.bytes, at: (16 << 20) - 4096)
    try file.flush()
    var copy = AlignedBuffer(byteCount: 4096)
    var bytes = copy.mutableBytes
    try file.read(into: &bytes, at: (16 << 20) - 4096)
    #expect(copy.copy(0..<4) == [1, 2, 3, 0])
  }

  @Test func `a scratch file that leaves less than half of the room is refused`() throws {
    try #require(SmallFileSystem.canMount(.tmpfs), "takes root")
    let small = try SmallFileSystem(.tmpfs, byteCount: 40 << 20)
    #expect(try StorageFile.scratch(in: small.path, byteCount: 16 << 20).byteCount == 16 << 20)
    #expect(try StorageFile.scratch(in: small.path, byteCount: nil).byteCount == 20 << 20)
    #expect(throws: BenchError.noRoom(path: small.path, available: 20 << 20, needed: 24 << 20)) {
      try StorageFile.scratch(in: small.path, byteCount: 24 << 20)
    }
    let tiny = try SmallFileSystem(.tmpfs, byteCount: 24 << 20)
    #expect(throws: BenchError.noRoom(path: tiny.path, available: 12 << 20, needed: 16 << 20)) {
      try StorageFile.scratch(in: tiny.path, byteCount: nil)
    }
  }

  @Test func `a file is only read, to its last whole block`() throws {
    let path = scratch.path("file")
    try Data(repeating: 7, count: 10_000).write(to: URL(fileURLWithPath: path))
    let file = try StorageFile.reading(path)
    #expect(file.byteCount == 8192)
    #expect(!file.isWritable)
    let buffer = AlignedBuffer(byteCount: 4096)
    #expect(throws: BenchError.storage(.system(.write, path: path, offset: 0, number: EBADF))) {
      try file.write(buffer.bytes, at: 0)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(repeating: 7, count: 10_000))
  }

  @Test func `too little to read is said`() throws {
    let path = scratch.path("file")
    try Data(repeating: 7, count: 4095).write(to: URL(fileURLWithPath: path))
    #expect(throws: BenchError.tooSmall(path: path, byteCount: 4095)) { try StorageFile.reading(path) }
  }

  @Test func `what a path is decides what is done`() throws {
    try Data().write(to: URL(fileURLWithPath: scratch.path("file")))
    #expect(try StorageFile.kind(of: scratch.path) == .directory)
    #expect(try StorageFile.kind(of: scratch.path("file")) == .file)
    #expect(throws: BenchError.notMeasurable(path: "/dev/null", kind: .characterDevice)) {
      try StorageFile.kind(of: "/dev/null")
    }
    #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
    #expect(throws: BenchError.notMeasurable(path: scratch.path("pipe"), kind: .pipe)) {
      try StorageFile.kind(of: scratch.path("pipe"))
    }
    #expect(
      throws: BenchError.storage(.system(.open, path: scratch.path("none"), offset: nil, number: ENOENT))
    ) {
      try StorageFile.kind(of: scratch.path("none"))
    }
  }

  @Test func `a descriptor that is open already is measured by a copy of its own`() throws {
    let path = scratch.path("card")
    try Data(repeating: 7, count: 20_000).write(to: URL(fileURLWithPath: path))
    let raw = open(path, O_RDWR)
    let file = try StorageFile(overwriting: raw, path: path, byteCount: 20_000)
    close(raw)
    #expect(file.byteCount == 16384)
    #expect(file.isWritable)
    let zeros = AlignedBuffer(byteCount: 4096)
    try file.write(zeros.bytes, at: 4096)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(bytes.count == 20_000)
    #expect(bytes[0..<4096].allSatisfy { $0 == 7 } && bytes[8192...].allSatisfy { $0 == 7 })
    #expect(bytes[4096..<8192].allSatisfy { $0 == 0 })
  }

  @Test func `a read beyond the end is an error, not the end of the world`() throws {
    let path = scratch.path("file")
    try Data(repeating: 7, count: 8192).write(to: URL(fileURLWithPath: path))
    let file = try StorageFile.reading(path)
    #expect(truncate(path, 4096) == 0)
    var buffer = AlignedBuffer(byteCount: 8192)
    #expect(
      throws: BenchError.storage(.shortTransfer(.read, path: path, offset: 0, byteCount: 4096, of: 8192))
    ) {
      var bytes = buffer.mutableBytes
      try file.read(into: &bytes, at: 0)
    }
  }
}
