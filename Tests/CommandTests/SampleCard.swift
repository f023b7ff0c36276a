// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport

/// A small sample release and a card made from it, once for all tests that only read them.
struct SampleCard: Sendable {
  let directory: TemporaryDirectory
  let release: String
  let image: String
  let output: String

  static let size = "256MiB"
  static let bootSize = "64MiB"
  static let bootRange: Range<UInt64> = 4 << 20..<68 << 20
  static let dataRange: Range<UInt64> = 68 << 20..<256 << 20

  static let shared = Result { try SampleCard() }

  private init() throws {
    directory = try TemporaryDirectory()
    release = directory.path("release.tar.gz")
    image = directory.path("card.img")
    let sample = try cairn.run("sample-release", release, "--small")
    guard sample.status == 0 else { throw Unexpected(errors: sample.errors) }
    let build = try cairn.run(SampleCard.arguments(release: release, output: image))
    guard build.status == 0 else { throw Unexpected(errors: build.errors) }
    output = build.text
  }

  static func arguments(release: String, output: String) -> [String] {
    [
      "build", "--release", release, "-o", output, "--size", size, "--boot-size", bootSize, "--hostname",
      "pi",
      "--no-sync",
    ]
  }

  struct Unexpected: Error { let errors: String }
}
