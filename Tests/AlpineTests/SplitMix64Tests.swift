// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Alpine

@Suite struct SplitMix64Tests {
  /// The first numbers of the authors' own implementation for this seed.
  @Test func `numbers are those of the reference`() {
    var random = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  /// FNV-1a of the empty text is its offset basis; of "a", from the authors' test vectors.
  @Test func `a text is a seed`() {
    var empty = SplitMix64(seed: "")
    var basis = SplitMix64(seed: 0xCBF2_9CE4_8422_2325)
    #expect(empty.next() == basis.next())
    var letter = SplitMix64(seed: "a")
    var vector = SplitMix64(seed: 0xAF63_DC4C_8601_EC8C)
    #expect(letter.next() == vector.next())
  }
}
