// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct CheckerTests {
  @Test(arguments: Patient.Kind.allCases)
  func `there is nothing to find on a volume of the writer`(kind: Patient.Kind) throws {
    let (summary, findings) = try Patient(kind).findings()
    for finding in findings { Issue.record("\(finding)") }
    #expect(summary.isComplete)
    #expect(summary.errorCount == 0)
    #expect(summary.warningCount == 0)
  }

  @Test func `the summary has the numbers of the volume`() throws {
    let patient = try Patient(.sample)
    let summary = try patient.findings().summary
    #expect(summary.clusterSize == 512)
    #expect(summary.clusterCount == 65_541)
    // The root has two; LICENCE and config.txt two each, second.txt one, the long name one, HOLLOW one, BOOT one, VMLINUZ
    // three, overlays one, A.DTB one.
    #expect(summary.freeClusterCount == 65_541 - 15)
    #expect(summary.fileCount == 9)
    #expect(summary.directoryCount == 3)
  }

  /// One volume of each sort, damaged and healed again. Every kind has its plant, or this does not compile.
  @Test func `each kind of damage is found where it is, and nothing else`() throws {
    let patients = try allPatients()
    #expect(Finding.Kind.allCases.count == 109)
    for kind in Finding.Kind.allCases {
      let patient = try #require(patients[kind.patient])
      let plant = patient.plant(kind)
      let findings = try patient.findings().findings
      patient.heal()
      let own = findings.filter { $0.kind == kind }
      #expect(own.count == 1, "\(kind): \(findings)")
      #expect(own.first?.offset == plant.offset, "\(kind): \(findings)")
      #expect(own.first?.path == plant.path, "\(kind): \(findings)")
      let others = findings.map(\.kind).filter { $0 != kind }
      #expect(others == plant.implied, "\(kind): \(findings)")
    }
    for patient in patients.values { #expect(try patient.findings().findings.isEmpty) }
  }

  private func allPatients() throws -> [Patient.Kind: Patient] {
    Dictionary(uniqueKeysWithValues: try Patient.Kind.allCases.map { ($0, try Patient($0)) })
  }

  @Test func `a crossing names both files, a lost chain its length`() throws {
    let patient = try Patient(.sample)
    _ = patient.plant(.chainsCross)
    let crossing = try #require(try patient.findings().findings.first)
    #expect(crossing.otherPath == "LICENCE")
    #expect(crossing.found == UInt64(patient.firstCluster(patient.slot("LICENCE    "))))
    patient.heal()
    _ = patient.plant(.lostChain)
    let lost = try #require(try patient.findings().findings.first)
    #expect(lost.cluster == 5000)
    #expect(lost.found == 2)
    patient.heal()
    // A ring has no beginning: it is told by its lowest cluster.
    for (cluster, next) in [(6000 as UInt32, 6002 as UInt32), (6002, 6001), (6001, 6000)] {
      patient.setEntry(cluster, next)
    }
    patient.addFree(-3)
    let findings = try patient.findings().findings
    #expect(findings.map(\.kind) == [.chainLoops, .lostChain])
    #expect(findings.last?.cluster == 6000)
    #expect(findings.last?.found == 3)
  }

  @Test func `a directory that leads to one above it is not followed for ever`() throws {
    let patient = try Patient(.sample)
    let boot = patient.firstCluster(patient.slot("BOOT       "))
    let overlays = patient.slot("OVERLAYS   ")
    patient.set(overlays + 26, UInt16(boot))
    let findings = try patient.findings().findings
    let crossing = findings.first { $0.kind == .chainsCross }
    #expect(crossing?.path == "BOOT/overlays")
    #expect(crossing?.otherPath == "BOOT")
    // Its own chain and that of the file in it.
    #expect(findings.count { $0.kind == .lostChain } == 2)
    #expect(findings.count == 3)
  }

  @Test func `descriptions are one line and tell the place`() throws {
    let finding = Finding(.chainTooShort, offset: 4096, cluster: 9, path: "boot/a", found: 1, expected: 2)
    #expect(
      finding.description
        == "boot/a, cluster 9, byte 4096: clusters are too few for the size: 1, should be 2")
    for kind in Finding.Kind.allCases { #expect(!kind.sentence.contains("\n")) }
  }

  @Test func `what is no volume is told so`() throws {
    for size in [0, 100, 511, 512, 4096, 1 << 20] {
      var findings: [Finding] = []
      let summary = try Checker(MemoryTarget(byteCount: size)).check { findings.append($0) }
      #expect(!summary.isComplete)
      #expect(findings.map(\.kind).contains(.signature))
      #expect(summary.errorCount + summary.warningCount == findings.count)
    }
  }

  @Test func `an error of the target is thrown`() throws {
    let target = BrokenTarget()
    #expect(throws: FAT32Error.target(.cancelled)) { _ = try Checker(target).check { _ in } }
  }

  private final class BrokenTarget: BlockTarget {
    let size: UInt64 = 1 << 20
    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) { throw .cancelled }
    func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) { throw .cancelled }
    func zero(_ range: Range<UInt64>) throws(BlockError) { throw .cancelled }
    func flush() throws(BlockError) { throw .cancelled }
  }

  /// How much stricter: a statistic, not a demand.
  @Test(.enabled(if: fsck.isInstalled)) func `fsck.fat sees some of it`() throws {
    let scratch = try TemporaryDirectory()
    let image = scratch.path("volume.img")
    let patients = try allPatients()
    var unseen: [Finding.Kind] = []
    for kind in Finding.Kind.allCases {
      let patient = try #require(patients[kind.patient])
      _ = patient.plant(kind)
      try patient.save(image)
      patient.heal()
      let result = try fsck.run("-n", image)
      // "fsck.fat 4.2 (2021-01-31)" and "volume.img: 9 files, 15/65541 clusters".
      let isSeen = result.status != 0 || result.text.split(separator: "\n").count > 2
      if !isSeen { unseen.append(kind) }
    }
    let all = Finding.Kind.allCases.count
    print("fsck.fat sees \(all - unseen.count) of \(all) planted errors; not these:")
    print(unseen.map(\.rawValue).joined(separator: " "))
    let clean = try #require(patients[.sample])
    try clean.save(image)
    #expect(try fsck.run("-n", image).status == 0)
  }
}
