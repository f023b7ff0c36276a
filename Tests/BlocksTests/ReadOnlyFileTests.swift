// SPDX-License-Identifier: Apache-2.0
import Blocks
import Foundation
import TestSupport
import Testing

@Suite struct ReadOnlyFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `a file is read as it is and can't be changed`() throws {
    let path = directory.path("file")
    try Data([1, 2, 3, 4]).write(to: URL(fileURLWithPath: path))
    let file = try ReadOnlyFile(path: path)
    #expect(file.size == 4)
    #expect(try file.bytes(2, at: 1) == [2, 3])
    #expect(throws: BlockError.outOfBounds(offset: 3, byteCount: 2, size: 4)) { try file.bytes(2, at: 3) }
    #expect(throws: BlockError.readOnly(path: path)) { try file.write([9], at: 0) }
    #expect(throws: BlockError.readOnly(path: path)) { try file.zero(0..<1) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3, 4]))
  }

  @Test func `what has no size is an error`() throws {
    #expect(mkfifo(directory.path("pipe"), 0o600) == 0)
    let writer = open(directory.path("pipe"), O_RDWR)
    defer { close(writer) }
    #expect(throws: BlockError.self) { try ReadOnlyFile(path: directory.path("pipe")) }
    #expect(throws: BlockError.self) { try ReadOnlyFile(path: directory.path("")) }
    #expect(throws: BlockError.self) { try ReadOnlyFile(path: directory.path("missing")) }
  }
}
