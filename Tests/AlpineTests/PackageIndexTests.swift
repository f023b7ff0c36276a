// SPDX-License-Identifier: Apache-2.0
@testable import Alpine
import Archive
import Entries
import TestSupport
import Testing

@Suite struct PackageIndexTests {
  private let text = """
    C:Q1ICWiXI2cIPflYNKpa18/k5JCFTY=
    P:network-extras
    V:1.2-r0
    A:noarch
    S:1336
    I:4096
    T:Meta package: to pull in ppp
    D:bridge vlan>=2 !ppp
    p:cmd:net=1.2-r0 /bin/net
    k:10
    z:unknown
    Z:unknown

    P:vlan
    V:2.2-r1
    """

  @Test(arguments: [1, 3, 100, 4096]) func `paragraphs are packages`(pieceByteCount: Int) throws {
    let tar = try inflated(try index(text))
    var reader = Replay([try content(of: tar)], pieceByteCount: pieceByteCount)
    let packages = try PackageIndex(reading: &reader, path: "APKINDEX.tar.gz").packages
    #expect(packages.map(\.fullName) == ["network-extras-1.2-r0", "vlan-2.2-r1"])
    #expect(packages[0].identity == "Q1ICWiXI2cIPflYNKpa18/k5JCFTY=")
    #expect(packages[0].architecture == "noarch")
    #expect(packages[0].dependencies.map(\.description) == ["bridge", "vlan>=2", "!ppp"])
    #expect(
      packages[0].provisions == [
        Provision(name: "cmd:net", version: PackageVersion("1.2-r0")),
        Provision(name: "/bin/net", version: nil),
      ])
    #expect(packages[0].providerPriority == 10)
    #expect(try PackageIndex(compressed: try index(text), path: "i").packages == packages)
  }

  @Test func `a signed index is one archive`() throws {
    let signature = try member([SampleFile(".SIGN.RSA.a.rsa.pub", .text("signature"))], withEnd: false)
    #expect(try PackageIndex(compressed: signature + (try index(text)), path: "i").packages.count == 2)
  }

  @Test func `what is wrong is told with its line`() throws {
    func problem(_ text: String) throws -> AlpineError? {
      #expect(throws: AlpineError.self) { try PackageIndex(compressed: try index(text), path: "i") }
    }
    #expect(try problem("P:a\nV:1\nnonsense\n") == .index(path: "i", .line(3, .noField)))
    #expect(try problem("\n\nV:1\n\n") == .index(path: "i", .line(4, .noName)))
    #expect(try problem("P:a\n\nP:b\nV:1\n") == .index(path: "i", .line(2, .noVersion)))
    #expect(try problem("P:a\nV:1\nD:b c>\n") == .index(path: "i", .line(3, .dependency("b c>", .noVersion))))
    #expect(
      try problem("P:a/b\nV:1\n")?.description
        == #"i: line 3 of APKINDEX: "a/b-1" is no package's name and version: letters, digits and ._+-~ only; fetch the index again"#
    )
    #expect(throws: AlpineError.index(path: "i", .noIndex)) {
      try PackageIndex(compressed: try index(text, name: "INDEX"), path: "i")
    }
    #expect(throws: AlpineError.archive(.compressed(.gzip, path: "i", offset: 0, entry: nil, .truncated))) {
      try PackageIndex(compressed: [], path: "i")
    }
    let cut = try index(text).dropLast(9)
    #expect(throws: AlpineError.self) { try PackageIndex(compressed: Array(cut), path: "i") }
  }

  @Test func `a failing reader's own error comes back`() throws {
    var reader = FailingReader()
    #expect(throws: CopyError<Replay.Failure, AlpineError>.reading(Replay.Failure())) {
      try PackageIndex(reading: &reader, path: "i")
    }
  }

  @Test func `random damage never traps`() throws {
    var random = SeededGenerator()
    let good = Array(text.utf8)
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0...Int.random(in: 0..<8, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = random.bytes(1)[0]
      }
      do { _ = try parse(bytes) } catch AlpineError.index(path: "i", .line) {}
    }
  }

  private func parse(_ bytes: [UInt8]) throws -> [Package] {
    var parser = PackageIndexParser(path: "i")
    try parser.take(bytes.span.bytes)
    return try parser.finish()
  }

  private func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
    var output: [UInt8] = []
    _ = try GzipInflater().inflate(bytes.span.bytes, into: &output, limit: .max)
    return output
  }

  private func content(of tar: [UInt8]) throws -> (entry: Entry, bytes: [UInt8]) {
    var recorder = Recorder()
    var reader = try TarMemoryReader(tar, path: "i")
    try recorder.add(contentsOf: &reader)
    return try #require(recorder[EntryPath("APKINDEX")])
  }
}

private struct FailingReader: EntryReader {
  mutating func next() throws(Replay.Failure) -> Entry? { throw Replay.Failure() }
  @_lifetime(&self)
  mutating func nextBytes() throws(Replay.Failure) -> RawSpan { RawSpan() }
}
