// SPDX-License-Identifier: Apache-2.0
import Cairn
import Testing

/// Where directories that stay on the card are laid out.
@Suite struct PersistencePlanTests {
  private static let mebibyte: UInt64 = 1 << 20

  private func plan(
    _ texts: String..., size: UInt64? = 2048, bootSize: UInt64 = 256, dataSize: Recipe.DataSize = .rest,
    medium: Medium = .image, holdsRelease: Bool = true, smallest: UInt64? = nil
  ) throws -> Plan {
    let recipe = Recipe(
      size: size.map { ByteSize(byteCount: $0 * Self.mebibyte) },
      bootSize: ByteSize(byteCount: bootSize * Self.mebibyte), dataSize: dataSize,
      persistence: try texts.map { try PersistenceRequest($0) })
    return try Plan(
      recipe, for: medium, sourceTime: Timestamp(seconds: 1_617_209_520), holdsRelease: holdsRelease,
      smallestDataSize: smallest)
  }

  /// Of the partitions behind the boot partition, in MiB.
  private func ranges(_ plan: Plan) -> [Range<UInt64>] {
    plan.partitionTable.partitions.filter { !$0.isActive }.map {
      $0.range.lowerBound / Self.mebibyte..<$0.range.upperBound / Self.mebibyte
    }
  }

  @Test func `a partition without a size and the data partition share what is left`() throws {
    let plan = try plan("/srv:partition", "/var/log")
    #expect(ranges(plan) == [260..<1152, 1152..<2048])
    #expect(plan.partitionTable.partitions.map(\.number) == [1, 2, 3])
    #expect(plan.partitionTable.partitions.map(\.type) == [.fat32LBA, .linux, .linux])
    #expect(plan.persistentPartitions.map(\.format.label.text) == ["srv"])
    #expect(plan.persistence.map(\.place)[1] == .directory)
  }

  @Test func `two of them get a third each`() throws {
    #expect(
      ranges(try plan("/a:partition", "/b:partition", bootSize: 248)) == [252..<848, 848..<1444, 1444..<2048])
  }

  @Test func `a partition of a given size leaves the rest to the data partition`() throws {
    #expect(ranges(try plan("/a:partition,size=100MiB")) == [260..<1948, 1948..<2048])
    #expect(
      ranges(try plan("/a:partition,size=100MiB", "/b:partition")) == [260..<1104, 1104..<1204, 1204..<2048])
    // A size that is no multiple of the alignment costs the rest of it.
    let odd = try plan("/a:partition,size=101MiB")
    #expect(ranges(odd) == [260..<1944, 1944..<2045])
  }

  @Test func `a card whose size is no multiple of the alignment has its last partition to the end`() throws {
    for byteCount in [(2 << 30) - 4096, (2 << 30) + 4095] as [UInt64] {
      let medium = Medium.file(byteCount: byteCount)
      let shared = try plan("/a:partition", size: nil, medium: medium)
      #expect(shared.persistentPartitions[0].range.upperBound == byteCount / 4096 * 4096)
      let fixed = try plan("/a:partition,size=100MiB", size: nil, medium: medium)
      #expect(fixed.persistentPartitions[0].range.upperBound <= byteCount)
      #expect(fixed.persistentPartitions[0].range.lowerBound % fixed.alignment == 0)
    }
  }

  @Test func `a data partition of a given or of the smallest size is followed by the others`() throws {
    let fixed = Recipe.DataSize.fixed(ByteSize(byteCount: 30 << 20))
    #expect(ranges(try plan("/a:partition", size: nil, dataSize: fixed)) == [260..<290, 292..<1316])
    #expect(ranges(try plan("/a:partition", dataSize: fixed)) == [260..<290, 292..<2048])
    let smallest = Recipe.DataSize.smallest(slack: ByteSize(byteCount: 0))
    let plan = try plan(
      "/a:partition,size=16MiB", size: nil, dataSize: smallest, smallest: (9 << 20) + 4096)
    #expect(ranges(plan) == [260..<269, 272..<288])
    #expect(plan.size == 288 << 20)
  }

  @Test func `without a boot partition the numbers begin with the data partition`() throws {
    let recipe = Recipe(hasBootPartition: false, persistence: [try PersistenceRequest("/a:partition")])
    let plan = try Plan(recipe, for: .image, sourceTime: Timestamp(seconds: 0))
    #expect(plan.partitionTable.partitions.map(\.number) == [1, 2])
  }

  @Test func `a file gets a GiB, or its share of half of the data partition`() throws {
    func sizes(_ plan: Plan) -> [UInt64?] {
      plan.persistence.map { $0.format.map { $0.size / Self.mebibyte } }
    }
    #expect(try sizes(plan("/a:file", size: 8192)) == [1024])
    #expect(try sizes(plan("/a:file", "/b:file", "/c:file,size=10MiB")) == [447, 447, 10])
    let smallest = Recipe.DataSize.smallest(slack: ByteSize(byteCount: 0))
    #expect(try sizes(plan("/a:file", size: nil, dataSize: smallest)) == [1024])
  }

  @Test func `every file system has a UUID of its own, from the recipe`() throws {
    let plan = try plan("/a:file", "/b:partition")
    let uuids = plan.persistence.compactMap(\.format?.uuid) + [plan.identifiers.dataUUID]
    #expect(Set(uuids).count == 3)
    #expect(try plan == self.plan("/a:file", "/b:partition"))
    #expect(try plan.persistence[0].format?.uuid != self.plan("/a:file").persistence[0].format?.uuid)
  }

  @Test func `without a release nothing is persistent`() throws {
    let plan = try plan("/a:partition", "/b:file", holdsRelease: false)
    #expect(plan.persistence.isEmpty && plan.partitionTable.partitions.count == 2)
  }

  @Test func `directories that don't go together are refused`() throws {
    #expect(throws: PlanError.persistence(.persistence(path: "/a/b", .nested(other: "/a")))) {
      try plan("/a", "/a/b:file")
    }
    #expect(throws: PlanError.persistence(.persistence(path: "/c", .tooManyPartitions))) {
      try plan("/a:partition", "/b:partition", "/c:partition")
    }
  }

  @Test func `file systems without room are refused, with a card that has it`() throws {
    let error = #expect(throws: PlanError.self) { try plan("/a:partition,size=4GiB", "/b:partition") }
    guard case .cardTooSmall(_, let needed, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      "\(try #require(error))".contains(
        "a boot partition of 256 MiB, a data partition, a partition of 4 GiB for /a and a partition for /b"))
    let mebibytes = needed.byteCount / Self.mebibyte
    #expect(throws: Never.self) { try plan("/a:partition,size=4GiB", "/b:partition", size: mebibytes) }
    for text in ["/a:partition,size=7MiB", "/a:file,size=7MiB", "/a:file,size=0"] {
      let error = #expect(throws: PlanError.self) { try plan(text) }
      guard case .persistentVolume(_, .tooSmall) = error else {
        Issue.record("\(text): \(String(describing: error))")
        return
      }
    }
  }

  @Test func `sizes near the ends of what 64 bits count do not trap`() throws {
    let sizes: [UInt64] = [0, 1, 4095, 4096, 1 << 40, 2 << 40, (2 << 40) + 1, UInt64(Int64.max)]
    for size in sizes {
      for strategy in ["file", "partition"] {
        for cardSize in [size >> 20, 1, 300, 2048, 2 << 20] as [UInt64] {
          _ = try? plan("/a:\(strategy),size=\(size)", "/b:partition", size: cardSize)
          _ = try? plan("/a:\(strategy),size=\(size)", size: nil, dataSize: .fixed(ByteSize(byteCount: size)))
        }
      }
    }
  }
}
