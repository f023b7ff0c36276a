// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// A card as `cairn build` makes it from a recipe.
struct BootCard {
  let image: String
  private let recipe: String
  private let scratch: TemporaryDirectory

  /// - Parameter recipe: all but the release and the card's size.
  init(_ recipe: String, in scratch: TemporaryDirectory) throws {
    self.scratch = scratch
    self.recipe = scratch.path("card.yaml")
    image = scratch.path("card.img")
    let whole = "release: \(PiInitramfs.archive ?? "")\nsize: 1GiB\n\(recipe)\n"
    try Data(whole.utf8).write(to: URL(fileURLWithPath: self.recipe))
    try build(to: image)
  }

  private func build(to output: String) throws {
    try cairn.succeed("build", recipe, "--no-sync", "-o", output)
  }

  /// Whether the recipe makes the same bytes again, before anything has booted from the card.
  func checkReproducibility() throws {
    let second = scratch.path("second.img")
    try build(to: second)
    let digests = try [image, second].map { file in
      try ForeignTool("sha256sum").succeed(file).prefix(64)
    }
    #expect(digests[0] == digests[1])
    try FileManager.default.removeItem(atPath: second)
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
    try FileManager.default.removeItem(atPath: volume)
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
