// SPDX-License-Identifier: Apache-2.0
internal import Entries

/// Where the data of a sparse file lies: pairs of offset and byte count, as the archive has them.
///
/// Source: GNU tar manual, "Storing Sparse Files" and "Standard" (struct sparse).
struct SparseMap: Equatable {
  /// Offsets and byte counts by turns.
  private(set) var numbers: [UInt64] = []

  /// Ranges that a map may have: four times what a file of 1 GiB with a hole in every other block of 8 KiB needs.
  static let maximumRangeCount = 1 << 18

  mutating func append(_ number: UInt64) throws(TarProblem) {
    guard numbers.count < 2 * Self.maximumRangeCount else {
      throw .extensionTooLarge(limit: Self.maximumRangeCount)
    }
    numbers.append(number)
  }

  /// The content of a file of `size` bytes of which `storedByteCount` are in the archive.
  ///
  /// - Throws: `malformedSparseMap`. So also for a range that ends within a block and is not the last: GNU tar pads it
  ///   to the block, others don't, and its size fits none of them.
  func content(size: UInt64, storedByteCount: UInt64) throws(TarProblem) -> Entry.Content {
    guard numbers.count % 2 == 0 else { throw .malformedSparseMap }
    var ranges: [Range<UInt64>] = []
    var stored: UInt64 = 0
    for index in stride(from: 0, to: numbers.count, by: 2) {
      let (offset, byteCount) = (numbers[index], numbers[index + 1])
      let (end, overflows) = offset.addingReportingOverflow(byteCount)
      guard !overflows, end <= size, offset >= ranges.last?.upperBound ?? 0 else { throw .malformedSparseMap }
      guard byteCount > 0 else { continue }
      guard stored % UInt64(TarHeader.byteCount) == 0 else { throw .malformedSparseMap }
      // Ranges are ascending and apart: their sum is at most `size`.
      stored += byteCount
      if let last = ranges.last, last.upperBound == offset {
        ranges[ranges.count - 1] = last.lowerBound..<end
      } else {
        ranges.append(offset..<end)
      }
    }
    guard stored == storedByteCount else { throw .malformedSparseMap }
    return Entry.Content(size: size, dataRanges: ranges)
  }
}

// MARK: GNU's old format

extension SparseMap {
  /// Byte offsets, with the names that struct oldgnu_header and struct sparse_header have.
  private enum Field {
    static let sp = 386
    static let isextended = 482
    static let realsize = 483..<495
    static let extensionSp = 0
    static let extensionIsextended = 504
  }

  /// Takes the pairs of a header of type "S". Whether blocks with more of them follow.
  mutating func appendHeader(_ block: RawSpan) throws(TarProblem) -> Bool {
    try append(block, at: Field.sp, pairCount: 4)
    return block.byte(at: Field.isextended) != 0
  }

  /// Takes the pairs of a block that follows such a header. Whether there are more.
  mutating func appendExtension(_ block: RawSpan) throws(TarProblem) -> Bool {
    try append(block, at: Field.extensionSp, pairCount: 21)
    return block.byte(at: Field.extensionIsextended) != 0
  }

  /// The size that the file has with its holes.
  static func size(in block: RawSpan) throws(TarProblem) -> UInt64 {
    try TarHeader.number(block, Field.realsize, .sparse)
  }

  /// Pairs up to the first that is empty.
  private mutating func append(_ block: RawSpan, at start: Int, pairCount: Int) throws(TarProblem) {
    for offset in stride(from: start, to: start + 24 * pairCount, by: 24) {
      guard block.byte(at: offset + 12) != 0 else { return }
      try append(TarHeader.number(block, offset..<offset + 12, .sparse))
      try append(TarHeader.number(block, offset + 12..<offset + 24, .sparse))
    }
  }
}

// MARK: PAX

/// The GNU.sparse records of an entry.
struct SparseRecords {
  private var major: UInt64?
  private var minor: UInt64?
  /// The path, which the header has only for those that don't know of sparse files.
  private(set) var path: [UInt8]?
  private var size: UInt64?
  private var map = SparseMap()

  enum Version: Equatable {
    /// The map is in the records.
    case inRecords(SparseMap, size: UInt64)
    /// The map is in front of the data.
    case beforeData(size: UInt64)
  }

  mutating func apply(_ record: PAXRecords.Record, _ keyword: String) throws(TarProblem) {
    switch keyword {
    case "GNU.sparse.major": major = try record.number()
    case "GNU.sparse.minor": minor = try record.number()
    case "GNU.sparse.name": path = record.value
    case "GNU.sparse.size", "GNU.sparse.realsize": size = try record.number()
    case "GNU.sparse.offset", "GNU.sparse.numbytes": try appendToMap(record, keyword)
    case "GNU.sparse.map": map = try Self.map(record)
    case "GNU.sparse.numblocks": break  // says what the map says
    default: throw .malformedRecord(keyword: record.keyword)
    }
  }

  /// Nil where the entry is not sparse.
  ///
  /// - Throws: `malformedSparseMap` where the records contradict each other or are from a later version.
  func version() throws(TarProblem) -> Version? {
    if major == nil, minor == nil, size == nil, path == nil, map == SparseMap() { return nil }
    guard let size else { throw .malformedSparseMap }
    switch (major ?? 0, minor ?? 0) {
    case (0, 0...1): return .inRecords(map, size: size)
    case (1, 0) where map == SparseMap(): return .beforeData(size: size)
    default: throw .malformedSparseMap
    }
  }

  /// Version 0.0 has a record for each offset and one for each byte count, by turns.
  private mutating func appendToMap(_ record: PAXRecords.Record, _ keyword: String) throws(TarProblem) {
    guard (map.numbers.count % 2 == 0) == (keyword == "GNU.sparse.offset") else {
      throw .malformedRecord(keyword: record.keyword)
    }
    try map.append(record.number())
  }

  /// Version 0.1 has one record: numbers with commas between.
  private static func map(_ record: PAXRecords.Record) throws(TarProblem) -> SparseMap {
    var map = SparseMap()
    guard !record.value.isEmpty else { return map }
    for digits in record.value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let number = PAXRecords.decimal(digits) else { throw .malformedRecord(keyword: record.keyword) }
      try map.append(number)
    }
    return map
  }
}

/// Reads the map that version 1.0 has in front of the data: decimal numbers, a newline after each. The first says how
/// many pairs follow.
struct SparseMapReader {
  private(set) var map = SparseMap()
  private var number: UInt64 = 0
  private var digitCount = 0
  private var missingNumberCount: UInt64?

  /// Takes a block of the map. Whether it was the last.
  mutating func append(_ block: RawSpan) throws(TarProblem) -> Bool {
    for offset in 0..<block.byteCount {
      switch block.byte(at: offset) {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digitCount += 1
        // Eighteen digits are more than any file needs, and no overflow.
        guard digitCount <= 18 else { throw .numberTooLarge(.sparse) }
        number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "\n"):
        guard digitCount > 0 else { throw .malformedNumber(.sparse) }
        try endNumber()
      default:
        throw .malformedNumber(.sparse)
      }
      // What is left of the block is padding.
      if missingNumberCount == 0 { return true }
    }
    return false
  }

  private mutating func endNumber() throws(TarProblem) {
    if let missing = missingNumberCount {
      try map.append(number)
      missingNumberCount = missing - 1
    } else {
      guard number <= UInt64(SparseMap.maximumRangeCount) else {
        throw .extensionTooLarge(limit: SparseMap.maximumRangeCount)
      }
      missingNumberCount = number * 2
    }
    number = 0
    digitCount = 0
  }
}
