// SPDX-License-Identifier: Apache-2.0
public import Blocks
internal import Ext4
internal import FAT32
internal import PartitionTable

/// What a look at every structure of a card found: its partition table and each file system on it, or the one file
/// system of an image without a table.
public struct CardCheck: Sendable {
  public let parts: [Part]

  /// The partition table, or a file system.
  public struct Part: Sendable {
    /// 1 to 4; nil for the table, and for an image without one.
    public let partitionNumber: Int?
    public let kind: Kind
    /// Where it lies, in bytes from the start of the card.
    public let range: Range<UInt64>
    /// In the order in which they were made, the first `listedCount` of them.
    public internal(set) var findings: [Finding] = []
    public internal(set) var errorCount = 0
    public internal(set) var warningCount = 0

    /// So many findings are kept: a volume of garbage has millions.
    public static let listedCount = 1000
  }

  public enum Kind: String, Sendable {
    case partitionTable = "partition table"
    case fat32 = "FAT32"
    case ext4 = "ext4"
    /// Something that is not looked into.
    case unknown = "unknown"
  }

  /// One thing that is not as it should be.
  public struct Finding: Equatable, Sendable {
    /// The case's name.
    public let kind: String
    public let isWarning: Bool
    /// In bytes from the start of the card; nil where it has no one place.
    public let offset: UInt64?
    /// Of FAT32: the first cluster of what it is about.
    public var cluster: UInt32?
    /// Of FAT32: the file or directory.
    public var path: String?
    /// Of ext4.
    public var inode: UInt32?
    /// A line with what and where; bytes count from the start of the part.
    public let text: String
  }

  public var errorCount: Int { parts.reduce(0) { $0 + $1.errorCount } }

  /// Checks what `target` holds. Nothing is written.
  public init(checking target: any BlockTarget) throws(CheckError) {
    var parts: [Part] = []
    if let kind = try Self.fileSystem(of: target) {
      parts.append(try Self.part(nil, kind, 0..<target.size, of: target, hiddenSectorCount: nil))
    } else {
      let table = try Self.table(of: target)
      parts.append(table.part)
      for partition in table.partitions { parts.append(try Self.part(partition, of: target)) }
    }
    self.parts = parts
  }
}

extension CardCheck {
  private static func table(
    of target: any BlockTarget
  ) throws(CheckError) -> (part: Part, partitions: [MasterBootRecord.Partition]) {
    let checker: TableChecker
    do { checker = try TableChecker(checking: target) } catch { throw .partitionTable(error) }
    let range = 0..<min(MasterBootRecord.sectorSize, target.size)
    var part = Part(partitionNumber: nil, kind: .partitionTable, range: range)
    for finding in checker.findings {
      part.add(
        Finding(
          kind: finding.name, isWarning: finding.isWarning, offset: finding.offset, text: "\(finding)"))
    }
    return (part, checker.partitions)
  }

  private static func part(
    _ partition: MasterBootRecord.Partition, of target: any BlockTarget
  ) throws(CheckError) -> Part {
    let slice: TargetSlice
    do { slice = try TargetSlice(of: target, range: partition.range) } catch { throw .target(error) }
    let kind = try fileSystem(of: slice) ?? expectedFileSystem(of: partition.type)
    return try part(
      partition.number, kind, partition.range, of: slice, hiddenSectorCount: partition.firstLBA)
  }

  private static func part(
    _ number: Int?, _ kind: Kind, _ range: Range<UInt64>, of volume: any BlockTarget,
    hiddenSectorCount: UInt32?
  ) throws(CheckError) -> Part {
    // The checkers call back for each finding; what they call holds the part.
    let collector = Collector(Part(partitionNumber: number, kind: kind, range: range))
    switch kind {
    case .fat32:
      do throws(FAT32Error) {
        _ = try FAT32.Checker(volume).check(hiddenSectorCount: hiddenSectorCount, report: collector.add)
      } catch { throw .boot(error) }
    case .ext4:
      do throws(Ext4Error) {
        _ = try Ext4.Checker(volume).check(report: collector.add)
      } catch { throw .data(error) }
    case .partitionTable, .unknown: break
    }
    return collector.part
  }

  private final class Collector {
    var part: Part

    init(_ part: Part) { self.part = part }

    func add(_ finding: FAT32.Finding) {
      part.add(
        Finding(
          kind: finding.kind.rawValue, isWarning: finding.severity == .warning,
          offset: onCard(finding.offset),
          cluster: finding.cluster, path: finding.path, text: "\(finding)"))
    }

    func add(_ finding: Ext4.Finding) {
      part.add(
        Finding(
          kind: finding.kind.rawValue, isWarning: finding.severity == .warning,
          offset: onCard(finding.offset),
          inode: finding.inode, text: "\(finding)"))
    }

    private func onCard(_ offset: UInt64?) -> UInt64? { offset.map { part.range.lowerBound + $0 } }
  }
}

extension CardCheck.Part {
  fileprivate mutating func add(_ finding: CardCheck.Finding) {
    if finding.isWarning { warningCount += 1 } else { errorCount += 1 }
    if findings.count < Self.listedCount { findings.append(finding) }
  }
}

extension CardCheck {
  /// What the volume says that it is; nil where it says neither.
  ///
  /// Source: Microsoft FAT32 File System Specification 1.03, "Boot Sector and BPB", `BS_FilSysType` at 82; Linux
  /// kernel, Documentation/filesystems/ext4, "Super Block", `s_magic` at 1024 + 56.
  private static func fileSystem(of target: any BlockTarget) throws(CheckError) -> Kind? {
    let byteCount = 2048
    var buffer = AlignedBuffer(byteCount: byteCount)
    var all = buffer.mutableBytes
    var start = all._mutatingExtracting(first: Int(min(UInt64(byteCount), target.size)))
    do { try target.read(into: &start, at: 0) } catch { throw .target(error) }
    if buffer.bytes.copy(82..<87) == Array("FAT32".utf8) { return .fat32 }
    return buffer.bytes.load(UInt16.self, at: 1024 + 56) == 0xEF53 ? .ext4 : nil
  }

  /// What a partition of this type should hold: damage may hide it.
  private static func expectedFileSystem(of type: PartitionType) -> Kind {
    switch type {
    case .fat32LBA, PartitionType(rawValue: 0x0B): .fat32
    case .linux: .ext4
    default: .unknown
    }
  }
}
