// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import TestSupport
import Testing

@testable import Ext4

/// Bytes of the structures on the volume, at the offsets that the kernel's documentation names.
@Suite struct StructureTests {
  private static let time = Timestamp(seconds: 0x1_8000_0001, nanoseconds: 5)

  private func slot(_ inode: Inode) -> [UInt8] {
    var buffer = AlignedBuffer(byteCount: 256)
    var bytes = buffer.mutableBytes
    inode.encode(into: &bytes)
    return buffer.copy(0..<256)
  }

  @Test(
    arguments: [
      (field: "i_mode", offset: 0x00, bytes: [0xED, 0x89]),
      (field: "i_uid", offset: 0x02, bytes: [0x02, 0x01]),
      (field: "i_size_lo", offset: 0x04, bytes: [0x05, 0x04, 0x03, 0x02]),
      (field: "i_atime", offset: 0x08, bytes: [0x01, 0x00, 0x00, 0x80]),
      (field: "i_ctime", offset: 0x0C, bytes: [0x01, 0x00, 0x00, 0x80]),
      (field: "i_mtime", offset: 0x10, bytes: [0x01, 0x00, 0x00, 0x80]),
      (field: "i_dtime", offset: 0x14, bytes: [0, 0, 0, 0]),
      (field: "i_gid", offset: 0x18, bytes: [0x06, 0x05]),
      (field: "i_links_count", offset: 0x1A, bytes: [0x03, 0x00]),
      (field: "i_blocks_lo", offset: 0x1C, bytes: [0x08, 0, 0, 0]),
      (field: "i_flags", offset: 0x20, bytes: [0x00, 0x10, 0x08, 0x00]),
      (field: "eh_magic", offset: 0x28, bytes: [0x0A, 0xF3]),
      (field: "eh_entries", offset: 0x2A, bytes: [1, 0]),
      (field: "eh_max", offset: 0x2C, bytes: [4, 0]),
      (field: "eh_depth", offset: 0x2E, bytes: [0, 0]),
      (field: "ee_block", offset: 0x34, bytes: [7, 0, 0, 0]),
      (field: "ee_len", offset: 0x38, bytes: [0x00, 0x80]),
      (field: "ee_start_hi", offset: 0x3A, bytes: [0x01, 0x00]),
      (field: "ee_start_lo", offset: 0x3C, bytes: [0x44, 0x33, 0x22, 0x11]),
      (field: "i_generation", offset: 0x64, bytes: [0, 0, 0, 0]),
      (field: "i_file_acl_lo", offset: 0x68, bytes: [0x88, 0x77, 0x66, 0x55]),
      (field: "i_size_high", offset: 0x6C, bytes: [0x01, 0, 0, 0]),
      (field: "l_i_blocks_high", offset: 0x74, bytes: [0x01, 0x00]),
      (field: "l_i_file_acl_high", offset: 0x76, bytes: [0x02, 0x00]),
      (field: "l_i_uid_high", offset: 0x78, bytes: [0x04, 0x03]),
      (field: "l_i_gid_high", offset: 0x7A, bytes: [0x08, 0x07]),
      (field: "i_extra_isize", offset: 0x80, bytes: [0x20, 0x00]),
      (field: "i_ctime_extra", offset: 0x84, bytes: [0x16, 0, 0, 0]),
      (field: "i_mtime_extra", offset: 0x88, bytes: [0x16, 0, 0, 0]),
      (field: "i_atime_extra", offset: 0x8C, bytes: [0x16, 0, 0, 0]),
      (field: "i_crtime", offset: 0x90, bytes: [0x01, 0x00, 0x00, 0x80]),
      (field: "i_crtime_extra", offset: 0x94, bytes: [0x16, 0, 0, 0]),
      (field: "the attributes", offset: 0xA0, bytes: [0xAA, 0xBB]),
    ] as [(field: String, offset: Int, bytes: [UInt8])])
  func `each field of an inode stands at its offset`(field: String, offset: Int, bytes: [UInt8]) {
    let inode = Inode(
      type: .regular, permissions: 0o4755, owner: .init(user: 0x0304_0102, group: 0x0708_0506),
      time: Self.time,
      size: 0x1_0203_0405, linkCount: 3, blockCount: (1 << 32) / 8 + 1, isIndexed: true,
      attributeBlock: 0x2_5566_7788, inlineAttributes: [0xAA, 0xBB],
      body: .extents(
        ExtentNode(entries: [Extent(logical: 7, physical: 0x1_1122_3344, blockCount: 32768)])))
    #expect(slot(inode)[offset..<offset + bytes.count] == bytes[...])
  }

  @Test(
    arguments: [
      (-1, [0xFF, 0xFF, 0xFF, 0xFF], 0), (-0x8000_0000, [0, 0, 0, 0x80], 0),
      (0x7FFF_FFFF, [0xFF, 0xFF, 0xFF, 0x7F], 0),
      (0x8000_0000, [0, 0, 0, 0x80], 1), (0x1_0000_0000, [0, 0, 0, 0], 1),
      (0x3_7FFF_FFFF, [0xFF, 0xFF, 0xFF, 0x7F], 3),
    ] as [(Int64, [UInt8], UInt8)])
  func `times outside of 32 bits have epoch bits`(seconds: Int64, low: [UInt8], epoch: UInt8) {
    var inode = Inode(
      type: .fifo, permissions: 0, owner: .root, time: Timestamp(seconds: seconds), body: .none)
    inode.linkCount = 1
    let bytes = slot(inode)
    #expect(bytes[0x10..<0x14] == low[...])
    #expect(bytes[0x88] == epoch)
  }

  @Test(
    arguments: [
      (5, 1, [0x01, 0x05, 0, 0, 0, 0, 0, 0]), (255, 255, [0xFF, 0xFF, 0, 0, 0, 0, 0, 0]),
      (1, 256, [0, 0, 0, 0, 0x00, 0x01, 0x10, 0x00]), (256, 0, [0, 0, 0, 0, 0x00, 0x00, 0x01, 0x00]),
    ] as [(UInt32, UInt32, [UInt8])])
  func `device numbers have an old and a new form`(major: UInt32, minor: UInt32, bytes: [UInt8]) {
    let inode = Inode(
      type: .blockDevice, permissions: 0, owner: .root, time: Self.time,
      body: .device(major: major, minor: minor))
    #expect(slot(inode)[0x28..<0x30] == bytes[...])
  }

  @Test func `a slot takes names until it has 65000`() {
    var buffer = AlignedBuffer(byteCount: 256)
    var bytes = buffer.mutableBytes
    bytes.store(UInt16(64999), at: 0x1A)
    let answers = [Inode.addLink(to: &bytes), Inode.addLink(to: &bytes)]
    #expect(answers == [true, false])
    #expect(bytes.load(UInt16.self, at: 0x1A) == 65000)
  }

  @Test(arguments: [
    (0, 0), (1, 0), (4, 0), (5, 1), (340, 1), (341, 2), (1360, 4), (1361, 5 + 1), (462_400, 1360 + 4),
    (462_401, 1361 + 5 + 1),
  ])
  func `extents beyond four take blocks of 340`(extentCount: Int, blockCount: Int) {
    #expect(ExtentNode.blockCount(extentCount: extentCount) == blockCount)
  }

  @Test func `a tree of extents leads from the inode to every extent`() {
    let extents = (0..<1361).map { Extent(logical: $0 * 2, physical: 1000 + $0 * 3, blockCount: 1) }
    let (nodes, root) = ExtentNode.tree(of: extents, in: (0..<6).map { 100 + $0 })
    #expect(root.depth == 2)
    #expect(root.entries == [Extent(logical: 0, physical: 105, blockCount: 0)])
    #expect(nodes[5].depth == 1)
    #expect(nodes[5].entries.map(\.physical) == [100, 101, 102, 103, 104])
    #expect(nodes[5].entries.map(\.logical) == [0, 680, 1360, 2040, 2720])
    #expect(nodes[..<5].flatMap(\.entries) == extents)
    var buffer = AlignedBuffer(byteCount: 4096)
    var block = buffer.mutableBytes
    nodes[5].encode(intoBlock: &block, seed: 0)
    #expect(
      buffer.copy(0..<24) == [
        0x0A, 0xF3, 5, 0, 0x54, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test func `an extent that nobody wrote to is 32768 blocks longer on the volume`() {
    let extents = [
      Extent(logical: 0, physical: 10, blockCount: 1, isUnwritten: true),
      Extent(logical: 1, physical: 11, blockCount: 32767, isUnwritten: true),
      Extent(logical: 32768, physical: 32778, blockCount: 32768),
    ]
    let inode = Inode(
      type: .regular, permissions: 0, owner: .root, time: Self.time,
      body: .extents(ExtentNode(entries: extents)))
    let bytes = slot(inode)
    #expect(bytes[0x38..<0x3A] == [0x01, 0x80])
    #expect(bytes[0x44..<0x46] == [0xFF, 0xFF])
    #expect(bytes[0x50..<0x52] == [0x00, 0x80])
  }

  @Test func `blocks are given away in order, in the fewest runs`() {
    var space = FreeSpace(runs: [10..<12, 20..<100_000])
    var extents: [Extent] = []
    space.take(1, for: 0, into: &extents)
    space.take(40_000, for: 5, into: &extents)
    #expect(
      extents == [
        Extent(logical: 0, physical: 10, blockCount: 1), Extent(logical: 5, physical: 11, blockCount: 1),
        Extent(logical: 6, physical: 20, blockCount: 32768),
        Extent(logical: 32774, physical: 32788, blockCount: 7231),
      ])
    #expect(space.usedRuns == [10..<12, 20..<40_019])
    space.take(60_000, for: 0, into: &extents)
    // Two extents would hold them, wherever they were.
    #expect(space.isExhausted && extents.count == 6)
    #expect(space.takeBlock() == nil)
    #expect(space.neededBlockCount == 100_002)
  }

  @Test func `a block of names ends with its checksum`() {
    var block = DirectoryBlock()
    block.appendDots(inode: 12, parent: 2)
    block.append(Array("five5".utf8)[...], inode: 0x0102_0304, type: .symbolicLink)
    block.seal(seed: 1)
    let bytes = block.bytes.copy(0..<4096)
    #expect(bytes[..<12] == [12, 0, 0, 0, 12, 0, 1, 2, 0x2E, 0, 0, 0])
    #expect(bytes[12..<24] == [2, 0, 0, 0, 12, 0, 2, 2, 0x2E, 0x2E, 0, 0])
    // 4,084 less the 24 before it.
    #expect(bytes[24..<37] == [4, 3, 2, 1, 0xDC, 0x0F, 5, 7, 0x66, 0x69, 0x76, 0x65, 0x35])
    #expect(bytes[37..<4084].allSatisfy { $0 == 0 })
    #expect(bytes[4084..<4092] == [0, 0, 0, 0, 12, 0, 0, 0xDE])
    #expect(
      block.bytes.load(UInt32.self, at: 4092) == CRC32C.checksum(block.bytes.extracting(first: 4084), seed: 1)
    )
  }

  @Test func `the root of an index looks like a directory without names`() {
    var block = DirectoryBlock()
    block.fillIndexRoot(
      [.init(hash: 0, block: 1), .init(hash: 0xAABB_CCDD, block: 2)], levelCount: 1, inode: 12, parent: 2,
      seed: 1)
    let bytes = block.bytes.copy(0..<4096)
    #expect(bytes[..<12] == [12, 0, 0, 0, 12, 0, 1, 2, 0x2E, 0, 0, 0])
    #expect(bytes[12..<24] == [2, 0, 0, 0, 0xF4, 0x0F, 2, 2, 0x2E, 0x2E, 0, 0])
    #expect(bytes[24..<32] == [0, 0, 0, 0, 1, 8, 1, 0])
    #expect(bytes[32..<40] == [0xFB, 1, 2, 0, 1, 0, 0, 0])
    #expect(bytes[40..<48] == [0xDD, 0xCC, 0xBB, 0xAA, 2, 0, 0, 0])
    #expect(bytes[48..<4092].allSatisfy { $0 == 0 })
  }

  @Test func `a node of an index looks like an unused entry`() {
    var block = DirectoryBlock()
    block.fillIndexNode([.init(hash: 9, block: 3)], seed: 1)
    let bytes = block.bytes.copy(0..<4096)
    #expect(bytes[..<16] == [0, 0, 0, 0, 0, 0x10, 0, 0, 0xFE, 1, 1, 0, 3, 0, 0, 0])
    #expect(bytes[16..<4092].allSatisfy { $0 == 0 })
  }

  @Test(
    .enabled(if: SampleVolume.debugfs.isInstalled),
    arguments: ["a", "hostname", String(repeating: "long", count: 60)])
  func `names have the hash that debugfs gives them`(name: String) throws {
    let hash = NameHash(seed: SampleVolume.identifier(0x20)).hash(of: Array(name.utf8)[...])
    let request = "dx_hash -h half_md4 -s 20212223-2425-2627-2829-2a2b2c2d2e2f \(name)"
    let text = try SampleVolume.debugfs.run("-R", request).text
    let numbers = [UInt32(hash >> 32), UInt32(truncatingIfNeeded: hash)].map { "0x" + String($0, radix: 16) }
    #expect(text.hasPrefix("Hash of \(name) is \(numbers[0]) (minor \(numbers[1]))"), "\(text)")
  }

  @Test func `an attribute that fits lies in the inode`() throws {
    let attributes = try ExtendedAttributes([.init(name: Array("user.note".utf8), value: [1, 2, 3, 4, 5])])
    guard case .inode(let bytes) = try attributes.storage() else {
      Issue.record("not in the inode")
      return
    }
    #expect(bytes.count == 96)
    #expect(bytes[..<4] == [0, 0, 2, 0xEA])
    // Offset 84 from the first entry, size 5; the hash is checked by e2fsck.
    #expect(bytes[4..<16] == [4, 1, 84, 0, 0, 0, 0, 0, 5, 0, 0, 0])
    #expect(bytes[20..<24] == Array("note".utf8)[...])
    #expect(bytes[24..<88].allSatisfy { $0 == 0 })
    #expect(bytes[88...] == [1, 2, 3, 4, 5, 0, 0, 0])
  }

  @Test func `attributes that don't fit lie in a block, sorted`() throws {
    let attributes = try ExtendedAttributes([
      .init(name: Array("security.x".utf8), value: [1]), .init(name: Array("user.bb".utf8), value: [2]),
      .init(name: Array("user.c".utf8), value: Array(repeating: 3, count: 100)),
    ])
    guard case .block(let bytes) = try attributes.storage() else {
      Issue.record("not in a block")
      return
    }
    #expect(bytes[..<12] == [0, 0, 2, 0xEA, 1, 0, 0, 0, 1, 0, 0, 0])
    #expect(bytes[32..<36] == [1, 1, 0x9C, 0x0F])
    #expect(bytes[52..<56] == [2, 1, 0x98, 0x0F])
    #expect(bytes[72..<76] == [1, 6, 0x94, 0x0F])
  }
}
