// SPDX-License-Identifier: Apache-2.0
import Blocks
import Testing

@testable import FAT32

@Suite struct FSInfoTests {
  private let info = FSInfo(freeClusterCount: 0x0001_0203, nextFreeCluster: 0x0000_0A0B)

  @Test(
    arguments: [
      (field: "FSI_LeadSig", offset: 0, bytes: [0x52, 0x52, 0x61, 0x41]),
      (field: "FSI_StrucSig", offset: 484, bytes: [0x72, 0x72, 0x41, 0x61]),
      (field: "FSI_Free_Count", offset: 488, bytes: [0x03, 0x02, 0x01, 0x00]),
      (field: "FSI_Nxt_Free", offset: 492, bytes: [0x0B, 0x0A, 0x00, 0x00]),
      (field: "FSI_TrailSig", offset: 508, bytes: [0x00, 0x00, 0x55, 0xAA]),
    ] as [(field: String, offset: Int, bytes: [UInt8])])
  func `each field is at its offset`(field: String, offset: Int, bytes: [UInt8]) {
    #expect(Array(encoded(512, info.encode)[offset..<offset + 4]) == bytes, "\(field)")
  }

  @Test func `what was written is read`() throws {
    #expect(try FSInfo(decoding: encoded(512, info.encode).span.bytes, clusterCount: 70_000) == info)
    let unknown = FSInfo(freeClusterCount: nil, nextFreeCluster: nil)
    let sector = encoded(512, unknown.encode)
    #expect(Array(sector[488..<496]) == [UInt8](repeating: 0xFF, count: 8))
    #expect(try FSInfo(decoding: sector.span.bytes, clusterCount: 70_000) == unknown)
  }

  @Test(
    arguments: [
      ("FSI_LeadSig", 3, 0x40), ("FSI_StrucSig", 484, 0), ("FSI_TrailSig", 511, 0),
      ("FSI_Free_Count", 490, 2),
      ("FSI_Nxt_Free", 494, 2),
    ] as [(String, Int, UInt8)])
  func `each damage is named`(field: String, offset: Int, byte: UInt8) {
    var sector = encoded(512, info.encode)
    sector[offset] = byte
    do {
      _ = try FSInfo(decoding: sector.span.bytes, clusterCount: 70_000)
      Issue.record("the damage passes")
    } catch .damaged(.fsInfo, let name, _) {
      #expect(name == field)
    } catch {
      Issue.record(error)
    }
  }
}
