// SPDX-License-Identifier: Apache-2.0
import Blocks

@testable import FAT32

/// One planted corruption, and what the checker must say of it.
struct Plant {
  /// Bytes from the start of the volume.
  let offset: UInt64
  let path: String?
  /// What follows from it, besides.
  let implied: [Finding.Kind]

  init(_ offset: UInt64, _ path: String? = nil, implied: [Finding.Kind] = []) {
    self.offset = offset
    self.path = path
    self.implied = implied
  }
}

extension Finding.Kind {
  /// What is damaged for this kind.
  var patient: Patient.Kind {
    switch self {
    case .clusterSize, .fatWasteful: .empty
    case .pathTooLong, .longNameTooLong: .deep
    default: .sample
    }
  }
}

extension Patient {
  /// Damages the volume so that there is one finding of this kind. Offsets are typed in from the specification.
  func plant(_ kind: Finding.Kind) -> Plant {
    let licence = slot("LICENCE    ")
    let empty = slot("EMPTY      ")
    let second = slot("SECOND  TXT")
    let hollow = slot("HOLLOW     ")
    let label = slot("ALPINE     ")
    let file = firstCluster(licence)
    let hollowStart = geometry.offset(ofCluster: max(firstCluster(hollow), 2))
    switch kind {
    case .jump: return boot(0, UInt8(0x90))
    case .bytesPerSector: return boot(11, UInt16(768))
    case .sectorsPerCluster: return boot(13, UInt8(3))
    case .clusterSize: return plantLargeClusters()
    case .reservedSectorCount: return boot(14, UInt16(0))
    case .fatCount: return boot(16, UInt8(0))
    case .fatCountUnusual:
      // What was the first FAT becomes reserved sectors.
      _ = boot(14, geometry.reservedSectorCount + UInt16(geometry.fatSectorCount))
      return boot(16, UInt8(1))
    case .rootEntryCount: return boot(17, UInt16(512))
    case .sectorCount16: return boot(19, UInt16(1))
    case .media: return boot(21, UInt8(0xF1), implied: [.fatMedia])
    case .fatSectorCount16: return boot(22, UInt16(1))
    case .diskGeometry: return boot(24, UInt16(0))
    case .hiddenSectorCount: return boot(28, UInt32(2047))
    case .sectorCount: return boot(32, UInt32(100))
    case .volumeBeyondTarget:
      size -= 512
      return Plant(32)
    case .volumeShorterThanTarget:
      size += 512
      return Plant(32)
    case .fatTooShort: return boot(36, UInt32(512))
    case .fatWasteful: return plantLongFAT()
    case .extendedFlags: return boot(40, UInt16(0x0100))
    case .mirroringOff: return boot(40, UInt16(0x0081))
    case .version: return boot(42, UInt16(1))
    case .rootCluster:
      // Nothing of the directories is reached: the chains of the root, six files and three directories are lost.
      return boot(44, UInt32(1), implied: Array(repeating: .lostChain, count: 10))
    case .fsInfoSector: return boot(48, UInt16(0))
    case .backupSectorMissing: return boot(50, UInt16(0))
    case .backupSectorUnusual:
      let plant = boot(50, UInt16(12))
      set(12 * 512, bytes(0, 3 * 512))
      return plant
    case .backupSectorOutside: return boot(50, UInt16(0xFFF0))
    case .bootSectorReserved: return boot(52, UInt8(1))
    case .bootSectorDirty: return boot(65, UInt8(1))
    case .driveNumber: return boot(64, UInt8(0x7F))
    case .extendedBootSignature: return boot(66, UInt8(0x28))
    case .volumeIDMissing: return boot(67, UInt32(0))
    case .bootSectorLabel: return boot(71, UInt8(ascii: "a"), implied: [.labelDiffers], of: 71)
    case .fileSystemType: return boot(82, UInt8(ascii: "f"))
    case .signature: return boot(510, UInt16(0x55AA))
    case .clusterCountTooSmall: return plantFewerClusters(17)
    case .clusterCountNearLimit: return plantFewerClusters(1)
    case .clusterCountTooLarge: return boot(32, UInt32.max)
    case .backupBootSectorDiffers: return put(6 * 512 + 300, UInt8(7))

    case .thirdSectorSignature: return put(2 * 512 + 510, UInt16(0))
    case .fsInfoLeadSignature: return put(512, UInt32(0))
    case .fsInfoStructSignature: return put(512 + 484, UInt32(0))
    case .fsInfoTrailSignature: return put(512 + 508, UInt32(0))
    case .fsInfoReserved: return put(512 + 4, UInt8(1))
    case .fsInfoFreeCount: return put(512 + 488, UInt32(7))
    case .fsInfoNextFree: return put(512 + 492, UInt32(1))
    case .backupFSInfoSignature: return put(7 * 512 + 484, UInt32(0))
    case .backupFSInfoNumbers: return put(7 * 512 + 488, UInt32(0xFFFF_FFF0))

    case .fatCopiesDiffer:
      setEntry(4 * 128 + 5, 9, copies: [1])
      return Plant(geometry.fatOffset + geometry.fatSize + 4 * 512)
    case .fatMedia: return entry(0, 0x0FFF_FFF0)
    case .fatEndMark: return entry(1, 0x0C00_0000)
    case .volumeDirty: return entry(1, 0x07FF_FFFF)
    case .volumeHasErrors: return entry(1, 0x0BFF_FFFF)
    case .fatTail: return entry(geometry.clusterCount + 2, 1)
    case .fatReservedBits: return entry(file, 0x5000_0000 | number(entryOffset(file), UInt32.self))
    case .badClusters:
      addFree(-1)
      return entry(1000, 0x0FFF_FFF7)

    case .chainOutside: return entry(file + 1, 0x00F0_0000, "LICENCE")
    case .chainIntoFree: return entry(file + 1, 5000, "LICENCE")
    case .chainIntoBad:
      addFree(-1)
      setEntry(1000, 0x0FFF_FFF7)
      return entry(file + 1, 1000, "LICENCE", implied: [.badClusters])
    case .chainLoops: return entry(file + 1, file, "LICENCE")
    case .chainsCross: return entry(firstCluster(second), file, "second.txt")
    case .chainTooShort:
      setEntry(file, 0x0FFF_FFFF)
      setEntry(file + 1, 0)
      addFree(1)
      return Plant(licence, "LICENCE")
    case .chainTooLong:
      setEntry(file + 1, 5000)
      setEntry(5000, 0x0FFF_FFF8)
      addFree(-1)
      return Plant(licence, "LICENCE")
    case .lostChain:
      setEntry(5001, 0x0FFF_FFFF)
      addFree(-2)
      return entry(5000, 5001)
    case .firstClusterOutside:
      freeLicence()
      set(licence + 20, UInt16(0x00F0))
      return Plant(licence, "LICENCE")
    case .firstClusterFree:
      freeLicence()
      return Plant(licence, "LICENCE")
    case .emptyFileWithCluster:
      setEntry(5000, 0x0FFF_FFFF)
      addFree(-1)
      set(empty + 26, UInt16(5000))
      return Plant(empty, "EMPTY")
    case .fileWithoutCluster:
      set(empty + 28, UInt32(5))
      return Plant(empty, "EMPTY")
    case .fileSlack:
      let offset = geometry.offset(ofCluster: file + 1)
      set(offset + 511, UInt8(1))
      return Plant(offset + 188, "LICENCE")

    case .directoryWithoutCluster:
      set(empty + 11, UInt8(0x10))
      return Plant(empty, "EMPTY")
    case .directoryTooLarge:
      lengthenHollow(to: 4097)
      return Plant(hollow, "HOLLOW")
    case .directorySize: return put(hollow + 28, UInt32(1), "HOLLOW")
    case .dotMissing: return put(hollowStart, UInt8(0xE5), "HOLLOW")
    case .dotDotMissing: return put(hollowStart + 32, UInt8(0xE5), "HOLLOW")
    case .dotMisplaced:
      set(hollowStart + 64, bytes(hollowStart, 32))
      return Plant(hollowStart + 64, "HOLLOW")
    case .dotInRoot:
      let end = rootEnd
      set(end, bytes(hollowStart, 32))
      return Plant(end, "./")
    case .dotAttributes: return put(hollowStart + 11, UInt8(0x20), "HOLLOW")
    case .dotCluster:
      return put(hollowStart + 26, UInt16(firstCluster(hollow) + 1), "HOLLOW", of: hollowStart)
    case .dotDotCluster: return put(hollowStart + 32 + 26, UInt16(2), "HOLLOW", of: hollowStart + 32)
    case .attributesReserved: return put(licence + 11, UInt8(0x60), "LICENCE")
    case .attributesContradict: return put(label + 11, UInt8(0x18), "./")
    case .ntReserved: return put(licence + 12, UInt8(0x01), "LICENCE")
    case .shortNameIllegal: return put(licence + 3, UInt8(ascii: "*"), "LIC*NCE")
    case .shortNameLowerCase: return put(licence + 3, UInt8(ascii: "e"), "LICeNCE")
    case .shortNameLeadingSpace: return put(licence, UInt8(ascii: " "), " ICENCE")
    case .shortNameRepeated:
      set(empty, Array("LICENCE    ".utf8))
      return Plant(empty, "LICENCE")
    case .longNameRepeated:
      // The units of "config.txt" in the part of "second.txt".
      let other = slot("CONFIG  TXT") - 32
      set(second - 32 + 1, bytes(other + 1, 10))
      set(second - 32 + 14, bytes(other + 14, 12))
      return Plant(second, "config.txt")
    case .creationHundredths: return put(licence + 13, UInt8(200), "LICENCE")
    case .creationTime: return put(licence + 16, UInt16(13 << 5 | 1), "LICENCE", of: licence + 14)
    case .accessDate: return put(licence + 18, UInt16(1 << 5), "LICENCE")
    case .writeTime: return put(licence + 22, UInt16(30), "LICENCE")
    case .entriesBehindEnd:
      let offset = hollowStart + 96
      set(offset, bytes(empty, 32))
      return Plant(offset, "HOLLOW")
    case .directorySlack: return put(hollowStart + 96 + 5, UInt8(1), "HOLLOW", of: hollowStart + 96)
    case .pathTooLong:
      // The last part of the name but one ends where its first unit is: two bytes where there was one.
      let name = slot("NNNNNN~1   ")
      set(name - 32 + 1, UInt16(0x00E9))
      return Plant(name, "directory" + Self.deepPath.dropLast(255) + "é" + String(repeating: "n", count: 254))

    case .labelMissing: return put(label, UInt8(0xE5), "./", of: geometry.dataOffset)
    case .labelRepeated:
      let end = rootEnd
      set(end, bytes(label, 32))
      return Plant(end, "./")
    case .labelOutsideRoot:
      set(hollowStart + 64, bytes(label, 32))
      return Plant(hollowStart + 64, "HOLLOW")
    case .labelDiffers:
      _ = boot(71, UInt8(ascii: "B"))
      return Plant(label, "./")
    case .labelContent: return put(label + 28, UInt32(1), "./", of: label)

    case .longNameOrder:
      let name = slot("ALONGN~1TEX")
      return put(name - 64, UInt8(5), "./")
    case .longNameOrphan:
      let name = slot("EMPTY_~1TXT")
      set(name, UInt8(0xE5))
      return Plant(name - 64, "./")
    case .longNameChecksum: return put(second - 32 + 13, UInt8(0), "SECOND.TXT")
    case .longNameType: return put(second - 32 + 12, UInt8(1), "./")
    case .longNameCluster: return put(second - 32 + 26, UInt16(1), "./")
    case .longNamePadding: return put(second - 32 + 28, UInt16(0x41), "SECOND.TXT")
    case .longNameEmpty: return put(second - 32 + 1, UInt16(0), "SECOND.TXT", of: second - 32)
    case .longNameTooLong:
      let name = slot("NNNNNN~1   ")
      // The 256th unit is the ninth of the twentieth part.
      let last = name - 20 * 32
      set(last + 14 + 2 * 3, UInt16(UInt8(ascii: "n")))
      set(last + 14 + 2 * 4, UInt16(0))
      return Plant(last, "directory" + Self.deepPath.dropLast(255) + "NNNNNN~1")
    case .longNameIllFormed: return put(second - 32 + 1, UInt16(0xD800), "SECOND.TXT", of: second - 32)
    case .longNameIllegal: return put(second - 32 + 1, UInt16(UInt8(ascii: "*")), "SECOND.TXT")
    case .longNameEnding: return put(second - 32 + 22, UInt16(UInt8(ascii: ".")), "SECOND.TXT")
    }
  }
}

extension Patient {
  /// A field of the boot sector and of its copy.
  private func boot(
    _ field: UInt64, _ number: some FixedWidthInteger, implied: [Finding.Kind] = [], of offset: UInt64? = nil
  ) -> Plant {
    set(field, number)
    set(6 * 512 + field, number)
    return Plant(offset ?? field, implied: implied)
  }

  /// - Parameter offset: what the finding is to name where that is not the number itself.
  private func put(
    _ position: UInt64, _ number: some FixedWidthInteger, _ path: String? = nil, of offset: UInt64? = nil
  ) -> Plant {
    set(position, number)
    return Plant(offset ?? position, path)
  }

  private func entry(
    _ cluster: UInt32, _ number: UInt32, _ path: String? = nil, implied: [Finding.Kind] = []
  ) -> Plant {
    setEntry(cluster, number)
    return Plant(entryOffset(cluster), path, implied: implied)
  }

  private func freeLicence() {
    let file = firstCluster(slot("LICENCE    "))
    setEntry(file, 0)
    setEntry(file + 1, 0)
    addFree(2)
  }

  /// The target ends with the volume.
  private func plantFewerClusters(_ count: UInt32) -> Plant {
    size -= UInt64(count) * 512
    addFree(-Int(count))
    return boot(32, geometry.sectorCount - count)
  }

  /// The same number of clusters, of 64 KiB, most of which lie in the zeros behind the volume.
  private func plantLargeClusters() -> Plant {
    let count = UInt32(geometry.dataOffset / 512) + geometry.clusterCount * 128
    size = UInt64(count) * 512
    set(geometry.dataOffset + geometry.clusterSize, [UInt8](repeating: 0, count: 65_536))
    _ = boot(32, count)
    return boot(13, UInt8(128))
  }

  /// FATs of sixteen sectors more than are needed, which the reserved sectors give.
  private func plantLongFAT() -> Plant {
    let first = geometry.fatOffset
    let second = first + geometry.fatSize
    let start = bytes(first, 512)
    for offset in [first, second] { set(offset, [UInt8](repeating: 0, count: 512)) }
    for offset in [first - 32 * 512, second - 16 * 512] { set(offset, start) }
    _ = boot(14, geometry.reservedSectorCount - 32)
    return boot(36, geometry.fatSectorCount + 16)
  }
}
