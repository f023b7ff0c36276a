// SPDX-License-Identifier: Apache-2.0
import Ext4
import TestSupport
import Testing

/// No damage makes the checker trap or go on for ever.
@Suite struct CheckerFuzzTests {
  @Test func `no damage makes the checker trap`() throws {
    var generator = SeededGenerator()
    let volume = try PlantedVolume()
    let places = Self.places(volume)
    var kinds: Set<Finding.Kind> = []
    var refusalCount = 0
    for _ in 0..<(Sample.isLong ? 100_000 : 1000) {
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = places.randomElement(using: &generator) ?? 0..<1
        Self.damage(volume, place, using: &generator)
      }
      do throws(Ext4Error) {
        for finding in try CheckerTests.findings(volume.target).1 { kinds.insert(finding.kind) }
      } catch {
        guard case .library = error else { throw error }
        refusalCount += 1
      }
      volume.mend()
    }
    print("kinds found: \(kinds.count) of \(Finding.Kind.allCases.count), refused: \(refusalCount)")
    #expect(kinds.count > 50)
    #expect(try CheckerTests.findings(volume.target).1 == [])
  }

  /// Superblock, descriptor, bitmaps, inodes in use, directories, nodes of extents, attributes.
  static func places(_ volume: PlantedVolume) -> [Range<Int>] {
    let size = PlantedVolume.blockSize
    let inodes = (1...20).map { volume.inode($0)..<volume.inode($0) + 256 }
    let directories = [
      volume.firstBlockOffset(ofInode: 2), volume.content("dir"), volume.content("names"),
      volume.content("names") + size,
    ].map { $0..<$0 + 600 }
    let nodes = [volume.content("many"), volume.attributeBlock].map { $0..<$0 + 64 }
    let growth = volume.load(volume.inode(7) + 0x28 + 13 * 4) * size
    return [
      PlantedVolume.superblock..<PlantedVolume.superblock + 0x400,
      PlantedVolume.superblock..<PlantedVolume.superblock + 0x70,
      PlantedVolume.descriptor..<PlantedVolume.descriptor + 64,
      volume.blockBitmap..<volume.blockBitmap + size, volume.inodeBitmap..<volume.inodeBitmap + size,
      growth..<growth + 64,
    ] + inodes + directories + nodes
  }

  /// A byte, a number that matters, or a run of noise.
  static func damage(
    _ volume: PlantedVolume, _ place: Range<Int>, using generator: inout SeededGenerator
  ) {
    let offset = Int.random(in: place, using: &generator)
    let room = min(place.upperBound - offset, 48)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0...3: volume.store(generator.bytes(1), at: offset)
    case 4, 5:
      let value = [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000, 0xFFFF, 4095, 4096, 77].randomElement(
        using: &generator)
      volume.store(value ?? 0, at: offset & ~3)
    case 6: volume.store(generator.bytes(room), at: offset)
    default: volume.flip(offset)
    }
  }
}
