// SPDX-License-Identifier: Apache-2.0
internal import Blocks

extension Checker {
  /// The boot sector and its copy.
  ///
  /// Source: Microsoft FAT32 File System Specification 1.03, "Boot Sector and BPB", "FAT Type Determination", "FAT
  /// Volume Initialization", "FAT32 FSInfo Sector Structure and Backup Boot Sector".
  struct BootCheck: ~Copyable {
    private let reader: Reader
    private let report: (Finding) -> Void
    private(set) var summary = Summary()
    /// Zeros where the target is shorter than a sector.
    private var sector = AlignedBuffer(byteCount: sectorSize)
    private var copy = AlignedBuffer(byteCount: sectorSize)

    /// The structures take so many bytes of their sectors, however large those are.
    private static var sectorSize: Int { Int(Geometry.sectorSize) }

    private typealias Field = BootSector.Field

    init(_ reader: Reader, report: @escaping (Finding) -> Void) {
      self.reader = reader
      self.report = report
    }

    /// - Returns: nil where the numbers don't tell where everything lies.
    mutating func layout(hiddenSectorCount: UInt32?) throws(FAT32Error) -> Layout? {
      _ = try reader.read(into: &sector, byteCount: Self.sectorSize, at: 0)
      checkConstants()
      checkIdentity()
      checkHiddenSectors(hiddenSectorCount)
      guard let numbers = numbers() else { return nil }
      let backup = checkBackupSector(numbers)
      let fsInfo = checkFSInfoSector(numbers)
      checkRootCluster(numbers)
      checkSize(numbers)
      try checkRecord(numbers, backup: backup)
      guard numbers.dataSector * numbers.sectorSize <= reader.size else { return nil }
      summary.isComplete = true
      summary.clusterSize = numbers.clusterSize
      summary.clusterCount = numbers.clusterCount
      return layout(numbers, backup: backup, fsInfo: fsInfo)
    }
  }

  /// What the geometry follows from, in sectors where nothing else is said.
  fileprivate struct Numbers {
    let sectorSize: UInt64
    let sectorsPerCluster: UInt64
    let reservedSectorCount: UInt64
    let fatCount: UInt64
    let fatSectorCount: UInt64
    let sectorCount: UInt64
    let clusterCount: UInt32

    var clusterSize: UInt64 { sectorSize * sectorsPerCluster }
    var dataSector: UInt64 { reservedSectorCount + fatCount * fatSectorCount }
    /// Sectors of a FAT that has an entry for each cluster.
    var neededFATSectorCount: UInt64 {
      ((UInt64(clusterCount) + 2) * 4).dividedRoundingUp(by: sectorSize)
    }
  }
}

extension Checker.BootCheck {
  private mutating func note(
    _ kind: Finding.Kind, at offset: UInt64, found: UInt64? = nil, expected: UInt64? = nil
  ) {
    let finding = Finding(kind, offset: offset, found: found, expected: expected)
    summary.count(finding)
    report(finding)
  }

  /// A field of the boot sector that must be otherwise.
  private mutating func expect(
    _ isRight: Bool, _ kind: Finding.Kind, at field: Int, found: UInt64, expected: UInt64? = nil
  ) {
    if !isRight { note(kind, at: UInt64(field), found: found, expected: expected) }
  }

  private func byte(_ field: Int) -> UInt64 { UInt64(sector.bytes.load(UInt8.self, at: field)) }
  private func half(_ field: Int) -> UInt64 { UInt64(sector.bytes.load(UInt16.self, at: field)) }
  private func word(_ field: Int) -> UInt64 { UInt64(sector.bytes.load(UInt32.self, at: field)) }
}

// Fields on which nothing else depends.
extension Checker.BootCheck {
  private mutating func checkConstants() {
    let jump = byte(Field.jump)
    let isShortJump = jump == 0xEB && byte(Field.jump + 2) == 0x90
    expect(isShortJump || jump == 0xE9, .jump, at: Field.jump, found: jump)
    let rootEntryCount = half(Field.rootEntryCount)
    expect(rootEntryCount == 0, .rootEntryCount, at: Field.rootEntryCount, found: rootEntryCount, expected: 0)
    let sectorCount16 = half(Field.sectorCount16)
    expect(sectorCount16 == 0, .sectorCount16, at: Field.sectorCount16, found: sectorCount16, expected: 0)
    let media = byte(Field.media)
    expect(media == 0xF0 || media >= 0xF8, .media, at: Field.media, found: media)
    let trackSize = half(Field.sectorsPerTrack)
    expect((1...63).contains(trackSize), .diskGeometry, at: Field.sectorsPerTrack, found: trackSize)
    let headCount = half(Field.headCount)
    expect((1...255).contains(headCount), .diskGeometry, at: Field.headCount, found: headCount)
    let version = half(Field.version)
    expect(version == 0, .version, at: Field.version, found: version, expected: 0)
    let signature = half(Field.signature)
    expect(
      signature == BootSector.signature, .signature, at: Field.signature, found: signature, expected: 0xAA55)
    checkReserved()
  }

  private mutating func checkReserved() {
    if !sector.bytes.extracting(Field.reserved..<Field.drive).isZero {
      note(.bootSectorReserved, at: UInt64(Field.reserved))
    }
    let state = byte(Field.state)
    expect(state & ~3 == 0, .bootSectorReserved, at: Field.state, found: state, expected: state & 3)
    expect(state & 3 == 0, .bootSectorDirty, at: Field.state, found: state & 3, expected: 0)
    let drive = byte(Field.drive)
    expect(drive == 0 || drive >= 0x80, .driveNumber, at: Field.drive, found: drive)
  }

  private mutating func checkIdentity() {
    let bootSignature = byte(Field.bootSignature)
    guard bootSignature == 0x29 else {
      note(.extendedBootSignature, at: UInt64(Field.bootSignature), found: bootSignature, expected: 0x29)
      return
    }
    expect(word(Field.volumeID) != 0, .volumeIDMissing, at: Field.volumeID, found: 0)
    let label = ShortName(decoding: sector.bytes, at: Field.label)
    if let fault = label.fault {
      note(.bootSectorLabel, at: UInt64(Field.label + fault.index), found: UInt64(label[fault.index]))
    }
    let type: UInt64 = sector.bytes.load(at: Field.fileSystemType)
    // "FAT32   ", the first letter lowest.
    expect(type == 0x2020_2032_3354_4146, .fileSystemType, at: Field.fileSystemType, found: type)
  }

  private mutating func checkHiddenSectors(_ expected: UInt32?) {
    guard let expected else { return }
    let found = word(Field.hiddenSectorCount)
    expect(
      found == expected, .hiddenSectorCount, at: Field.hiddenSectorCount, found: found,
      expected: UInt64(expected))
  }
}

// Fields that the geometry follows from.
extension Checker.BootCheck {
  /// - Returns: nil where one of them can't be.
  private mutating func numbers() -> Checker.Numbers? {
    let fields = [
      rightSectorSize(), rightSectorsPerCluster(),
      nonZero(half(Field.reservedSectorCount), .reservedSectorCount, at: Field.reservedSectorCount),
      nonZero(byte(Field.fatCount), .fatCount, at: Field.fatCount), rightFATSectorCount(),
    ].compactMap(\.self)
    guard fields.count == 5 else { return nil }
    if fields[3] != 2 { note(.fatCountUnusual, at: UInt64(Field.fatCount), found: fields[3], expected: 2) }
    if fields[0] * fields[1] > 32 << 10 {
      note(.clusterSize, at: UInt64(Field.sectorsPerCluster), found: fields[0] * fields[1])
    }
    let sectorCount = word(Field.sectorCount)
    let dataSector = fields[2] + fields[3] * fields[4]
    guard sectorCount >= dataSector + fields[1] else {
      note(.sectorCount, at: UInt64(Field.sectorCount), found: sectorCount)
      return nil
    }
    let numbers = Checker.Numbers(
      sectorSize: fields[0], sectorsPerCluster: fields[1], reservedSectorCount: fields[2],
      fatCount: fields[3], fatSectorCount: fields[4], sectorCount: sectorCount,
      clusterCount: UInt32((sectorCount - dataSector) / fields[1]))
    return checkClusterCount(numbers) && checkFATSectorCount(numbers) ? numbers : nil
  }

  private mutating func rightSectorSize() -> UInt64? {
    let size = half(Field.bytesPerSector)
    if [512, 1024, 2048, 4096].contains(size) { return size }
    note(.bytesPerSector, at: UInt64(Field.bytesPerSector), found: size)
    return nil
  }

  private mutating func rightSectorsPerCluster() -> UInt64? {
    let count = byte(Field.sectorsPerCluster)
    if count.nonzeroBitCount == 1 { return count }
    note(.sectorsPerCluster, at: UInt64(Field.sectorsPerCluster), found: count)
    return nil
  }

  private mutating func nonZero(_ number: UInt64, _ kind: Finding.Kind, at field: Int) -> UInt64? {
    if number != 0 { return number }
    note(kind, at: UInt64(field), found: 0)
    return nil
  }

  /// A volume that has the 16-bit field is no FAT32 to anyone.
  private mutating func rightFATSectorCount() -> UInt64? {
    let count16 = half(Field.fatSectorCount16)
    if count16 == 0 { return nonZero(word(Field.fatSectorCount), .fatTooShort, at: Field.fatSectorCount) }
    note(.fatSectorCount16, at: UInt64(Field.fatSectorCount16), found: count16, expected: 0)
    return nil
  }

  private mutating func checkClusterCount(_ numbers: Checker.Numbers) -> Bool {
    let count = numbers.clusterCount
    let field = UInt64(Field.sectorCount)
    switch count {
    case ..<Geometry.fat16ClusterLimit: note(.clusterCountTooSmall, at: field, found: UInt64(count))
    case ..<Geometry.smallestClusterCount: note(.clusterCountNearLimit, at: field, found: UInt64(count))
    // 0FFFFFF7 is the mark of a bad cluster.
    case 0x0FFF_FFF6...:
      note(.clusterCountTooLarge, at: field, found: UInt64(count))
      return false
    default: break
    }
    return true
  }

  /// The specification's formula is up to 8 sectors too large, and some formatters align the FAT to clusters.
  private mutating func checkFATSectorCount(_ numbers: Checker.Numbers) -> Bool {
    let needed = numbers.neededFATSectorCount
    let field = UInt64(Field.fatSectorCount)
    guard numbers.fatSectorCount >= needed else {
      note(.fatTooShort, at: field, found: numbers.fatSectorCount, expected: needed)
      return false
    }
    if numbers.fatSectorCount - needed > max(8, numbers.sectorsPerCluster) {
      note(.fatWasteful, at: field, found: numbers.fatSectorCount, expected: needed)
    }
    return true
  }
}

// Fields that lead elsewhere, and what is there.
extension Checker.BootCheck {
  private mutating func checkSize(_ numbers: Checker.Numbers) {
    let size = numbers.sectorCount * numbers.sectorSize
    let field = UInt64(Field.sectorCount)
    let largest = reader.size / numbers.sectorSize
    if size > reader.size {
      note(.volumeBeyondTarget, at: field, found: numbers.sectorCount, expected: largest)
    } else if reader.size - size >= numbers.clusterSize, numbers.sectorCount < UInt64(UInt32.max) {
      note(.volumeShorterThanTarget, at: field, found: numbers.sectorCount, expected: largest)
    }
  }

  private mutating func checkRootCluster(_ numbers: Checker.Numbers) {
    let cluster = word(Field.rootCluster)
    expect(
      (2...UInt64(numbers.clusterCount) + 1).contains(cluster), .rootCluster, at: Field.rootCluster,
      found: cluster)
  }

  /// - Returns: the sector of the boot sector's copy.
  private mutating func checkBackupSector(_ numbers: Checker.Numbers) -> UInt64? {
    let backup = half(Field.backupSector)
    let field = UInt64(Field.backupSector)
    guard backup != 0 else {
      note(.backupSectorMissing, at: field, found: 0, expected: 6)
      return nil
    }
    guard backup < numbers.reservedSectorCount else {
      note(.backupSectorOutside, at: field, found: backup, expected: 6)
      return nil
    }
    if backup != 6 { note(.backupSectorUnusual, at: field, found: backup, expected: 6) }
    return backup
  }

  private mutating func checkFSInfoSector(_ numbers: Checker.Numbers) -> UInt64? {
    let sector = half(Field.fsInfoSector)
    if sector >= 1, sector < numbers.reservedSectorCount { return sector }
    note(.fsInfoSector, at: UInt64(Field.fsInfoSector), found: sector, expected: 1)
    return nil
  }

  /// The copy, and the third sectors.
  private mutating func checkRecord(
    _ numbers: Checker.Numbers, backup: UInt64?
  ) throws(FAT32Error) {
    if let backup { try checkCopy(at: backup * numbers.sectorSize) }
    for third in [2, backup.map { $0 + 2 }].compactMap(\.self) where third < numbers.reservedSectorCount {
      let offset = third * numbers.sectorSize
      guard third != backup, third != half(Field.fsInfoSector),
        try reader.read(into: &copy, byteCount: Self.sectorSize, at: offset)
      else { continue }
      let signature: UInt16 = copy.bytes.load(at: Field.signature)
      guard signature != BootSector.signature else { continue }
      note(
        .thirdSectorSignature, at: offset + UInt64(Field.signature), found: UInt64(signature),
        expected: 0xAA55)
    }
  }

  /// Drivers set NT's flags in the first one only.
  private mutating func checkCopy(at offset: UInt64) throws(FAT32Error) {
    guard try reader.read(into: &copy, byteCount: Self.sectorSize, at: offset) else { return }
    for word in stride(from: 0, to: Self.sectorSize, by: 8) {
      let difference = sector.bytes.load(UInt64.self, at: word) ^ copy.bytes.load(UInt64.self, at: word)
      guard difference != 0 else { continue }
      for index in word..<word + 8 where index != Field.state {
        let expected = byte(index)
        let found = UInt64(copy.bytes.load(UInt8.self, at: index))
        guard found != expected else { continue }
        note(.backupBootSectorDiffers, at: offset + UInt64(index), found: found, expected: expected)
        return
      }
    }
  }

  private mutating func layout(
    _ numbers: Checker.Numbers, backup: UInt64?, fsInfo: UInt64?
  ) -> Checker.Layout {
    let (activeFAT, isMirrored) = checkExtendedFlags(numbers)
    return Checker.Layout(
      sectorSize: numbers.sectorSize, clusterSize: numbers.clusterSize,
      reservedSectorCount: numbers.reservedSectorCount, fatCount: numbers.fatCount, activeFAT: activeFAT,
      isMirrored: isMirrored, fatSize: numbers.fatSectorCount * numbers.sectorSize,
      clusterCount: numbers.clusterCount, rootCluster: UInt32(word(Field.rootCluster)),
      media: UInt8(byte(Field.media)), fsInfoSector: fsInfo,
      backupFSInfoSector: backupFSInfoSector(numbers, backup: backup, fsInfo: fsInfo),
      label: ShortName(decoding: sector.bytes, at: Field.label))
  }

  /// As far behind the backup as FSInfo is behind the boot sector.
  private func backupFSInfoSector(
    _ numbers: Checker.Numbers, backup: UInt64?, fsInfo: UInt64?
  ) -> UInt64? {
    guard let backup, let fsInfo, backup != fsInfo, backup + fsInfo < numbers.reservedSectorCount else {
      return nil
    }
    return backup + fsInfo
  }

  /// Bit 7 turns mirroring off, bits 3…0 then name the FAT that counts.
  private mutating func checkExtendedFlags(
    _ numbers: Checker.Numbers
  ) -> (activeFAT: UInt64, isMirrored: Bool) {
    let flags = half(Field.extendedFlags)
    let isMirrored = flags & 0x80 == 0
    let activeFAT = isMirrored ? 0 : flags & 0x0F
    let isRight = flags & 0xFF70 == 0 && activeFAT < numbers.fatCount
    expect(isRight, .extendedFlags, at: Field.extendedFlags, found: flags)
    expect(isMirrored, .mirroringOff, at: Field.extendedFlags, found: flags)
    return (activeFAT < numbers.fatCount ? activeFAT : 0, isMirrored)
  }
}
