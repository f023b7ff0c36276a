// SPDX-License-Identifier: Apache-2.0
import Entries
import Testing

@Suite struct EntryTests {
  @Test func `a sparse file's stored bytes are those of its ranges`() {
    #expect(Entry.Content(size: 1000).storedByteCount == 1000)
    #expect(Entry.Content(size: 1000, dataRanges: [10..<20, 500..<501]).storedByteCount == 11)
    #expect(Entry.Content(size: 1000, dataRanges: []).storedByteCount == 0)
  }

  @Test func `moments before 1970 are in order too`() {
    let moments = [(-2, 999_999_999), (-1, 0), (-1, 1), (0, 0), (0, 5), (1, 0)] as [(Int64, UInt32)]
    let timestamps = moments.map { Timestamp(seconds: $0.0, nanoseconds: $0.1) }
    #expect(timestamps.shuffled().sorted() == timestamps)
  }

  @Test func `an owner is two numbers, or root`() {
    #expect(Entry.Owner("root:root") == .root)
    #expect(Entry.Owner("1000:root") == .init(user: 1000, group: 0))
    #expect(Entry.Owner("4294967295:0") == .init(user: .max, group: 0))
    for text in ["", "1000", "1000:", ":1000", "pi:pi", "-1:0", "1:2:3", "4294967296:0", "+1:0", " 1:0"] {
      #expect(Entry.Owner(text) == nil, "\(text)")
    }
  }
}
