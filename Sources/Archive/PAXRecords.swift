// SPDX-License-Identifier: Apache-2.0

/// The records of a PAX extended header: "length keyword=value\n", in the order in which they stand.
///
/// Keywords and values are bytes: values of extended attributes may hold anything, names are not always UTF-8.
///
/// Source: POSIX.1-2017, pax, "pax Header Block" and "pax Extended Header".
struct PAXRecords: Equatable {
  struct Record: Equatable {
    var keyword: [UInt8]
    var value: [UInt8]
  }

  private(set) var records: [Record] = []

  var isEmpty: Bool { records.isEmpty }

  mutating func append(_ keyword: StaticString, _ value: some Sequence<UInt8>) {
    append(Array(keyword.description.utf8), Array(value))
  }

  mutating func append(_ keyword: [UInt8], _ value: [UInt8]) {
    records.append(Record(keyword: keyword, value: value))
  }

  /// The records as they stand in the archive, without padding.
  func encoded() -> [UInt8] { records.flatMap(Self.encoded) }

  private static func encoded(_ record: Record) -> [UInt8] {
    // " keyword=value\n": all but the length, which counts its own digits.
    let restByteCount = record.keyword.count + record.value.count + 3
    var byteCount = restByteCount + 1
    while String(byteCount).utf8.count + restByteCount != byteCount { byteCount += 1 }
    return Array("\(byteCount) ".utf8) + record.keyword + [UInt8(ascii: "=")] + record.value
      + [UInt8(ascii: "\n")]
  }
}
