// SPDX-License-Identifier: Apache-2.0
import Blocks
import Foundation
import TestSupport
import Testing

@testable import FAT32

private let mdel = ForeignTool("mdel")
private let mren = ForeignTool("mren")
private let haveTools = [mkfs, mcopy, mmd, mdel, mren, mattrib].allSatisfy(\.isInstalled)

/// What the checker says of volumes that others have made.
@Suite(.enabled(if: haveTools)) struct ForeignVolumeTests {
  @Test(arguments: [
    (size: 40, arguments: ["-s", "1"]), (size: 300, arguments: ["-n", "CARD"]),
    (size: 600, arguments: ["-s", "4", "-n", "CARD", "-i", "1234ABCD"]),
    (size: 300, arguments: ["-S", "1024", "-s", "2"]), (size: 2200, arguments: ["-s", "64", "-h", "8192"]),
    (size: 300, arguments: ["-f", "1", "-s", "8"]), (size: 600, arguments: ["-b", "12", "-R", "64"]),
    (size: 300, arguments: ["-a", "-s", "8"]), (size: 4300, arguments: ["-s", "128"]),
  ])
  func `volumes of mkfs.fat have no error, and their deviations have names`(
    size: Int, arguments: [String]
  ) throws {
    let scratch = try TemporaryDirectory()
    let image = try format(in: scratch, megabytes: size, arguments)
    let (summary, findings) = try check(image)
    #expect(summary.isComplete)
    // mkfs.fat leaves the third sector of the boot record empty.
    var expected: Set<Finding.Kind> = [.thirdSectorSignature]
    if arguments.contains("-f") { expected.insert(.fatCountUnusual) }
    if arguments.contains("-b") { expected.insert(.backupSectorUnusual) }
    if arguments.contains("128") { expected.insert(.clusterSize) }
    // It makes whole tracks, and so leaves up to 62 sectors at the end.
    let kinds = Set(findings.map(\.kind)).subtracting([.volumeShorterThanTarget])
    #expect(kinds == expected, "\(findings)")
    #expect(summary.errorCount == 0)
  }

  @Test func `a volume too small for FAT32 is told so`() throws {
    let scratch = try TemporaryDirectory()
    let image = try format(in: scratch, megabytes: 40, ["-s", "2"])
    let findings = try check(image).findings
    #expect(findings.filter { $0.severity == .error }.map(\.kind) == [.clusterCountTooSmall])
  }

  @Test func `what mtools write has no error`() throws {
    let scratch = try TemporaryDirectory()
    let image = try format(in: scratch, megabytes: 300, ["-n", "CARD"])
    try fill(image, in: scratch)
    let (summary, findings) = try check(image)
    #expect(summary.errorCount == 0, "\(findings)")
    #expect(summary.fileCount == 24)
    #expect(summary.directoryCount == 5)
    let kinds = Set(findings.map(\.kind))
    #expect(kinds.isSubset(of: [.thirdSectorSignature, .volumeShorterThanTarget]))
  }

  private func format(
    in scratch: TemporaryDirectory, megabytes: Int, _ arguments: [String]
  ) throws -> String {
    let image = scratch.path("foreign.img")
    try Data().write(to: URL(fileURLWithPath: image))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: image))
    try file.truncate(atOffset: UInt64(megabytes) << 20)
    try file.close()
    let result = try mkfs.run(["-F", "32"] + arguments + [image])
    #expect(result.status == 0, "\(result.errors)")
    return image
  }

  private func check(_ image: String) throws -> (summary: Checker.Summary, findings: [Finding]) {
    var findings: [Finding] = []
    let summary = try Checker(ReadOnlyFile(path: image)).check { findings.append($0) }
    return (summary, findings)
  }

  /// Files of many sizes in a tree, some of them deleted, renamed, hidden and written again.
  private func fill(_ image: String, in scratch: TemporaryDirectory) throws {
    let environment = ["LC_ALL": "C.UTF-8"]
    func run(_ tool: ForeignTool, _ arguments: String...) throws {
      let result = try tool.run(["-i", image] + arguments, environment: environment)
      #expect(result.status == 0, "\(tool.name) \(arguments): \(result.errors)")
    }
    try run(mmd, "-D", "s", "::dir", "::dir/Long directory name", "::DIR2", "::dir/ünïcode", "::gone")
    try run(mmd, "-D", "s", "::renamed before")
    for (index, directory) in ["", "dir/", "dir/Long directory name/", "DIR2/", "dir/ünïcode/"].enumerated() {
      for (number, name) in ["A.TXT", "lower.txt", "A much longer name than that.text", "x.y.z"].enumerated()
      {
        let path = scratch.path("content")
        try Data(sampleBytes(number * 5000 + index * 77 + 1)).write(to: URL(fileURLWithPath: path))
        try run(mcopy, "-o", path, "::\(directory)\(name)")
        try run(mcopy, "-o", path, "::\(directory)gone \(number)")
      }
    }
    for directory in ["", "dir/", "DIR2/"] {
      for number in 0..<4 { try run(mdel, "-v", "::\(directory)gone \(number)") }
    }
    for number in 0..<4 {
      try run(mdel, "-v", "::dir/ünïcode/gone \(number)")
    }
    try run(ForeignTool("mrd"), "-v", "::gone")
    try run(mren, "-v", "::renamed before", "::renamed behind")
    try run(mattrib, "+h", "::A.TXT")
    try run(mattrib, "+r", "::dir/A.TXT")
  }
}
