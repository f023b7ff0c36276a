// SPDX-License-Identifier: Apache-2.0
import FAT32
import Foundation
import TestSupport
import Testing

/// The example at the module's door, run as it stands there: with FAT32 alone imported, as others would.
@Suite struct ModuleDoorTests {
  @Test func `the example makes a volume and reads it back`() throws {
    let scratch = try TemporaryDirectory()
    let path = scratch.path("card.img")
    // begin
    let image = try ImageFile(path: path, size: 64 << 20)
    let geometry = try Geometry(volumeSize: image.size, hiddenSectorCount: 0)
    let now = Timestamp(seconds: 1_773_500_966)
    var writer = try VolumeWriter(
      formatting: image, geometry: geometry, label: VolumeLabel("HELLO"), volumeID: 0x1234_ABCD, time: now)
    let text = Array("Hello, card\n".utf8)
    let file = Entry(
      EntryPath("docs/hello.txt"), .regular(.init(size: 12)), mode: 0o644, modificationTime: now)
    try writer.add(file)
    try writer.append(text.span.bytes)
    try writer.finish()
    try image.commit(isDurable: true)

    var reader = try VolumeReader(image)
    try reader.open(reader.item(at: EntryPath("docs/hello.txt")))
    let bytes = try reader.nextBytes()
    // end
    #expect(bytes.withUnsafeBytes { Array($0) } == text)
    let judge = ForeignTool("fsck.fat")
    if judge.isInstalled { #expect(try judge.run("-n", path).status == 0) }
  }

  @Test func `the example is the one that was run`() throws {
    let tests = URL(fileURLWithPath: #filePath)
    let door = tests.deletingLastPathComponent().appendingPathComponent("../../Sources/FAT32/FAT32.swift")
    let example = try lines(of: door, from: "/// ```swift", to: "/// ```").map { $0.dropFirst(4) }
    let run = try lines(of: tests, from: "    // begin", to: "    // end").map { $0.dropFirst(4) }
    #expect(example == run)
    #expect(example.count > 10)
  }

  private func lines(of file: URL, from first: String, to last: String) throws -> [Substring] {
    let lines = try String(contentsOf: file, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    return Array(lines.drop { $0 != first }.dropFirst().prefix { $0 != last })
  }
}
