// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Bench

@Suite struct BenchPlanTests {
  @Test func `what may be written is written first, and then read`() {
    let plan = BenchPlan(isWritable: true, isDirectPossible: true, byteCount: 1 << 30)
    var kinds: [BenchPhase.Kind] = []
    for step in plan.steps where kinds.last != step.phase.kind { kinds.append(step.phase.kind) }
    #expect(
      kinds == [
        .sustainedWrite, .sequentialWrite, .sequentialRead, .randomRead, .randomWrite, .syncedWrite,
        .fatWrite,
        .ext4Write,
      ])
  }

  @Test
  func `sequential access is by block size, by accesses in flight, round the page cache and through it`() {
    let plan = BenchPlan(isWritable: true, isDirectPossible: true, byteCount: 1 << 30)
    for kind in [BenchPhase.Kind.sequentialRead, .sequentialWrite] {
      let phases = plan.steps.map(\.phase).filter { $0.kind == kind }
      #expect(Set(phases.map(\.blockSize)) == [4 << 10, 32 << 10, 256 << 10, 1 << 20, 4 << 20])
      #expect(Set(phases.filter(\.isDirect).map(\.inFlightCount)) == [1, 2, 4])
      #expect(Set(phases.filter { !$0.isDirect }.map(\.inFlightCount)) == [1, 4])
      #expect(phases.count == 25)
      #expect(Set(phases).count == 25)
    }
  }

  @Test func `what is only read is never written`() {
    let plan = BenchPlan(isWritable: false, isDirectPossible: true, byteCount: 1 << 30)
    #expect(plan.steps.first?.phase.kind == .sustainedRead)
    #expect(!plan.steps.contains { $0.phase.isWriting })
  }

  @Test func `where there is no way round the page cache all goes through it`() {
    let plan = BenchPlan(isWritable: true, isDirectPossible: false, byteCount: 1 << 30)
    #expect(!plan.steps.contains { $0.phase.isDirect })
    #expect(Set(plan.steps.map(\.phase.kind)).count == 8)
  }

  @Test func `blocks that are larger than the target are left out`() {
    let plan = BenchPlan(isWritable: false, isDirectPossible: true, byteCount: 40 << 10)
    #expect(Set(plan.steps.map(\.phase.blockSize)) == [4 << 10, 32 << 10])
  }

  @Test func `steps share the time, and what one takes too long the others lose`() {
    let phases = [BenchPhase.Kind.sequentialRead, .randomRead, .randomWrite]
      .map { BenchPhase($0, blockSize: 4096, isDirect: true) }
    let plan = BenchPlan(
      steps: zip(phases, [2, 1, 1]).map { BenchPlan.Step(phase: $0, share: $1) })
    #expect(plan.deadline(ofStep: 0, now: 100, end: 500) == 300)
    // Over on time, and too late by 100.
    #expect(plan.deadline(ofStep: 1, now: 300, end: 500) == 400)
    #expect(plan.deadline(ofStep: 1, now: 400, end: 500) == 450)
    #expect(plan.deadline(ofStep: 2, now: 400, end: 500) == 500)
    #expect(plan.deadline(ofStep: 2, now: 600, end: 500) == 600)
  }
}
