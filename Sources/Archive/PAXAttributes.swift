// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// What PAX records say about an entry, or about all that follow.
///
/// Records that change nothing for Cairn are passed over: names of owners, access and change times, comments, ACLs.
///
/// Sources: POSIX.1-2017, pax, "pax Extended Header"; GNU tar manual, "Storing Sparse Files".
struct PAXAttributes {
  var path: [UInt8]?
  var linkPath: [UInt8]?
  var size: UInt64?
  var user: UInt64?
  var group: UInt64?
  var modificationTime: Timestamp?
  private(set) var extendedAttributes: [Entry.ExtendedAttribute] = []
  private var extendedAttributeIndices: [[UInt8]: Int] = [:]
  var sparse = SparseRecords()

  /// What `records` say from here on; a later record wins over an earlier one.
  ///
  /// - Throws: `malformedRecord` for a value that is no number where there must be one, `multiVolume`.
  mutating func apply(_ records: PAXRecords) throws(TarProblem) {
    for record in records.records {
      let keyword = String(decoding: record.keyword, as: UTF8.self)
      switch keyword {
      case "path": path = record.value
      case "linkpath": linkPath = record.value
      case "size": size = try record.number()
      case "uid": user = try record.number()
      case "gid": group = try record.number()
      case "mtime": modificationTime = try record.timestamp()
      case _ where keyword.hasPrefix("GNU.sparse."): try sparse.apply(record, keyword)
      case _ where keyword.hasPrefix("GNU.volume."): throw .multiVolume
      case _ where record.keyword.starts(with: PAXRecords.attributePrefix): try setExtendedAttribute(record)
      default: break
      }
    }
  }

  private mutating func setExtendedAttribute(_ record: PAXRecords.Record) throws(TarProblem) {
    let name = PAXRecords.unescaped(record.keyword.dropFirst(PAXRecords.attributePrefix.count))
    guard !name.isEmpty else { throw .malformedRecord(keyword: record.keyword) }
    if let index = extendedAttributeIndices[name] {
      extendedAttributes[index].value = record.value
    } else {
      extendedAttributeIndices[name] = extendedAttributes.count
      extendedAttributes.append(.init(name: name, value: record.value))
    }
  }
}

extension PAXRecords.Record {
  func number() throws(TarProblem) -> UInt64 {
    guard let number = PAXRecords.decimal(value), number <= UInt64(Int64.max) else {
      throw .malformedRecord(keyword: keyword)
    }
    return number
  }

  /// Seconds with a sign and a fraction; what is finer than a nanosecond is rounded down.
  fileprivate func timestamp() throws(TarProblem) -> Timestamp {
    let isNegative = value.first == UInt8(ascii: "-")
    let parts = value.dropFirst(isNegative ? 1 : 0)
      .split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : []
    guard let whole = parts.first.flatMap(PAXRecords.decimal), fraction.isEmpty == (parts.count == 1),
      let time = Self.timestamp(whole, fraction, isNegative)
    else { throw .malformedRecord(keyword: keyword) }
    return time
  }

  /// Nil where the fraction is none, or the time beyond what 64 bits hold.
  private static func timestamp(
    _ whole: UInt64, _ fraction: ArraySlice<UInt8>, _ isNegative: Bool
  ) -> Timestamp? {
    let zeros = repeatElement(UInt8(ascii: "0"), count: 9)
    guard fraction.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
      let nanoseconds = PAXRecords.decimal((fraction + zeros).prefix(9))
    else { return nil }
    guard isNegative else {
      return Int64(exactly: whole).map { Timestamp(seconds: $0, nanoseconds: UInt32(nanoseconds)) }
    }
    // Before 1970 the fraction counts down; a rest below a nanosecond takes one more.
    let isInexact = fraction.dropFirst(9).contains { $0 != UInt8(ascii: "0") }
    let down = nanoseconds + (isInexact ? 1 : 0)
    // The seconds are -whole, or one less.
    guard whole <= Int64.min.magnitude - (down == 0 ? 0 : 1) else { return nil }
    return Timestamp(
      seconds: Int64(truncatingIfNeeded: 0 &- whole) - (down == 0 ? 0 : 1),
      nanoseconds: UInt32((1_000_000_000 - down) % 1_000_000_000))
  }
}

extension PAXRecords {
  /// %3D and %25 back to "=" and "%", as GNU tar has them.
  fileprivate static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
    var rest = name
    var result: [UInt8] = []
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      if rest.starts(with: "3D".utf8) { result.append(UInt8(ascii: "=")) } else { result.append(byte) }
      if rest.starts(with: "3D".utf8) || rest.starts(with: "25".utf8) { rest = rest.dropFirst(2) }
    }
    return result
  }
}
