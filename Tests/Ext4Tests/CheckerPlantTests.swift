// SPDX-License-Identifier: Apache-2.0
import Ext4
import Foundation
import TestSupport
import Testing

/// Each kind of damage, planted in a volume that had none, is found.
@Suite struct CheckerPlantTests {
  typealias Plant = (kind: Finding.Kind, damage: @Sendable (PlantedVolume) -> Void)

  private static func superblock(_ kind: Finding.Kind, _ field: Int, _ value: Int, _ byteCount: Int = 4)
    -> Plant
  {
    (kind, { $0.store(value, at: PlantedVolume.superblock + field, byteCount) })
  }

  private static func descriptor(_ kind: Finding.Kind, _ field: Int, _ value: Int, _ byteCount: Int = 4)
    -> Plant
  {
    (kind, { $0.store(value, at: PlantedVolume.descriptor + field, byteCount) })
  }

  private static func inode(
    _ kind: Finding.Kind, _ name: String, _ field: Int, _ value: Int, _ byteCount: Int = 4
  ) -> Plant {
    (kind, { $0.store(value, at: $0.inode(name) + field, byteCount) })
  }

  private static let superblockPlants: [Plant] = [
    superblock(.magic, 0x38, 0x1234, 2), superblock(.checksumType, 0x175, 2, 1),
    (.superblockChecksum, { $0.flip(PlantedVolume.superblock + 0x3FC) }),
    superblock(.revision, 0x4C, 2), superblock(.notClean, 0x3A, 0, 2), superblock(.hasErrors, 0x3A, 3, 2),
    (.unsupportedFeature, { $0.add(0x8000, at: PlantedVolume.superblock + 0x60) }),
    (.needsRecovery, { $0.add(4, at: PlantedVolume.superblock + 0x60) }),
    superblock(.blockSize, 0x18, 7), superblock(.firstDataBlock, 0x14, 1),
    superblock(.blocksPerGroup, 0x20, 32769), superblock(.inodesPerGroup, 0x28, 12),
    superblock(.inodeSize, 0x58, 200, 2), superblock(.firstInode, 0x54, 5),
    superblock(.descriptorSize, 0xFE, 48, 2), superblock(.blockCount, 0x4, 4),
    superblock(.volumeBeyondTarget, 0x4, 4097), superblock(.reservedBlockCount, 0x8, 4000),
    (.inodeCount, { $0.add(8, at: PlantedVolume.superblock) }),
    superblock(.growthBlockCount, 0xCE, 2000, 2), superblock(.orphanList, 0xE8, 12),
    (
      .firstMetaGroup,
      {
        $0.add(0x10, at: PlantedVolume.superblock + 0x60)
        $0.store(1000, at: PlantedVolume.superblock + 0x104)
      }
    ),
    (.freeBlockCount, { $0.add(1, at: PlantedVolume.superblock + 0xC) }),
    (.freeInodeCount, { $0.add(1, at: PlantedVolume.superblock + 0x10) }),
  ]

  private static let groupPlants: [Plant] = [
    (.descriptorChecksum, { $0.flip(PlantedVolume.descriptor + 0x1E) }),
    descriptor(.blockBitmapLocation, 0, 0x7FFF_FFFF), descriptor(.inodeBitmapLocation, 4, 0x7FFF_FFFF),
    descriptor(.inodeTableLocation, 8, 4090),
    (
      .metadataOverlaps,
      { $0.store($0.load(PlantedVolume.descriptor + 8) + 3, at: PlantedVolume.descriptor) }
    ),
    (.blockBitmapChecksum, { $0.flip(PlantedVolume.descriptor + 0x18) }),
    (.inodeBitmapChecksum, { $0.flip(PlantedVolume.descriptor + 0x1A) }),
    (.blockBitmapPadding, { $0.flip($0.blockBitmap + 513) }),
    (.inodeBitmapPadding, { $0.flip($0.inodeBitmap + 4000) }),
    (.groupFreeBlockCount, { $0.add(1, at: PlantedVolume.descriptor + 0xC, 2) }),
    (.groupFreeInodeCount, { $0.add(1, at: PlantedVolume.descriptor + 0xE, 2) }),
    (.groupDirectoryCount, { $0.add(1, at: PlantedVolume.descriptor + 0x10, 2) }),
    descriptor(.groupUnusedInodeCount, 0x1C, 4096, 2),
    (
      .blockMarkedFree,
      { $0.setBit($0.content("file") / PlantedVolume.blockSize, of: $0.blockBitmap, to: false) }
    ),
    (.blockUnreferenced, { $0.setBit(4095, of: $0.blockBitmap, to: true) }),
  ]

  private static let inodePlants: [Plant] = [
    (.inodeChecksum, { $0.flip($0.inode("file") + 0x7C) }), inode(.inodeType, "file", 0, 0x3000, 2),
    (.inodeMarkedFree, { $0.setBit($0.number("file") - 1, of: $0.inodeBitmap, to: false) }),
    inode(.inodeMarkedUsed, "file", 0x1A, 0, 2), inode(.deletionTime, "file", 0x14, 5),
    inode(.extraSize, "file", 0x80, 500, 2), inode(.inodeBlockCount, "file", 0x1C, 8),
    inode(.symbolicLink, "link", 0x4, 0), inode(.linkCount, "file", 0x1A, 5, 2),
    (.inodeUnreferenced, { $0.store(0, at: $0.entry("file")) }),
    (.resizeInode, { $0.store(4000, at: $0.load($0.inode(7) + 0x28 + 13 * 4) * PlantedVolume.blockSize) }),
    inode(.extentHeader, "file", 0x28, 0x1234, 2), inode(.extentLength, "file", 0x38, 0, 2),
    inode(.extentUnwritten, "dir", 0x38, 0x8001, 2),
    (.extentOrder, { $0.store(0, at: $0.content("many") + 24) }),
    (.extentChecksum, { $0.flip($0.content("many") + 4092) }),
    inode(.blockOutside, "file", 0x3C, 0xFFF_FFFF),
    (.blockClaimedTwice, { $0.store($0.firstBlock($0.inode("other")), at: $0.inode("file") + 0x3C) }),
    (.attributeBlock, { $0.flip($0.attributeBlock) }),
    (.attributeBlockChecksum, { $0.flip($0.attributeBlock + 0x10) }),
    (.attributeReferenceCount, { $0.store(3, at: $0.attributeBlock + 4) }),
  ]

  private static let directoryPlants: [Plant] = [
    (.rootDirectory, { $0.store(0x81ED, at: $0.inode(2), 2) }),
    inode(.directorySize, "dir", 0x4, 8192), inode(.directoryHole, "dir", 0x34, 1),
    (.directoryChecksum, { $0.flip($0.content("dir") + 4092) }),
    (.entryLength, { $0.store(3, at: $0.entry("file") + 4, 2) }),
    (.entryName, { $0.store(0x2F, at: $0.entry("file") + 8, 1) }),
    (.entryInode, { $0.store(5, at: $0.entry("file")) }),
    (.entryInodeUnused, { $0.store($0.inodeCount, at: $0.entry("file")) }),
    (.entryType, { $0.store(2, at: $0.entry("file") + 7, 1) }),
    (.dot, { $0.store(2, at: $0.content("dir")) }),
    (.dotDot, { $0.store($0.number("dir"), at: $0.content("dir") + 12) }),
    (.directoryLinkedTwice, { $0.store($0.number("dir"), at: $0.entry("file")) }),
    (
      .directoryUnreachable,
      {
        let directory = $0.number("dir")
        let inner = $0.number("sub", in: directory)
        $0.store(directory, at: $0.entry("loop", in: inner))
        $0.store(0, at: $0.entry("dir"))
      }
    ),
    (.indexRoot, { $0.store(9, at: $0.content("names") + 29, 1) }),
    (.indexLimit, { $0.store(600, at: $0.content("names") + 34, 2) }),
    (.indexOrder, { $0.store(0xFFFF_FFFE, at: $0.content("names") + 40) }),
    (.indexBlock, { $0.store(77, at: $0.content("names") + 44) }),
    (.indexHash, { $0.store($0.load($0.content("names") + 48) - 2, at: $0.content("names") + 40) }),
  ]

  private static var plants: [Plant] { superblockPlants + groupPlants + inodePlants + directoryPlants }

  @Test func `each kind of damage is found`() throws {
    let volume = try PlantedVolume()
    #expect(try CheckerTests.findings(volume.target).1.map(\.description) == [])
    for plant in Self.plants {
      plant.damage(volume)
      let (summary, findings) = try CheckerTests.findings(volume.target)
      #expect(findings.contains { $0.kind == plant.kind }, "\(plant.kind.rawValue): \(findings.prefix(5))")
      #expect(summary.errorCount + summary.warningCount == findings.count)
      volume.mend()
    }
  }

  @Test func `extents that were never written to are sound in files alone`() throws {
    let volume = try PlantedVolume()
    for (name, kinds) in [("file", []), ("long", [.extentUnwritten])] as [(String, [Finding.Kind])] {
      // 10,000 bytes take three blocks, a long target one.
      volume.store(name == "file" ? 0x8003 : 0x8001, at: volume.inode(name) + 0x38, 2)
      let findings = try CheckerTests.findings(volume.target).1
      #expect(findings.map(\.kind) == [.inodeChecksum] + kinds)
      volume.mend()
    }
  }

  @Test func `a damaged backup of the superblock is found`() throws {
    let volume = try PlantedVolume(size: 136 << 20)
    #expect(try CheckerTests.findings(volume.target).1.map(\.description) == [])
    volume.flip((128 << 20) + 0x3FC)
    let findings = try CheckerTests.findings(volume.target).1
    #expect(
      findings.map(\.description) == ["group 1, byte 134217728: the backup of the superblock is none"])
  }

  @Test func `there is a plant for every kind`() {
    let kinds = Set(Self.plants.map(\.kind)).union([.backupSuperblock])
    #expect(Set(Finding.Kind.allCases).subtracting(kinds) == [])
    #expect(Set(Finding.Kind.allCases.map(\.description)).count == Finding.Kind.allCases.count)
  }

  /// What e2fsck tells of, and leaves with status 0.
  private static let silent: Set<Finding.Kind> = [.descriptorChecksum]

  @Test(.enabled(if: SampleVolume.e2fsck.isInstalled))
  func `e2fsck finds the same damage`() throws {
    let volume = try PlantedVolume()
    let image = try SampleVolume(contents: volume.target.contents())
    #expect(try image.complaints() == nil)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: image.path))
    var silent: Set<Finding.Kind> = []
    for plant in Self.plants {
      plant.damage(volume)
      let offsets = volume.patches.map { ($0.offset, $0.bytes.count) }
      for (offset, count) in offsets { try Self.copy(offset, count, of: volume, to: file) }
      if try image.complaints() == nil { silent.insert(plant.kind) }
      volume.mend()
      for (offset, count) in offsets { try Self.copy(offset, count, of: volume, to: file) }
    }
    print("e2fsck finds \(Self.plants.count - silent.count) of \(Self.plants.count)")
    #expect(Set(silent.map(\.rawValue)) == Set(Self.silent.map(\.rawValue)))
  }

  private static func copy(
    _ offset: Int, _ count: Int, of volume: PlantedVolume, to file: FileHandle
  ) throws {
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Data(volume.target.contents(offset..<offset + count)))
  }
}
