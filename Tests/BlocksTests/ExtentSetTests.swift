// SPDX-License-Identifier: Apache-2.0
import Blocks
import TestSupport
import Testing

@Suite struct ExtentSetTests {
  @Test(
    arguments: [
      (inserted: [0..<5, 10..<15], ranges: [0..<5, 10..<15], known: [0, 0]),
      ([10..<15, 0..<5], [0..<5, 10..<15], [0, 0]),
      ([0..<5, 5..<9], [0..<9], [0, 0]),
      ([5..<9, 0..<5], [0..<9], [0, 0]),
      ([0..<5, 10..<15, 5..<10], [0..<15], [0, 0, 0]),
      ([0..<5, 10..<15, 3..<12], [0..<15], [0, 0, 4]),
      ([0..<20, 5..<9], [0..<20], [0, 4]),
      ([5..<9, 0..<20], [0..<20], [0, 4]),
      ([0..<5, 0..<5], [0..<5], [0, 5]),
      ([0..<2, 4..<6, 8..<10, 4..<6], [0..<2, 4..<6, 8..<10], [0, 0, 0, 2]),
      ([0..<5, 3..<3, 7..<7], [0..<5], [0, 0, 0]),
      ([UInt64.max - 1..<UInt64.max, 0..<UInt64.max], [0..<UInt64.max], [0, 1]),
    ] as [(inserted: [Range<UInt64>], ranges: [Range<UInt64>], known: [UInt64])])
  func `ranges that touch or overlap become one`(
    inserted: [Range<UInt64>], ranges: [Range<UInt64>], known: [UInt64]
  ) {
    var set = ExtentSet()
    #expect(inserted.map { set.insert($0) } == known)
    #expect(set.ranges == ranges)
    #expect(set == ExtentSet(inserted))
  }

  @Test func `the complement holds the gaps within bounds`() {
    let set = ExtentSet([2..<4, 6..<8, 12..<20])
    #expect(set.complement(in: 0..<30).ranges == [0..<2, 4..<6, 8..<12, 20..<30])
    #expect(set.complement(in: 3..<13).ranges == [4..<6, 8..<12])
    #expect(set.complement(in: 4..<6).ranges == [4..<6])
    #expect(set.complement(in: 13..<19).ranges == [])
    #expect(set.complement(in: 20..<25).ranges == [20..<25])
    #expect(set.complement(in: 5..<5).ranges == [])
    #expect(ExtentSet().complement(in: 0..<1).ranges == [0..<1])
  }

  @Test func `a set is the same as one bit for each byte`() {
    var random = SeededGenerator()
    for _ in 0..<40 {
      var set = ExtentSet()
      var bits = [Bool](repeating: false, count: 120)
      for _ in 0..<30 {
        let range = randomRange(&random)
        #expect(
          set.overlap(with: UInt64(range.lowerBound)..<UInt64(range.upperBound)) == bits.count(in: range))
        let known = bits.count(in: range)
        #expect(set.insert(UInt64(range.lowerBound)..<UInt64(range.upperBound)) == known)
        for index in range { bits[index] = true }
        #expect(set.ranges == bits.runs(of: true, in: 0..<120))
        #expect(set.byteCount == bits.count(in: 0..<120))
        let bounds = randomRange(&random)
        #expect(
          set.complement(in: UInt64(bounds.lowerBound)..<UInt64(bounds.upperBound)).ranges
            == bits.runs(of: false, in: bounds))
      }
    }
  }

  private func randomRange(_ random: inout SeededGenerator) -> Range<Int> {
    let start = Int.random(in: 0...120, using: &random)
    return start..<min(120, start + .random(in: 0...12, using: &random))
  }
}

extension [Bool] {
  fileprivate func count(in range: Range<Int>) -> UInt64 { UInt64(self[range].count { $0 }) }

  fileprivate func runs(of value: Bool, in bounds: Range<Int>) -> [Range<UInt64>] {
    var runs: [Range<UInt64>] = []
    for index in bounds where self[index] == value {
      let byte = UInt64(index)
      if let last = runs.last, last.upperBound == byte {
        runs[runs.count - 1] = last.lowerBound..<byte + 1
      } else {
        runs.append(byte..<byte + 1)
      }
    }
    return runs
  }
}
