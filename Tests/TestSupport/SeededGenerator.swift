// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Random numbers that come again with the same seed: SplitMix64.
///
/// The seed is printed, and CAIRN_TEST_SEED sets it.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(for test: String = #function) {
    let given = ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
    state = given ?? .random(in: 0...0xFFFF_FFFF)
    print("\(test): CAIRN_TEST_SEED=\(state)")
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
