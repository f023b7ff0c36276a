// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import TestSupport
import Testing

@testable import FAT32

@Suite struct VolumeReaderFuzzTests {
  @Test func `no damage makes the reader trap or go on for ever`() throws {
    var generator = SeededGenerator()
    var fuzz = try Fuzz()
    for _ in 0..<(isLong ? 5_000_000 : 50_000) { try fuzz.round(using: &generator) }
    print("outcomes: \(fuzz.outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    for outcome in [
      "whole", "damaged", "noSuchCluster", "freeCluster", "badCluster", "loop", "chainTooShort",
      "sharedCluster",
      "illegalName", "truncated",
    ] {
      #expect(fuzz.outcomes[outcome, default: 0] > 0, "\(outcome) was never reached")
    }
  }

  /// A small volume that is damaged in a few places, read and mended again.
  private struct Fuzz {
    let volume: SampleVolume
    /// Clusters in use: the root, two files and three directories among them.
    let usedClusterCount: UInt32
    let directoryClusters: [UInt32]
    private(set) var outcomes: [String: Int] = [:]

    init() throws {
      volume = try SampleVolume()
      var writer = try volume.writer()
      try writer.add("dir/a long name in a directory.txt", sampleBytes(1500))
      try writer.add("dir/SUB/inner", sampleBytes(513))
      try writer.add("file", sampleBytes(100))
      try writer.add(.directory("other"))
      try writer.finish()
      usedClusterCount = UInt32(writer.usedClusterCount)
      var reader = try VolumeReader(volume.memory)
      var clusters: [UInt32] = [2, 3]
      while let entry = try reader.next() {
        if entry.kind == .directory { clusters.append(try reader.item(at: entry.path).firstCluster) }
      }
      directoryClusters = clusters
    }

    mutating func round(using generator: inout SeededGenerator) throws {
      var mended: [(offset: UInt64, bytes: [UInt8])] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let (offset, bytes) = mutation(using: &generator)
        mended.append((offset, volume.bytes(offset, bytes.count)))
        try volume.store(bytes, at: offset)
      }
      let outcome = read(
        lookingUp: .random(in: 0..<7, using: &generator), at: .random(in: 0...2000, using: &generator))
      outcomes[outcome, default: 0] += 1
      for (offset, bytes) in mended.reversed() { try volume.store(bytes, at: offset) }
    }

    /// In the boot sector, the FSInfo sector, a FAT or a directory, never in a file.
    private func mutation(using generator: inout SeededGenerator) -> (UInt64, [UInt8]) {
      let byte: UInt8 =
        [0, 1, 2, 0x0F, 0x10, 0x2E, 0x2F, 0x7F, 0xE5, 0xFF, generator.byte()]
        .randomElement(using: &generator) ?? 0
      switch Int.random(in: 0..<10, using: &generator) {
      case 0: return (.random(in: 0..<90, using: &generator), [byte])
      case 1: return (.random(in: 0..<1024, using: &generator), [byte])
      case 2...5: return tableMutation(using: &generator)
      default:
        let cluster = directoryClusters.randomElement(using: &generator) ?? 2
        let slot = UInt64.random(in: 0..<16, using: &generator) * 32
        let place =
          ([0, 11, 12, 20, 26, 27, 28, .random(in: 0..<32, using: &generator)] as [UInt64])
          .randomElement(using: &generator) ?? 0
        let value = place == 26 ? generator.byte() % 24 : byte
        return (volume.geometry.offset(ofCluster: cluster) + slot + place, [value])
      }
    }

    private func tableMutation(using generator: inout SeededGenerator) -> (UInt64, [UInt8]) {
      let cluster = UInt64.random(in: 0..<UInt64(usedClusterCount + 3), using: &generator)
      let number: UInt32 =
        [
          0, 1, .random(in: 2..<usedClusterCount + 4, using: &generator), 0x0FFF_FFF7, 0x0FFF_FFF8, 65_542,
          65_543,
          .random(in: 0 ... .max, using: &generator),
        ].randomElement(using: &generator) ?? 0
      return (
        volume.geometry.fatOffset + cluster * 4, (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      )
    }

    /// All that a reader can do: walk, look up the n-th entry, list it or read a part of it. Returns what it met first.
    private func read(lookingUp lookUp: Int, at offset: UInt64) -> String {
      var outcome = "whole"
      func note(_ error: FAT32Error) {
        guard outcome == "whole" else { return }
        outcome = Self.name(of: error)
      }
      do throws(FAT32Error) {
        var reader = try VolumeReader(volume.memory)
        var last = reader.root
        for step in 0... {
          #expect(step < 20_000, "the walk does not end")
          do throws(FAT32Error) {
            guard let entry = try reader.next() else { break }
            while try !reader.nextBytes().isEmpty {}
            if step == lookUp { last = try reader.item(at: entry.path) }
          } catch { note(error) }
        }
        var buffer = AlignedBuffer(byteCount: 700)
        var bytes = buffer.mutableBytes
        _ =
          last.isDirectory
          ? try reader.items(in: last).count : try reader.read(last, into: &bytes, at: offset)
      } catch { note(error) }
      return outcome
    }

    /// The name of the case, of the damage's where there is one.
    private static func name(of error: FAT32Error) -> String {
      switch error {
      case .unreadable(_, let damage): damage.caseName
      case .damaged: "damaged"
      case .truncated: "truncated"
      case .sectorSize: "sectorSize"
      case .target: "target"
      default: "look-up"
      }
    }
  }
}

extension Damage {
  fileprivate var caseName: String {
    switch self {
    case .noSuchCluster: "noSuchCluster"
    case .freeCluster: "freeCluster"
    case .badCluster: "badCluster"
    case .loop: "loop"
    case .chainTooShort: "chainTooShort"
    case .directoryTooLarge: "directoryTooLarge"
    case .sharedCluster: "sharedCluster"
    case .tooDeep: "tooDeep"
    case .illegalName: "illegalName"
    }
  }
}

extension SeededGenerator {
  fileprivate mutating func byte() -> UInt8 { .random(in: 0...255, using: &self) }
}
