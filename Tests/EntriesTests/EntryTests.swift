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
}
