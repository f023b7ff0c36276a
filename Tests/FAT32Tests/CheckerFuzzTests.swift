// SPDX-License-Identifier: Apache-2.0
import Blocks
import Foundation
import TestSupport
import Testing

@testable import FAT32

/// Damage at random: every mutation lands in a boot sector, FSInfo, a FAT or a directory, none in a file's bytes.
@Suite struct CheckerFuzzTests {
  /// Each part has its own volumes and its own numbers, and as many parts run at a time as there are processors.
  private static let seeds: [UInt64] = [5, 6, 7, 8]
  private static let count = isLong ? 5_000_000 : 100_000

  @Test func `no damage makes the checker stop or hang, and every kind of finding is reached`() async throws {
    print("checker fuzz: seeds \(Self.seeds), \(Self.count) volumes")
    let outcome = try await withThrowingTaskGroup { group in
      for seed in Self.seeds {
        group.addTask {
          var fuzz = try Fuzz(seed: seed)
          for _ in 0..<Self.count / Self.seeds.count { try fuzz.run() }
          return fuzz.outcome
        }
      }
      return try await group.reduce(into: Fuzz.Outcome()) { $0.add($1) }
    }
    outcome.printTable()
    for kind in Finding.Kind.allCases { #expect(outcome.counts[kind] != nil, "\(kind) was never reached") }
    #expect(outcome.wrongSummaries.isEmpty)
    // A volume of 33 MiB, of which the checker reads no cluster twice but for the second walk, which looks for owners.
    #expect(outcome.largestReadByteCount < 4 * Geometry.smallestVolumeSize)
  }
}

/// Volumes, mutations, and how often each kind was found.
private struct Fuzz {
  private let bases: [Base]
  private var generator: SplitMix
  private(set) var outcome = Outcome()

  /// A volume and where its structures lie.
  private struct Base {
    let patient: Patient
    /// Boot sectors, FSInfo sectors, FAT sectors that are in use, directories' clusters.
    var structures: [Range<UInt64>] = []
    var directories: [Range<UInt64>] = []
    var clusters: [UInt32] = []
    /// The last of each chain.
    var lastClusters: [UInt32] = []
  }

  /// What many rounds brought.
  struct Outcome: Sendable {
    var counts: [Finding.Kind: Int] = [:]
    var volumeCount = 0
    var cleanCount = 0
    /// What one round took at most: for people, as it depends on the machine.
    var slowest = Duration.zero
    /// What one round read at most.
    var largestReadByteCount: UInt64 = 0
    /// Summaries that do not go with their findings.
    var wrongSummaries: [Checker.Summary] = []
  }

  init(seed: UInt64) throws {
    generator = SplitMix(state: seed)
    bases = try [Patient.Kind.sample, .deep, .large].map { try Self.base($0) }
  }

  /// Damages a volume, has it checked and heals it.
  mutating func run() throws {
    // The two others take longer.
    let choice = Int.random(in: 0..<500, using: &generator)
    let base = bases[choice < 2 ? 2 : choice < 15 ? 1 : 0]
    for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(base) }
    base.patient.readByteCount = 0
    let start = ContinuousClock.now
    let (summary, findings) = try base.patient.findings()
    outcome.slowest = max(outcome.slowest, ContinuousClock.now - start)
    outcome.add(summary, findings, readByteCount: base.patient.readByteCount)
    base.patient.heal()
  }
}

extension Fuzz.Outcome {
  fileprivate mutating func add(_ summary: Checker.Summary, _ findings: [Finding], readByteCount: UInt64) {
    volumeCount += 1
    if findings.isEmpty { cleanCount += 1 }
    for finding in findings { counts[finding.kind, default: 0] += 1 }
    largestReadByteCount = max(largestReadByteCount, readByteCount)
    if summary.errorCount + summary.warningCount != findings.count { wrongSummaries.append(summary) }
  }

  fileprivate mutating func add(_ other: Self) {
    counts.merge(other.counts, uniquingKeysWith: +)
    volumeCount += other.volumeCount
    cleanCount += other.cleanCount
    slowest = max(slowest, other.slowest)
    largestReadByteCount = max(largestReadByteCount, other.largestReadByteCount)
    wrongSummaries += other.wrongSummaries
  }

  fileprivate func printTable() {
    print(
      "\(volumeCount) volumes, \(cleanCount) without a finding; at most \(largestReadByteCount) bytes read, \(slowest)"
    )
    for kind in Finding.Kind.allCases {
      print(
        "  \(kind.rawValue.padding(toLength: 26, withPad: " ", startingAt: 0)) \(counts[kind, default: 0])")
    }
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    print(status.split(separator: "\n").filter { $0.hasPrefix("VmHWM") }.joined())
  }
}

// Where mutations may land.
extension Fuzz {
  private static func base(_ kind: Patient.Kind) throws -> Base {
    let patient = try Patient(kind)
    let geometry = patient.geometry
    var base = Base(patient: patient)
    base.structures = [0, 1, 2, 6, 7].map { $0 * 512..<($0 + 1) * 512 }
    for copy in [0, geometry.fatSize] {
      let start = geometry.fatOffset + copy
      base.structures.append(start..<start + 512)
      base.structures.append(start + geometry.fatSize - 512..<start + geometry.fatSize)
    }
    addDirectory(2, to: &base, isFile: false)
    base.structures += base.directories
    return base
  }

  private static func addDirectory(_ first: UInt32, to base: inout Base, isFile: Bool) {
    var cluster = first
    while (2..<0x0FFF_FFF7).contains(cluster) {
      let offset = base.patient.geometry.offset(ofCluster: cluster)
      // Of a long chain, the ends.
      if cluster < 10_004 || cluster > 14_090 {
        base.clusters.append(cluster)
        if !isFile && cluster < 10_002 { base.directories.append(offset..<offset + 512) }
      }
      if !isFile { addEntries(at: offset, to: &base) }
      let next: UInt32 = base.patient.number(base.patient.entryOffset(cluster))
      if next >= 0x0FFF_FFF8 { base.lastClusters.append(cluster) }
      cluster = next
    }
  }

  private static func addEntries(at offset: UInt64, to base: inout Base) {
    for slot in stride(from: offset, to: offset + 512, by: 32) {
      let attributes: UInt8 = base.patient.number(slot + 11)
      let name: UInt8 = base.patient.number(slot)
      guard name != 0, name != UInt8(ascii: "."), attributes & 0x08 == 0 else { continue }
      addDirectory(base.patient.firstCluster(slot), to: &base, isFile: attributes & 0x10 == 0)
    }
  }
}

// Mutations.
extension Fuzz {
  private mutating func mutate(_ base: Base) {
    let structure = base.structures.randomElement(using: &generator) ?? 0..<512
    let position = UInt64.random(in: structure, using: &generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: base.patient.set(position, UInt8.random(in: 0...255, using: &generator))
    case 1:
      let bit: UInt8 = 1 << UInt8.random(in: 0..<8, using: &generator)
      base.patient.set(position, base.patient.number(position, UInt8.self) ^ bit)
    case 2: base.patient.set(min(position, structure.upperBound - 4), interestingNumber(base))
    case 3: mutateBootSector(base)
    case 4: mutateTable(base)
    case 5: copySlot(base)
    case 6: mutateSlot(base)
    default: mutateLongName(base)
    }
  }

  private mutating func interestingNumber(_ base: Base) -> UInt32 {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      [
        0, 1, 2, 0x0FFF_FFFF, 0x0FFF_FFF7, 0x0FFF_FFF8, 0x0FFF_FFF6, .max, base.patient.geometry.clusterCount,
        base.patient.geometry.clusterCount + 1, base.patient.geometry.clusterCount + 2,
      ].randomElement(using: &generator) ?? 0
    case 1, 2: base.clusters.randomElement(using: &generator) ?? 0
    default:
      UInt32.random(in: 0...UInt32.max, using: &generator) >> UInt32.random(in: 0..<32, using: &generator)
    }
  }

  /// A field, in both copies or in one.
  private mutating func mutateBootSector(_ base: Base) {
    let fields: [UInt64] = [
      0, 2, 11, 13, 14, 16, 17, 19, 21, 22, 24, 26, 28, 32, 36, 40, 42, 44, 48, 50, 52, 64, 65, 66, 67, 71,
      82, 510,
    ]
    let field = fields.randomElement(using: &generator) ?? 0
    if field < 509, Int.random(in: 0..<5, using: &generator) == 0 {
      base.patient.set(field, interestingNumber(base))
      return
    }
    let old: UInt8 = base.patient.number(field)
    let new: UInt8
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: new = 0
    case 1: new = 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2: new = old &+ UInt8.random(in: 1...20, using: &generator)
    default: new = old &- UInt8.random(in: 1...20, using: &generator)
    }
    base.patient.set(field, new)
    if Bool.random(using: &generator) { base.patient.set(6 * 512 + field, new) }
  }

  private mutating func mutateTable(_ base: Base) {
    // Chains that go on behind their end are rare otherwise.
    let clusters = Int.random(in: 0..<4, using: &generator) == 0 ? base.lastClusters : base.clusters
    var cluster = clusters.randomElement(using: &generator) ?? 2
    var entry = interestingNumber(base)
    if Int.random(in: 0..<50, using: &generator) == 0 {
      // The two flags of the second entry.
      cluster = 1
      entry = 0x03FF_FFFF | UInt32.random(in: 0...3, using: &generator) << 26
    }
    let both = Int.random(in: 0..<4, using: &generator) > 0
    base.patient.setEntry(cluster, entry, copies: both ? [0, 1] : [0])
  }

  private mutating func slot(_ base: Base) -> UInt64 {
    let directory = base.directories.randomElement(using: &generator) ?? 0..<512
    return directory.lowerBound + 32 * UInt64.random(in: 0..<16, using: &generator)
  }

  private mutating func copySlot(_ base: Base) {
    base.patient.set(slot(base), base.patient.bytes(slot(base), 32))
  }

  private mutating func mutateSlot(_ base: Base) {
    let slot = slot(base)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0:
      base.patient.set(slot + 11, [0x0F, 0x08, 0x10, 0x18, 0x20, 0x28].randomElement(using: &generator) ?? 0)
    case 1:
      let number = interestingNumber(base)
      base.patient.set(slot + 26, UInt16(truncatingIfNeeded: number))
      base.patient.set(slot + 20, UInt16(number >> 16))
    case 2: base.patient.set(slot + 28, interestingNumber(base))
    case 3:
      base.patient.set(slot, [0, 5, 0x20, 0x2E, 0x41, 0x42, 0xE5].randomElement(using: &generator) ?? 0)
    default:
      let field: UInt64 = [12, 13, 14, 16, 18, 22, 24].randomElement(using: &generator) ?? 12
      base.patient.set(slot + field, UInt8.random(in: 0...255, using: &generator))
    }
  }

  /// A unit, or one more at the end.
  private mutating func mutateLongName(_ base: Base) {
    let slot = slot(base)
    let places: [UInt64] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]
    let special: [UInt16] = [0, 0xFFFF, 0xD800, 0xDC00, 0x2A, 0x2E, 0x20, 0xE9, 0x65E5]
    let index = Int.random(in: 0..<12, using: &generator)
    let end = places.firstIndex { base.patient.number(slot + $0, UInt16.self) == 0 }
    if Bool.random(using: &generator), let end, end < 12 {
      base.patient.set(slot + places[end], UInt16(0x6E))
      base.patient.set(slot + places[end + 1], UInt16(0))
    } else if Bool.random(using: &generator), let end, end > 0 {
      base.patient.set(slot + places[end - 1], special.randomElement(using: &generator) ?? 0)
    } else {
      base.patient.set(slot + places[index], special.randomElement(using: &generator) ?? 0)
    }
  }
}
