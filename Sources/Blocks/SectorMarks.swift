// SPDX-License-Identifier: Apache-2.0

/// Sectors of 512 bytes that say where they belong, and that nobody else would write.
struct SectorMarks {
  let seed: UInt64

  static let sectorSize = 512

  /// Marks for `byteCount` bytes at `offset`, both multiples of the sector's size.
  func bytes(at offset: UInt64, _ byteCount: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var elements = bytes.mutableSpan
    var span = unsafe elements.mutableBytes
    for position in stride(from: 0, to: byteCount, by: 8) {
      let start = position / Self.sectorSize * Self.sectorSize
      span.store(word((position - start) / 8, offset + UInt64(start)), at: position)
    }
    return bytes
  }

  /// Where the mark belongs that `sector` holds; nil where it is none.
  func place(of sector: ArraySlice<UInt8>) -> UInt64? {
    let first = sector.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    let place = first ^ mixed(seed)
    guard place % UInt64(Self.sectorSize) == 0 else { return nil }
    return sector.elementsEqual(bytes(at: place, Self.sectorSize)) ? place : nil
  }

  private func word(_ index: Int, _ place: UInt64) -> UInt64 {
    index == 0 ? place ^ mixed(seed) : mixed(seed ^ mixed(place &+ UInt64(index)))
  }

  /// The finalizer of SplitMix64.
  private func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
