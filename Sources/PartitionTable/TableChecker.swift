// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// Looks a partition table over, on any bytes whatever. Primary partitions only.
public struct TableChecker {
  /// All that was found, in the order of the sector.
  public let findings: [TableFinding]
  /// The partitions that lie on the disk, in the order of their numbers: what may be looked into.
  public let partitions: [MasterBootRecord.Partition]

  /// - Throws: `target` where sector 0 can't be read.
  public init(checking target: any BlockTarget) throws(PartitionTableError) {
    let table = try Self.table(of: target)
    guard table.hasBootSignature else {
      findings = [.noBootSignature]
      partitions = []
      return
    }
    guard !table.entries.contains(where: { $0.type == RawTable.protectiveType }) else {
      findings = [.shieldsGPT]
      partitions = []
      return
    }
    findings = Self.findings(in: table, diskSize: target.size)
    partitions = table.entries.compactMap { entry in
      guard entry.isUsed, !entry.range.isEmpty, entry.range.upperBound <= target.size else { return nil }
      return MasterBootRecord.Partition(
        number: entry.number, firstLBA: entry.firstLBA, sectorCount: entry.sectorCount,
        type: PartitionType(rawValue: entry.type), isActive: entry.status == 0x80)
    }
  }

  /// Sector 0; zeros behind the end of a target that has less.
  private static func table(of target: any BlockTarget) throws(PartitionTableError) -> RawTable {
    var buffer = AlignedBuffer(byteCount: Int(MasterBootRecord.sectorSize))
    var all = buffer.mutableBytes
    var sector = all._mutatingExtracting(first: Int(min(MasterBootRecord.sectorSize, target.size)))
    do { try target.read(into: &sector, at: 0) } catch { throw .target(error) }
    return RawTable(buffer.bytes)
  }

  private static func findings(in table: RawTable, diskSize: UInt64) -> [TableFinding] {
    let used = table.entries.filter(\.isUsed)
    let active = used.filter { $0.status == 0x80 }.map(\.number)
    var findings: [TableFinding] = []
    if table.diskSignature == 0 { findings.append(.noDiskSignature) }
    if active.isEmpty, used.contains(where: { PartitionType(rawValue: $0.type).isFAT }) {
      findings.append(.noActivePartition)
    }
    if active.count > 1 { findings.append(.severalActivePartitions(active)) }
    for entry in table.entries {
      findings += Self.findings(in: entry, diskSize: diskSize)
      let earlier = used.filter { $0.number < entry.number && $0.range.overlaps(entry.range) }
      if entry.isUsed { findings += earlier.map { .overlap(number: entry.number, other: $0.number) } }
    }
    return findings
  }

  private static func findings(in entry: RawTable.Entry, diskSize: UInt64) -> [TableFinding] {
    guard entry.isUsed else { return entry.isBlank ? [] : [.unusedButNotEmpty(number: entry.number)] }
    var findings: [TableFinding] = []
    if entry.status & 0x7F != 0 { findings.append(.badStatus(number: entry.number, status: entry.status)) }
    guard !entry.range.isEmpty else { return findings + [.empty(number: entry.number)] }
    if entry.firstLBA == 0 { findings.append(.coversTable(number: entry.number)) }
    if entry.range.upperBound > diskSize {
      findings.append(.beyondEnd(number: entry.number, end: entry.range.upperBound, diskSize: diskSize))
    }
    if entry.range.lowerBound % (1 << 20) != 0 {
      findings.append(.misaligned(number: entry.number, start: entry.range.lowerBound))
    }
    return findings
  }
}
