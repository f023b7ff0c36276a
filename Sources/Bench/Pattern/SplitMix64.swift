// SPDX-License-Identifier: Apache-2.0

/// Random numbers by their index, without a state: the same on every run.
///
/// Source: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
enum SplitMix64 {
  /// The `index`-th number of the sequence that `seed` begins.
  @inline(__always)
  static func value(_ index: UInt64, seed: UInt64) -> UInt64 {
    var mixed = seed &* 0xD134_2543_DE82_EF95 &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
