// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

/// What is left of a card with content for its data partition when something fails on the way.
@Suite struct CardFailureTests {
  private let scratch: TemporaryDirectory
  private let everything: OneOfEverything
  private let outputDirectory: String
  private var output: String { outputDirectory + "/card.img" }

  init() throws {
    scratch = try TemporaryDirectory()
    everything = try OneOfEverything(in: scratch.path)
    outputDirectory = scratch.path("out")
    try FileManager.default.createDirectory(atPath: outputDirectory, withIntermediateDirectories: true)
  }

  private static func recipe(hasBootPartition: Bool) -> Recipe {
    Recipe(
      size: ByteSize(byteCount: hasBootPartition ? 84 << 20 : 44 << 20),
      bootSize: ByteSize(byteCount: 36 << 20), hasBootPartition: hasBootPartition)
  }

  private func build(hasBootPartition: Bool, on target: any BlockTarget) throws {
    let recipe = Self.recipe(hasBootPartition: hasBootPartition)
    let content = CardContent(boot: hasBootPartition ? [everything.boot] : [], data: everything.inputs)
    var builder = try CardBuilder(recipe, from: content, for: .file(byteCount: target.size))
    _ = try builder.build(on: target, isDurable: true)
  }

  @Test(arguments: FaultyTarget.Fault.allCases, [true, false])
  func `a card with data that fails at any write never has a partition table`(
    fault: FaultyTarget.Fault, hasBootPartition: Bool
  ) throws {
    let size = try #require(Self.recipe(hasBootPartition: hasBootPartition).size?.byteCount)
    let whole = FaultyTarget(NullTarget(size: size), failing: .max, fault: fault)
    try build(hasBootPartition: hasBootPartition, on: whole)
    #expect(whole.writeCount > 10)
    print("\(whole.writeCount) writes")
    for number in 1...whole.writeCount {
      let first = FirstSector(size: size)
      let error = #expect(throws: BuildError.self, "write \(number)") {
        try build(hasBootPartition: hasBootPartition, on: FaultyTarget(first, failing: number, fault: fault))
      }
      #expect(error?.targetError != nil, "write \(number): \(String(describing: error))")
      #expect(first.sector[510...] != [0x55, 0xAA], "write \(number)")
    }
  }

  @Test(arguments: ["tar", "tar.gz"])
  func `data that is cut short is an error, and the output is as it was`(type: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: try packed(type)))
    let path = scratch.path("cut.\(type)")
    // A tar's end is two blocks of zeros, which other archivers leave out.
    let end = whole.count - (type == "tar" ? 1024 : 0)
    for count in [1, 511, 512, 513] + (1...20).map({ end * $0 / 20 - 1 }) {
      try whole.prefix(count).write(to: URL(fileURLWithPath: path))
      for old in [nil, Data("an older image".utf8)] {
        try? FileManager.default.removeItem(atPath: output)
        try old?.write(to: URL(fileURLWithPath: output))
        let error = #expect(throws: BuildError.self, "\(count) bytes") { try buildImage(of: path) }
        guard case .source(let source) = error else {
          Issue.record("\(count) bytes: \(String(describing: error))")
          continue
        }
        #expect("\(source)".hasPrefix("\(path): "), "\(source)")
        try expectOutput(old)
      }
    }
  }

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), "needs root and a kernel that mounts it"))
  func `a card on a file system that gets full is an error, and nothing is left`() throws {
    let volume = try SmallFileSystem(.tmpfs, byteCount: 16 << 20)
    let large = scratch.path("large")
    try FileManager.default.createDirectory(atPath: large, withIntermediateDirectories: true)
    let bytes = Data(OneOfEverything.content(20 << 20, seed: 5))
    try bytes.write(to: URL(fileURLWithPath: large + "/file"))
    let freeByteCount = try volume.freeByteCount()
    let card = card(of: large)
    let error = #expect(throws: BuildError.self) {
      try card.build(to: volume.path + "/card.img", isDurable: false)
    }
    guard case .system(.write, _, _, ENOSPC) = error?.targetError else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: volume.path) == [])
    #expect(try volume.freeByteCount() == freeByteCount)
  }

  private func packed(_ type: String) throws -> String {
    guard type == "tar.gz" else { return everything.tar }
    let path = everything.tar + ".gz"
    let sink = MemorySink()
    let gzip = try GzipSink(level: 6, to: sink)
    try gzip.write(Array(Data(contentsOf: URL(fileURLWithPath: everything.tar))).span.bytes)
    try gzip.finish()
    try Data(sink.bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func card(of path: String) -> CardImage {
    CardImage(
      recipe: Self.recipe(hasBootPartition: false),
      content: CardContent(data: [.init(path: path, target: OneOfEverything.path("below"))]))
  }

  private func buildImage(of path: String) throws {
    _ = try card(of: path).build(to: output, isDurable: false)
  }

  private func expectOutput(_ old: Data?) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: outputDirectory)
    #expect(names == (old == nil ? [] : ["card.img"]))
    if let old { #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == old) }
  }
}

/// Keeps the first sector and nothing else.
final class FirstSector: BlockTarget {
  let size: UInt64
  private(set) var sector = [UInt8](repeating: 0, count: 512)

  init(size: UInt64) { self.size = size }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {}

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    guard offset < 512 else { return }
    let count = min(512 - Int(offset), bytes.byteCount)
    bytes.extracting(first: count).withUnsafeBytes {
      sector.replaceSubrange(Int(offset)..<Int(offset) + count, with: $0)
    }
  }

  func zero(_ range: Range<UInt64>) throws(BlockError) {}
  func flush() throws(BlockError) {}
}
