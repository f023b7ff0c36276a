// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

/// The card of the sample release that tests write over another one.
enum WrittenCard {
  static let size = 256 << 20
  static let options = ["--boot-size", "64MiB", "--hostname", "pi"]

  /// Makes the other one: noise with a valid partition table in front.
  static func makeOld(at path: String) throws {
    var generator = SeededGenerator()
    let block = Data(generator.bytes(99_991))
    var bytes = Data(capacity: size + block.count)
    while bytes.count < size { bytes.append(block) }
    let partition = MasterBootRecord.Partition(number: 1, firstLBA: 8192, sectorCount: 65536, type: .linux)
    let table = MasterBootRecord(diskSignature: 7, partitions: [partition])
    bytes.replaceSubrange(0..<512, with: try table.sector(diskSize: UInt64(size)))
    try bytes.prefix(size).write(to: URL(fileURLWithPath: path))
  }

  /// Makes the same card as an image.
  static func buildImage(at path: String) throws {
    try cairn.succeed(
      [
        "build", "--release", try SampleCard.shared.get().release, "--size", "\(size)", "-o", path,
        "--no-sync",
      ]
        + options)
  }

  /// All that the image holds and a card would, too.
  static func expect(_ device: String, toBe image: String) throws {
    let verification = try CardVerification(
      of: ReadOnlyFile(path: device, fromStorage: true),
      against: .recipe(
        Recipe(bootSize: ByteSize(byteCount: 64 << 20), hostname: Hostname("pi")),
        CardContent(release: try SampleCard.shared.get().release)))
    #expect(verification.differences == [])
    #expect(try ReadOnlyFile(path: device).firstBytes(512) == ReadOnlyFile(path: image).firstBytes(512))
    #expect(try CardCheck(checking: ReadOnlyFile(path: device)).errorCount == 0)
  }
}
