// SPDX-License-Identifier: Apache-2.0

/// Finds out in seconds whether a device holds as many bytes as it says: cards are sold that wrap round, or
/// that lose what lies beyond their real end.
///
/// Marks that differ from sector to sector are written at some fifty places over the whole device, in
/// descending order, and to all of a region at its begin. Where a device wraps round, one mark is found in
/// another's place; some two thousand reads, spaced as the region is large, find any way of wrapping round, as
/// one of them falls into the region. Then everything is put back as it was, on every exit but the death of
/// the process; until then the saved bytes are in memory, 32 MiB at most.
public struct CapacityProbe: ~Copyable {
  /// What a device turns out to hold.
  public enum Finding: Equatable, Sendable {
    /// What it says.
    case honest
    /// What lies at `realSize` bytes and beyond is what lies at its begin.
    case wraps(realSize: UInt64)
    /// What is written at `realSize` bytes and beyond is lost.
    case ends(realSize: UInt64)
  }

  private let target: any BlockTarget
  private let marks: SectorMarks
  private let monitor: WriteMonitor
  /// Bytes from the device's begin on that are all marked.
  private let regionSize: UInt64
  /// What stood there, in the order in which it was read.
  private var saved: [(offset: UInt64, bytes: [UInt8])] = []
  /// What all distances between a mark and its other place are multiples of; 0 while there are none.
  private var wrapSize: UInt64 = 0
  /// The highest block whose marks were kept.
  private var lastKept: UInt64?
  /// Blocks whose marks were not.
  private var lost: [UInt64] = []

  /// Bytes at each place.
  static let blockSize: UInt64 = 4096
  /// Bytes that are read or written in one go.
  private static let pieceSize: UInt64 = 1 << 20
  private static let readCount: UInt64 = 2048
  private static let largestRegionSize: UInt64 = 32 << 20

  /// Probes a device, and puts back what was there.
  ///
  /// - Parameters:
  ///   - target: nothing waits in it. Its own monitor, if it has one, is not `monitor`, whose stop would keep it
  ///     from putting things back.
  ///   - seed: makes the marks differ from those of an earlier probe.
  ///   - monitor: its stop ends the probe, with `cancelled`, when everything has been put back.
  /// - Throws: what the target says. The first error wins; that the old content could not be put back is one.
  public static func probe(
    _ target: any BlockTarget, seed: UInt64, monitor: WriteMonitor = WriteMonitor()
  ) throws(BlockError) -> Finding {
    let byteCount = (target.size / readCount).roundedUp(to: 64 << 10)
    return try probe(
      target, seed: seed, regionSize: min(byteCount, largestRegionSize), monitor: monitor)
  }

  /// - Parameter regionSize: made smaller where the device is.
  static func probe(
    _ target: any BlockTarget, seed: UInt64, regionSize: UInt64, monitor: WriteMonitor
  ) throws(BlockError) -> Finding {
    let regionSize = min(regionSize, target.size / 4).roundedDown(to: blockSize)
    guard regionSize > 0 else { return .honest }
    var probe = CapacityProbe(target, SectorMarks(seed: seed), regionSize: regionSize, monitor)
    do throws(BlockError) {
      let finding = try probe.find()
      try probe.restore()
      return finding
    } catch {
      // A device target issues no write after one that failed, but this once.
      (target as? DeviceTarget)?.resume()
      do throws(BlockError) { try probe.restore() } catch {}
      throw error
    }
  }

  private init(
    _ target: any BlockTarget, _ marks: SectorMarks, regionSize: UInt64, _ monitor: WriteMonitor
  ) {
    self.target = target
    self.marks = marks
    self.regionSize = regionSize
    self.monitor = monitor
  }
}

extension CapacityProbe {
  private mutating func find() throws(BlockError) -> Finding {
    let places = places
    for place in places.reversed() { try save(place, Self.blockSize) }
    for place in regionPieces { try save(place.lowerBound, place.upperBound - place.lowerBound) }
    for place in places.reversed() { try mark(place, Self.blockSize) }
    for place in regionPieces { try mark(place.lowerBound, place.upperBound - place.lowerBound) }
    try target.flush()
    for place in places.reversed() { try look(at: place, Self.blockSize) }
    for place in regionPieces { try look(at: place.lowerBound, place.upperBound - place.lowerBound) }
    try lookForWraps()
    if wrapSize > 0 { return .wraps(realSize: wrapSize) }
    return try findEnd()
  }

  /// Powers of two and what lies half-way between them, sixteenths of the device, and its end.
  private var places: [UInt64] {
    let last = target.size.roundedDown(to: Self.blockSize) - Self.blockSize
    var places: Set<UInt64> = [last]
    for exponent in 12..<63 {
      places.insert(1 << exponent)
      places.insert(3 << (exponent - 1))
    }
    for sixteenth in 1..<16 as Range<UInt64> { places.insert((last / 16 * sixteenth)) }
    return Set(places.map { $0.roundedDown(to: Self.blockSize) })
      .filter { $0 >= regionSize && $0 <= last }.sorted()
  }

  private var regionPieces: [Range<UInt64>] {
    stride(from: 0, to: regionSize, by: UInt64.Stride(Self.pieceSize)).map {
      $0..<min(regionSize, $0 + Self.pieceSize)
    }
  }

  /// Takes note of which marks are there, and of those of other places.
  private mutating func look(at offset: UInt64, _ byteCount: UInt64) throws(BlockError) {
    try checkNotStopped()
    let bytes = try read(offset, byteCount)
    if bytes == nil, byteCount > Self.blockSize {
      for block in stride(from: offset, to: offset + byteCount, by: UInt64.Stride(Self.blockSize)) {
        try look(at: block, Self.blockSize)
      }
      return
    }
    for place in stride(from: offset, to: offset + byteCount, by: UInt64.Stride(Self.blockSize)) {
      let start = Int(place - offset)
      let block = bytes?[start..<start + Int(Self.blockSize)]
      if block?.elementsEqual(marks.bytes(at: place, Int(Self.blockSize))) == true {
        lastKept = max(lastKept ?? 0, place)
      } else {
        lost.append(place)
        if let block { noteWraps(in: block, at: place) }
      }
    }
  }

  /// Reads what lies the region's size apart: whatever the real size, one place shows a mark of the region.
  private mutating func lookForWraps() throws(BlockError) {
    var place = regionSize
    while place <= target.size - Self.blockSize, wrapSize == 0 || wrapSize > place - regionSize {
      try checkNotStopped()
      if let bytes = try read(place, Self.blockSize) { noteWraps(in: bytes[...], at: place) }
      place += regionSize
    }
  }

  /// Halves the way between the last mark that was kept and the first one behind it that was not. A lost one
  /// before it is a bad spot, and not the end.
  private mutating func findEnd() throws(BlockError) -> Finding {
    guard var kept = lastKept else { return .ends(realSize: 0) }
    guard var end = lost.filter({ $0 > kept }).min() else { return .honest }
    while end - kept > Self.blockSize {
      let place = (kept + (end - kept) / 2).roundedDown(to: Self.blockSize)
      try save(place, Self.blockSize)
      try mark(place, Self.blockSize)
      try target.flush()
      try look(at: place, Self.blockSize)
      if lastKept == place { kept = place } else { end = place }
    }
    return .ends(realSize: end)
  }
}

// Single places.
extension CapacityProbe {
  /// Reads what will be overwritten. Blocks that can't be read have nothing to lose.
  private mutating func save(_ offset: UInt64, _ byteCount: UInt64) throws(BlockError) {
    try checkNotStopped()
    if let bytes = try read(offset, byteCount) {
      saved.append((offset, bytes))
    } else if byteCount > Self.blockSize {
      for block in stride(from: offset, to: offset + byteCount, by: UInt64.Stride(Self.blockSize)) {
        try save(block, Self.blockSize)
      }
    }
  }

  private func mark(_ offset: UInt64, _ byteCount: UInt64) throws(BlockError) {
    try checkNotStopped()
    let bytes = marks.bytes(at: offset, Int(byteCount))
    try unsafe target.write(bytes.span.bytes, at: offset)
  }

  /// Nil where the medium can't be read: a device may say so beyond its real end.
  private func read(_ offset: UInt64, _ byteCount: UInt64) throws(BlockError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Int(byteCount))
    var span = bytes.mutableSpan
    var target = unsafe span.mutableBytes
    do throws(BlockError) { try self.target.read(into: &target, at: offset) } catch {
      guard error.isMediumError else { throw error }
      return nil
    }
    return bytes
  }

  /// Takes note of how far the marks in `bytes` are from their places.
  private mutating func noteWraps(in bytes: ArraySlice<UInt8>, at offset: UInt64) {
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: SectorMarks.sectorSize) {
      guard let place = marks.place(of: bytes[start..<start + SectorMarks.sectorSize]) else { continue }
      let here = offset + UInt64(start - bytes.startIndex)
      wrapSize = Self.greatestCommonDivisor(wrapSize, max(place, here) - min(place, here))
    }
  }

  private static func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
    second == 0 ? first : greatestCommonDivisor(second, first % second)
  }

  /// Puts everything back, what was saved last first: it may be a mark.
  private mutating func restore() throws(BlockError) {
    for place in saved.reversed() {
      try unsafe target.write(place.bytes.span.bytes, at: place.offset)
    }
    try target.flush()
    saved = []
  }

  private func checkNotStopped() throws(BlockError) {
    if monitor.isStopped { throw .cancelled }
  }
}
