// SPDX-License-Identifier: Apache-2.0

/// Indices found by hashes, in one array: open addressing, a power of two of slots, at most half of them taken.
struct HashIndex {
  /// The hash in the upper half, the index and one in the lower; 0 is free.
  private var slots: [UInt64] = Array(repeating: 0, count: 1024)
  private var count = 0

  /// The first index of this hash that `isMatch` takes; nil where there is none.
  func first(_ hash: UInt32, where isMatch: (Int) -> Bool) -> Int? {
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
      if UInt32(truncatingIfNeeded: slots[slot] >> 32) == hash, isMatch(index) { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  mutating func insert(_ index: Int, hash: UInt32) {
    count += 1
    if count * 2 > slots.count { grow() }
    place(UInt64(hash) << 32 | UInt64(index + 1))
  }

  private mutating func place(_ entry: UInt64) {
    var slot = Int(entry >> 32) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = entry
  }

  private mutating func grow() {
    let entries = slots
    slots = Array(repeating: 0, count: entries.count * 2)
    for entry in entries where entry != 0 { place(entry) }
  }

  /// Differs from run to run, so that no archive can be made to slow a search down; nothing on a volume depends on it.
  ///
  /// - Parameter salt: for equal bytes that are to differ.
  static func hash(_ bytes: ArraySlice<UInt8>, salt: Int = 0) -> UInt32 {
    var hasher = Hasher()
    hasher.combine(salt)
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }
}
