// SPDX-License-Identifier: Apache-2.0
import Cairn
import Testing

@Suite struct PlanTests {
  private let time = Timestamp(seconds: 1_617_209_520)

  private func plan(_ recipe: Recipe = Recipe()) throws -> Plan {
    try Plan(recipe, for: .image, sourceTime: time)
  }

  @Test
  func `a card of 2 GiB has its boot partition from 4 MiB on and its data partition from 260 MiB to the end`()
    throws
  {
    let plan = try plan()
    let boot = try #require(plan.boot)
    #expect(boot.range == 4_194_304..<272_629_760)
    #expect(boot.geometry.hiddenSectorCount == 8192)
    #expect(boot.geometry.dataOffset % (4 << 20) == 0)
    #expect(plan.data?.range == 272_629_760..<2_147_483_648)
    #expect(
      plan.partitionTable.partitions == [
        .init(number: 1, firstLBA: 8192, sectorCount: 524_288, type: .fat32LBA, isActive: true),
        .init(number: 2, firstLBA: 532_480, sectorCount: 3_661_824, type: .linux),
      ])
  }

  @Test func `a card without a data partition ends with its boot partition`() throws {
    let recipe = Recipe(size: ByteSize(byteCount: 260 << 20), hasDataPartition: false)
    let plan = try plan(recipe)
    #expect(plan.data == nil)
    #expect(plan.partitionTable.partitions.map(\.range) == [4_194_304..<272_629_760])
    #expect(plan.identifiers != (try self.plan(Recipe(size: ByteSize(byteCount: 512 << 20)))).identifiers)
    let small = Recipe(size: ByteSize(byteCount: 256 << 20), hasDataPartition: false)
    #expect(throws: PlanError.self) { try self.plan(small) }
  }

  @Test func `256 MiB get clusters of 2 KiB at most, 100 MB of 1 KiB`() throws {
    #expect(try plan().boot!.geometry.clusterSize <= 2048)
    let small = Recipe(bootSize: try #require(ByteSize("100MB")))
    #expect(try plan(small).boot?.geometry.clusterSize == 1024)
    #expect(try plan(small).data?.range.lowerBound == 100 << 20)
  }

  @Test func `a card whose size is no whole block ends with its last whole one`() throws {
    let recipe = Recipe(size: ByteSize(byteCount: (1 << 30) + 4095))
    #expect(try plan(recipe).data?.range.upperBound == 1 << 30)
    #expect(try plan(recipe).size == (1 << 30) + 4095)
  }

  @Test func `a card without room for both partitions names the size that has it`() throws {
    let recipe = Recipe(size: ByteSize(byteCount: 256 << 20))
    let error = #expect(throws: PlanError.self) { try plan(recipe) }
    guard case .cardTooSmall(_, let needed, _) = error else {
      Issue.record("not the error that was expected")
      return
    }
    #expect(throws: Never.self) { try plan(Recipe(size: needed)) }
    #expect(throws: PlanError.self) {
      try plan(Recipe(size: ByteSize(byteCount: needed.byteCount - (4 << 20))))
    }
  }

  @Test func `a boot partition that can't be FAT32 is refused`() {
    #expect(throws: PlanError.self) { try plan(Recipe(bootSize: ByteSize(byteCount: 16 << 20))) }
  }

  @Test func `a card beyond 2 TiB is refused`() {
    let size = ByteSize(byteCount: (2 << 40) + 4096)
    #expect(
      throws: PlanError.cardTooLarge(size: size, largest: ByteSize(byteCount: 2 << 40))
    ) { try plan(Recipe(size: size)) }
    #expect(throws: Never.self) { try plan(Recipe(size: ByteSize(byteCount: 2 << 40))) }
  }

  @Test func `sizes near the ends of what 64 bits count are refused and do not trap`() {
    for size in [0, 1, 511, 4096, 4 << 20, UInt64(Int64.max)] {
      #expect(throws: PlanError.self) { try plan(Recipe(size: ByteSize(byteCount: size))) }
      #expect(throws: PlanError.self) { try plan(Recipe(bootSize: ByteSize(byteCount: size))) }
    }
  }

  @Test func `the epoch dates the card, and without one the release does`() throws {
    #expect(try plan().time == Timestamp(seconds: 1_617_209_520))
    #expect(try plan(Recipe(epoch: 1_700_000_000)).time == Timestamp(seconds: 1_700_000_000))
  }

  @Test func `a release from before 1970 or after 2106 makes a card all the same`() throws {
    for (seconds, time) in [(-1, 0), (Int64.max, 4_294_967_295), (Int64.min, 0)] as [(Int64, Int64)] {
      let plan = try Plan(Recipe(), for: .file(byteCount: 2 << 30), sourceTime: Timestamp(seconds: seconds))
      #expect(plan.time == Timestamp(seconds: time))
    }
  }

  @Test func `identifiers follow from the recipe alone, and from all of it`() throws {
    let plan = try plan()
    let later = try Plan(Recipe(), for: .file(byteCount: 2 << 30), sourceTime: Timestamp(seconds: 0))
    #expect(plan.identifiers == later.identifiers)
    let other = try self.plan(Recipe(hostname: try Hostname("other")))
    #expect(plan.identifiers != other.identifiers)
    #expect(plan.identifiers.diskSignature != plan.identifiers.volumeID)
    let digits = Array("\(plan.identifiers.dataUUID)")
    #expect(digits.count == 36)
    #expect(digits[14] == "8")
    #expect("89ab".contains(digits[19]))
  }
}
