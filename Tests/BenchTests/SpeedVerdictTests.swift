// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Bench

@Suite struct SpeedVerdictTests {
  /// The SD Association's tables, in MB/s and in reads and writes of 4 KiB a second.
  @Test(arguments: [
    (SpeedClass.c2, 2), (.c4, 4), (.c6, 6), (.c10, 10), (.u1, 10), (.u3, 30), (.v6, 6), (.v10, 10),
    (.v30, 30),
    (.v60, 60), (.v90, 90),
  ])
  func `a class of speed asks for so many MB a second, of a million bytes`(
    speedClass: SpeedClass, rate: Double
  ) {
    #expect(
      speedClass.requirements == [SpeedClass.Requirement(quantity: .slowestSecond, minimum: rate * 1_000_000)]
    )
    #expect(SpeedVerdict(speedClass, measured: [.slowestSecond: rate * 1e6]).answer == .holds)
    #expect(SpeedVerdict(speedClass, measured: [.slowestSecond: rate * 1e6 - 1]).answer == .fails)
    #expect(SpeedVerdict(speedClass, measured: [.sustainedWrite: 1e9]).answer == .unknown)
  }

  @Test func `A1 asks for 1500 reads, 500 writes and 10 MB a second`() {
    let enough: [SpeedClass.Quantity: Double] = [.randomRead: 1500, .randomWrite: 500, .sustainedWrite: 10e6]
    #expect(SpeedVerdict(.a1, measured: enough).answer == .holds)
    for quantity in enough.keys {
      var less = enough
      less[quantity]? -= 1
      let verdict = SpeedVerdict(.a1, measured: less)
      #expect(verdict.answer == .fails)
      #expect(verdict.decidingFigure?.requirement.quantity == quantity)
    }
  }

  @Test func `A2 asks for 4000 reads and 2000 writes, with as many in flight as is best`() {
    var measured: [SpeedClass.Quantity: Double] = [
      .queuedRandomRead: 4000, .queuedRandomWrite: 2000, .sustainedWrite: 10e6,
    ]
    #expect(SpeedVerdict(.a2, measured: measured).answer == .holds)
    measured[.queuedRandomWrite] = 1999
    #expect(SpeedVerdict(.a2, measured: measured).answer == .fails)
  }

  @Test func `what was not measured leaves it open, unless another figure fails`() {
    let open = SpeedVerdict(.a1, measured: [.randomRead: 9000])
    #expect(open.answer == .unknown)
    #expect(open.decidingFigure?.measured == nil)
    let failed = SpeedVerdict(.a1, measured: [.randomRead: 900])
    #expect(failed.answer == .fails)
    #expect(failed.decidingFigure?.measured == 900)
  }

  @Test func `a result is judged by its slowest second, its last level and its random accesses`() {
    let result = SampleResult.card
    #expect(result.quantities[.randomRead] == 1800)
    #expect(result.quantities[.queuedRandomRead] == 2500)
    #expect(result.quantities[.randomWrite] == 600)
    #expect(result.quantities[.queuedRandomWrite] == 700)
    let held = result.verdicts.filter { $0.answer == .holds }.map(\.speedClass)
    // 40 MB/s, then 12: C10, U1 and V10, and A1 by the accesses.
    #expect(held == [.c2, .c4, .c6, .c10, .u1, .v6, .v10, .a1])
    #expect(result.verdicts.filter { $0.answer == .unknown }.isEmpty)
  }

  @Test func `a result without writing leaves the classes of writing open`() {
    let result = SampleResult.read
    #expect(result.verdicts.allSatisfy { $0.answer == .unknown })
  }
}
