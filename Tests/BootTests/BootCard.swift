// SPDX-License-Identifier: Apache-2.0
import Alpine
import Foundation
import TestSupport
import Testing

/// A card as `cairn build` makes it.
struct BootCard {
  let image: String
  private let scratch: TemporaryDirectory

  /// - Parameter strategy: how /var/lib/docker persists.
  init(_ strategy: Persistence.Strategy, in scratch: TemporaryDirectory) throws {
    self.scratch = scratch
    image = scratch.path("card.img")
    let size =
      switch strategy {
      case .bind, .overlay: ""
      case .file, .partition: ",size=128MiB"
      }
    try cairn.succeed(
      "build", "--release", PiInitramfs.archive ?? "", "--hostname", "pi", "--size", "1GiB", "--no-sync",
      "--persist", "/var/lib/docker:\(strategy.rawValue)\(size)", "-o", image)
  }

  /// What the judges say of a card that nothing is mounted from.
  func check() throws {
    let own = try cairn.run("check", image)
    #expect(own.status == 0, "\(own.text)\(own.errors)")
    let ranges = try partitions()
    try check(ranges[0], with: "fsck.fat", "-n")
    for range in ranges.dropFirst() { try check(range, with: "e2fsck", "-fn") }
  }

  private func check(_ range: Range<UInt64>, with tool: String, _ option: String) throws {
    let volume = scratch.path("volume")
    try extract(range, of: image, to: volume)
    let verdict = try ForeignTool(tool).run(option, volume)
    #expect(verdict.status == 0, "\(tool): \(verdict.text)\(verdict.errors)")
  }

  private func partitions() throws -> [Range<UInt64>] {
    let answer = try ForeignTool("sfdisk").succeed("--json", image)
    return try JSONDecoder().decode(Disk.self, from: answer).partitiontable.partitions.map {
      $0.start * 512..<($0.start + $0.size) * 512
    }
  }

  private struct Disk: Decodable {
    struct Table: Decodable { let partitions: [Partition] }
    struct Partition: Decodable {
      let start: UInt64
      let size: UInt64
    }
    let partitiontable: Table
  }
}
