// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// `--stats`: where the time went.
@Suite struct StatisticsTests {
  private let scratch: TemporaryDirectory
  private let release: String
  private let options: [String]

  init() throws {
    scratch = try TemporaryDirectory()
    release = try SampleCard.shared.get().release
    options = ["--release", release, "--boot-size", "64MiB", "--stats"]
  }

  private func statistics(_ report: Data) throws -> [String: Any] {
    let object = try #require(JSONSerialization.jsonObject(with: report) as? [String: Any])
    return try #require(object["statistics"] as? [String: Any])
  }

  /// The parts' names, when their figures fit together.
  private func names(of statistics: [String: Any]) throws -> [String] {
    let parts = try #require(statistics["parts"] as? [[String: Any]])
    func number(_ key: String, _ object: [String: Any]) throws -> Double {
      try #require(object[key] as? Double)
    }
    var sum = 0.0
    for part in parts {
      let seconds = try number("seconds", part)
      sum += seconds
      // Each is rounded to a thousandth.
      #expect(try number("sourceSeconds", part) + number("targetSeconds", part) <= seconds + 0.002, "\(part)")
    }
    #expect(abs(try number("seconds", statistics) - sum) <= 0.001 * Double(parts.count + 1))
    for key in ["readSeconds", "decodeSeconds", "userSeconds", "systemSeconds"] {
      #expect(try number(key, statistics) >= 0)
    }
    #expect(try number("peakMemory", statistics) > 1_000_000)
    #expect(try number("readCalls", statistics) > 0 && number("writeCalls", statistics) > 0)
    return try parts.map { try #require($0["name"] as? String) }
  }

  @Test func `a build tells its parts, and what was read`() throws {
    let image = scratch.path("card.img")
    let build = try cairn.run(["build", "-o", image, "--size", "256MiB", "--json"] + options)
    #expect(build.status == 0, "\(build.errors)")
    let statistics = try statistics(build.output)
    #expect(
      try names(of: statistics) == ["preparing", "boot partition", "data partition", "flush, table, name"])
    let size = try FileManager.default.attributesOfItem(atPath: release)[.size] as? Int
    #expect(statistics["readBytes"] as? Int == size)
    #expect(try #require(statistics["decodedBytes"] as? Int) % 512 == 0)
    let text = try cairn.run(["build", "-o", image, "--size", "256MiB"] + options).text
    for words in ["\nboot partition ", "waiting for the source", "\nRead ahead meanwhile: ", " at the peak."]
    {
      #expect(text.contains(words), "\(text)")
    }
  }

  @Test func `a card tells of its first look and of reading back`() throws {
    let card = scratch.path("card")
    #expect(FileManager.default.createFile(atPath: card, contents: nil) && truncate(card, 256 << 20) == 0)
    let write = try cairn.run(
      ["write", card, "--yes", "--target-id", "\(256 << 20)", "--json"] + options)
    #expect(write.status == 0, "\(write.errors)")
    #expect(
      try names(of: statistics(write.output)) == [
        "first look", "preparing", "wiping", "boot partition", "data partition", "flush, table, name",
        "reading back",
      ])
  }

  @Test func `nobody who didn't ask is told`() throws {
    let build = try cairn.run(
      ["build", "-o", scratch.path("card.img"), "--size", "256MiB", "--json"] + options.dropLast())
    let object = try #require(JSONSerialization.jsonObject(with: build.output) as? [String: Any])
    #expect(object["statistics"] == nil && object["result"] != nil)
  }
}
