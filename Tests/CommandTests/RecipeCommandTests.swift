// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct RecipeCommandTests {
  private let scratch: TemporaryDirectory
  private let card: SampleCard

  init() throws {
    scratch = try TemporaryDirectory()
    card = try SampleCard.shared.get()
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("release.tar.gz"), withDestinationPath: card.release)
  }

  private func recipe(_ text: String) throws -> String {
    try text.write(toFile: scratch.path("card.yaml"), atomically: false, encoding: .utf8)
    return scratch.path("card.yaml")
  }

  private static let sample = """
    release: release.tar.gz
    hostname: pi
    size: 256MiB
    boot: {size: 64MiB}

    """

  @Test func `a recipe makes the card that its options would make`() throws {
    let image = scratch.path("card.img")
    let build = try cairn.run("build", try recipe(Self.sample), "-o", image, "--no-sync")
    #expect(build.status == 0, "\(build.errors)")
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: card.image))
  }

  @Test func `options win over the recipe`() throws {
    let text = """
      release: missing.tar.gz
      hostname: other
      size: 1GiB
      boot: {size: 300MiB}
      data: {from: missing.tar, label: OTHER, features: ^64bit}

      """
    try FileManager.default.createDirectory(atPath: scratch.path("empty"), withIntermediateDirectories: true)
    let options = ["--data-label", "X", "--data", scratch.path("empty"), "--features", "64bit", "--no-sync"]
    let image = scratch.path("card.img")
    let build = try cairn.run(
      SampleCard.arguments(release: card.release, output: image) + [try recipe(text)] + options)
    #expect(build.status == 0, "\(build.errors)")
    let second = scratch.path("second.img")
    let plain = try cairn.run(SampleCard.arguments(release: card.release, output: second) + options)
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: second))
  }

  @Test func `options leave a partition of the recipe out, and bring one back`() throws {
    let image = scratch.path("card.img")
    let without = try cairn.run(
      "build", try recipe(Self.sample + "data: {from: missing.tar}\n"), "--no-data", "-o", image, "--no-sync")
    #expect(without.status == 0 && !without.text.contains("ext4"), "\(without.errors)")
    let back = try cairn.run(
      "build", try recipe("boot: none\nsize: 256MiB\n"), "--release", card.release, "--boot-size", "64MiB",
      "-o", image,
      "--no-sync")
    #expect(back.status == 0 && back.text.contains("FAT32"), "\(back.errors)")
  }

  @Test func `all that is wrong with a recipe is said at once, before anything is read`() throws {
    let path = try recipe("release: missing.tar.gz\nhostname: pi_1\nsze: 4GB\n")
    let build = try cairn.run("build", path, "-o", scratch.path("card.img"))
    #expect(build.status == 3)
    #expect(
      build.errors == """
        cairn: \(path): 2 problems
          \(path):2:11: hostname: "pi_1" may hold only the letters a to z, digits, hyphens and dots
          \(path):3:1: sze: no such key; did you mean "size"?

        """)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("card.img")))
  }

  @Test func `a recipe that can't be read is an input that can't be read`() throws {
    for path in [scratch.path("missing.yaml"), scratch.path("")] {
      let build = try cairn.run("build", path, "-o", scratch.path("card.img"))
      #expect(build.status == 5, "\(build.errors)")
      #expect(build.errors.hasPrefix("cairn: \(path): "), "\(build.errors)")
    }
  }

  @Test func `a recipe without content is wrong usage`() throws {
    let build = try cairn.run("build", try recipe("hostname: pi\n"), "-o", scratch.path("card.img"))
    #expect(build.status == 2)
    #expect(build.errors.hasPrefix("cairn: nothing to put on the card"), "\(build.errors)")
  }

  @Test func `the keys of a recipe are listed`() throws {
    let list = try cairn.run("build", "--recipe-keys")
    #expect(list.status == 0)
    #expect(list.text.hasPrefix("release: <"))
    #expect(list.text.contains("\n  mount-options: <"))
  }
}
