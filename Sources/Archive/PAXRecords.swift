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

extension PAXRecords {
  /// - Throws: `malformedRecord`.
  init(decoding bytes: [UInt8]) throws(TarProblem) {
    var rest = bytes[...]
    while !rest.isEmpty { records.append(try Self.takeRecord(from: &rest)) }
  }

  private static func takeRecord(from rest: inout ArraySlice<UInt8>) throws(TarProblem) -> Record {
    let start = rest.startIndex
    let digits = rest.prefix { $0 != UInt8(ascii: " ") }
    guard digits.count <= 7, let byteCount = decimal(digits), byteCount <= UInt64(rest.count),
      Int(byteCount) > digits.count + 1, rest[start + Int(byteCount) - 1] == UInt8(ascii: "\n")
    else { throw .malformedRecord(keyword: Array(rest.prefix(40))) }
    let record = rest[(start + digits.count + 1)..<(start + Int(byteCount) - 1)]
    guard let equals = record.firstIndex(of: UInt8(ascii: "=")), equals > record.startIndex,
      !record[..<equals].contains(0)
    else { throw .malformedRecord(keyword: Array(record.prefix(40))) }
    rest = rest[(start + Int(byteCount))...]
    return Record(keyword: Array(record[..<equals]), value: Array(record[(equals + 1)...]))
  }

  /// Digits and nothing else; nil also where the number is too large.
  static func decimal(_ digits: some Collection<UInt8>) -> UInt64? {
    guard !digits.isEmpty else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tenfold, overflows) = number.multipliedReportingOverflow(by: 10)
      let (sum, carries) = tenfold.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !overflows, !carries else { return nil }
      number = sum
    }
    return number
  }
}
