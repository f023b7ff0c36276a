// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Devices

@Suite struct TargetIDTests {
  @Test(arguments: [
    (text: "4C530001", serial: "4C530001" as String?, cid: nil as String?, size: 512 as UInt64, true),
    ("4c530001", "4C530001", nil, 512, false),
    ("512", "4C530001", nil, 512, false),
    ("035344534331", nil, "035344534331", 512, true),
    ("03534453433A", nil, "03534453433a", 512, true),
    ("0x12ab", "0x12ab", "035344534331", 512, true),
    ("512", nil, "035344534331", 512, false),
    ("512", nil, nil, 512, true),
    ("513", nil, nil, 512, false),
    ("512 bytes", nil, nil, 512, false),
    ("000000000001", "000000000001", nil, 1, true),
  ])
  func `a serial number or a CID, and a size only where there is neither`(
    text: String, serial: String?, cid: String?, size: UInt64, matches: Bool
  ) throws {
    let identity = DeviceIdentity(byteCount: size, serial: serial, cardID: cid)
    #expect(try #require(TargetID(text)).matches(identity) == matches)
  }

  @Test func `an empty text means nothing`() {
    #expect(TargetID("") == nil)
    #expect(TargetID("  ") == nil)
  }
}
