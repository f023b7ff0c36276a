// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// A moment as FAT keeps it: 1980 to 2107, in steps of two seconds, of 10 milliseconds where there is a field for it.
///
/// FAT has local time and no word on where; here it is UTC, so that the same input gives the same bytes everywhere.
/// Linux reads it back unchanged when it is mounted with `tz=UTC`, and so does a machine whose clock is on UTC.
///
/// Source: Microsoft FAT32 File System Specification 1.03, "FAT Directory Structure", `DIR_CrtTimeTenth`, and "Date
/// and Time Formats".
struct DateTime: Equatable, Sendable {
  /// Years since 1980 in bits 15…9, month from 1 in bits 8…5, day from 1 in bits 4…0. `DIR_CrtDate`, `DIR_WrtDate`,
  /// `DIR_LstAccDate`.
  let date: UInt16
  /// Hours in bits 15…11, minutes in bits 10…5, half seconds' count in bits 4…0. `DIR_CrtTime`, `DIR_WrtTime`.
  let time: UInt16
  /// Hundredths of a second behind `time`, 0 to 199. `DIR_CrtTimeTenth`, which the specification says counts tenths and
  /// gives that range.
  let hundredths: UInt8

  /// The last moment at or before `timestamp` that FAT can hold; earlier than 1980 is the beginning of 1980, later
  /// than 2107 the end of 2107.
  init(_ timestamp: Timestamp) {
    guard timestamp.seconds >= Self.firstSecond else {
      self = Self.first
      return
    }
    guard timestamp.seconds <= Self.lastSecond else {
      self = Self.last
      return
    }
    let days = Int(timestamp.seconds / 86_400)
    let seconds = Int(timestamp.seconds % 86_400)
    date = Self.date(daysSince1970: days)
    time = UInt16((seconds / 3600) << 11 | (seconds / 60 % 60) << 5 | seconds % 60 / 2)
    hundredths = UInt8(seconds % 2 * 100 + Int(timestamp.nanoseconds / 10_000_000))
  }

  /// Takes the three fields of a directory entry; nil where they are no moment.
  init?(date: UInt16, time: UInt16, hundredths: UInt8 = 0) {
    let month = date >> 5 & 15
    let day = date & 31
    guard (1...12).contains(month), day >= 1, day <= Self.dayCount(month: month, year: 1980 + date >> 9),
      time >> 11 < 24, time >> 5 & 63 < 60, time & 31 < 30, hundredths < 200
    else { return nil }
    self.date = date
    self.time = time
    self.hundredths = hundredths
  }

  private init(unchecked date: UInt16, _ time: UInt16, _ hundredths: UInt8) {
    self.date = date
    self.time = time
    self.hundredths = hundredths
  }

  /// The moment, taken for UTC.
  var timestamp: Timestamp {
    let seconds = Int64(time >> 11) * 3600 + Int64(time >> 5 & 63) * 60 + Int64(time & 31) * 2
    return Timestamp(
      seconds: Self.daysSince1970(date) * 86_400 + seconds + Int64(hundredths / 100),
      nanoseconds: UInt32(hundredths % 100) * 10_000_000)
  }

  /// In steps of two seconds, as the time of the last write is kept.
  var coarse: DateTime { DateTime(unchecked: date, time, 0) }

  /// 1980-01-01 00:00:00.
  static let first = DateTime(unchecked: 0x0021, 0x0000, 0)
  /// 2107-12-31 23:59:59.99.
  static let last = DateTime(unchecked: 0xFF9F, 0xBF7D, 199)
  /// Whether FAT has this moment: 1980 to 2107.
  static func holds(_ timestamp: Timestamp) -> Bool { (firstSecond...lastSecond).contains(timestamp.seconds) }

  private static let firstSecond: Int64 = 315_532_800
  private static let lastSecond: Int64 = 4_354_819_199
}

// The Gregorian calendar. Years are counted from March, so that the leap day is the last one of a year, and the 153
// days of each five months from March on repeat.
extension DateTime {
  /// Days from 0000-03-01 to 1970-01-01.
  private static let epochDay = 719_468
  private static let daysPerEra = 146_097

  private static func date(daysSince1970 days: Int) -> UInt16 {
    let day = days + epochDay
    let dayOfEra = day % daysPerEra
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / (daysPerEra - 1)) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = day / daysPerEra * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return UInt16((year - 1980) << 9 | month << 5 | dayOfMonth)
  }

  private static func daysSince1970(_ date: UInt16) -> Int64 {
    let month = Int(date >> 5 & 15)
    let year = 1980 + Int(date >> 9) - (month <= 2 ? 1 : 0)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + Int(date & 31) - 1
    return Int64(year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - epochDay)
  }

  private static func dayCount(month: UInt16, year: UInt16) -> UInt16 {
    switch month {
    // 2100 is the only year of the range that the century rule takes its leap day.
    case 2: year % 4 == 0 && year != 2100 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
