// SPDX-License-Identifier: Apache-2.0
import Entries
import Testing

@testable import FAT32

@Suite struct DateTimeTests {
  @Test(
    arguments: [
      // 1980-01-01 00:00:00, the first moment of all.
      (seconds: 315_532_800, nanoseconds: 0, date: 0x0021, time: 0x0000, hundredths: 0),
      // 1995-08-24 09:30:13.
      (seconds: 809_256_613, nanoseconds: 990_000_000, date: 0x1F18, time: 0x4BC6, hundredths: 199),
      // 2000-02-29 23:59:59.
      (seconds: 951_868_799, nanoseconds: 0, date: 0x285D, time: 0xBF7D, hundredths: 100),
      // 2024-12-31 12:00:00.009.
      (seconds: 1_735_646_400, nanoseconds: 9_999_999, date: 0x599F, time: 0x6000, hundredths: 0),
      // 2100-02-28 00:00:02 and 2100-03-01: no leap day between them.
      (seconds: 4_107_456_002, nanoseconds: 0, date: 0xF05C, time: 0x0001, hundredths: 0),
      (seconds: 4_107_542_400, nanoseconds: 0, date: 0xF061, time: 0x0000, hundredths: 0),
      // 2107-12-31 23:59:59.
      (seconds: 4_354_819_199, nanoseconds: 999_999_999, date: 0xFF9F, time: 0xBF7D, hundredths: 199),
    ] as [(seconds: Int64, nanoseconds: UInt32, date: UInt16, time: UInt16, hundredths: UInt8)])
  func `moments have the specification's bits`(
    seconds: Int64, nanoseconds: UInt32, date: UInt16, time: UInt16, hundredths: UInt8
  ) throws {
    let timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    let dateTime = DateTime(timestamp)
    #expect(dateTime == DateTime(date: date, time: time, hundredths: hundredths))
    #expect(
      dateTime.timestamp == Timestamp(seconds: seconds, nanoseconds: nanoseconds / 10_000_000 * 10_000_000))
  }

  @Test func `moments that FAT does not know are its first and its last`() {
    #expect(DateTime(Timestamp(seconds: 315_532_799)) == .first)
    #expect(DateTime(Timestamp(seconds: .min)) == .first)
    #expect(DateTime(Timestamp(seconds: 4_354_819_200)) == .last)
    #expect(DateTime(Timestamp(seconds: .max, nanoseconds: 999_999_999)) == .last)
    #expect(DateTime.last.timestamp == Timestamp(seconds: 4_354_819_199, nanoseconds: 990_000_000))
  }

  @Test func `every day is itself again`() throws {
    for day in stride(from: Int64(3652), through: 50_402, by: 1) {
      let dateTime = DateTime(Timestamp(seconds: day * 86_400))
      #expect(DateTime(date: dateTime.date, time: dateTime.time) == dateTime)
      #expect(dateTime.timestamp.seconds == day * 86_400)
    }
  }

  @Test(
    arguments: [
      (0x0020, 0, 0), (0x0001, 0, 0), (0x01A1, 0, 0), (0x009F, 0, 0), (0x005E, 0, 0), (0xF05D, 0, 0),
      (0x0021, 0xC000, 0),
      (0x0021, 0x0780, 0), (0x0021, 0x001E, 0), (0x0021, 0, 200),
    ] as [(UInt16, UInt16, UInt8)])
  func `what is no moment is none`(date: UInt16, time: UInt16, hundredths: UInt8) {
    #expect(DateTime(date: date, time: time, hundredths: hundredths) == nil)
  }
}
