// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

/// Cards with packages in apk's cache, made by the library.
@Suite struct CacheCardTests {
  private static let size: UInt64 = 72 << 20
  private let scratch: TemporaryDirectory
  private let content: CardContent
  private let package = APKFile(
    "docker", fields: ["arch = aarch64", "depend = musl"],
    files: [
      ("etc/init.d/docker", "#!/sbin/openrc-run\n"),
      ("usr/bin/dockerd", String(repeating: "x", count: 700_000)),
    ])

  init() throws {
    scratch = try TemporaryDirectory()
    let release = scratch.path("release.tar.gz")
    try SampleReleaseFile.write(SampleRelease(scale: .small), to: release)
    try package.write(to: scratch.path("apks/docker.apk"))
    var content = CardContent(release: release)
    content.cache = [scratch.path("apks")]
    self.content = content
  }

  private func recipe(_ packages: String..., services: String...) throws -> Recipe {
    var recipe = Recipe(
      size: ByteSize(byteCount: Self.size), bootSize: ByteSize(byteCount: 36 << 20))
    recipe.system.packages = packages
    recipe.system.addedServices = try services.map { try Service(name: $0, in: .default) }
    return recipe
  }

  private func build(_ recipe: Recipe, on target: any BlockTarget) throws -> BuildSummary {
    var builder = try CardBuilder(recipe, from: content, for: .file(byteCount: target.size))
    return try builder.build(on: target, isDurable: true)
  }

  @Test func `the cache is read back as it was given, and no byte is written twice`() throws {
    let target = MemoryTarget(byteCount: Int(Self.size))
    let summary = try build(recipe("docker", services: "docker"), on: target)
    #expect(summary.repeatedByteCount == 0)
    let packages = try #require(summary.data?.packages)
    #expect(packages.cachedCount == 1 && packages.warnings.isEmpty)
    #expect(try CardCheck(checking: target).parts.flatMap(\.findings) == [])
    let range = try #require(summary.plan.data).range
    var reader = try Ext4.VolumeReader(TargetSlice(of: target, range: range))
    var names: [String] = []
    let cacheName = "docker-1.0-r0.\(Digest.sha1(package.control).hexadecimal.prefix(8)).apk"
    while let entry = try reader.next() {
      guard entry.path.parent == EntryPath("cache") else { continue }
      names.append(String(decoding: entry.path.name, as: UTF8.self))
      guard names.last == cacheName else { continue }
      var bytes: [UInt8] = []
      while case let piece = try reader.nextBytes(), !piece.isEmpty {
        piece.withUnsafeBytes { bytes += Array($0) }
      }
      #expect(bytes == package.bytes)
    }
    #expect(names.sorted() == [cacheName, "installed"])
  }

  @Test func `a rehearsal complains as a build does, and no table is ever written`() throws {
    let missing = try recipe("docker", "nano")
    let nano = "nano: nothing provides it"
    let dokcer =
      "dokcer in runlevel default: nothing on the card has a script of this name for etc/init.d; did you mean docker?"
    #expect(throws: Problems([nano])) {
      try problems { try CardImage(recipe: missing, content: content).rehearse() }
    }
    let target = MemoryTarget(byteCount: Int(Self.size))
    #expect(throws: Problems([nano])) { try problems { try build(missing, on: target) } }
    #expect(target.contents(0..<512).allSatisfy { $0 == 0 })
    let misspelled = try recipe("docker", services: "dokcer")
    #expect(throws: Problems([dokcer])) {
      try problems { try CardImage(recipe: misspelled, content: content).rehearse() }
    }
    let path = scratch.path("card.img")
    #expect(throws: Problems([nano])) {
      try problems { try CardImage(recipe: missing, content: content).build(to: path, isDurable: false) }
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  private struct Problems: Error, Equatable {
    let lines: [String]
    init(_ lines: [String]) { self.lines = lines }
  }

  /// What a build error lists.
  private func problems(_ body: () throws -> BuildSummary) throws {
    do { _ = try body() } catch let error as BuildError { throw Problems(error.problems) }
  }

  @Test func `what the first boot fetches is no error`() throws {
    var recipe = try recipe("docker", "nano", services: "nanod")
    recipe.system.isOnlineAtFirstBoot = true
    let packages = try #require(
      try CardImage(recipe: recipe, content: content).rehearse().data?.packages)
    #expect(packages.missing.map(\.dependency.name) == ["nano"])
    #expect(packages.unknownServices.map(\.service.name) == ["nanod"])
    recipe.system.packages = ["docker"]
    // Nothing is missing that could bring it.
    #expect(throws: BuildError.self) { try CardImage(recipe: recipe, content: content).rehearse() }
  }

  @Test func `the settings of an apkovl that was brought are its own affair`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch.path("data"), withIntermediateDirectories: false)
    try Data("an apkovl".utf8).write(to: scratch.url.appendingPathComponent("data/own.apkovl.tar.gz"))
    var content = content
    content.data = [CardContent.Input(path: scratch.path("data"))]
    let card = CardImage(recipe: try recipe("nano", services: "nanod"), content: content)
    let data = try #require(try card.rehearse().data)
    #expect(data.bringsOverlay && data.packages?.cachedCount == 1 && data.packages?.warnings == [])
  }

  @Test func `packages that the data brings into a cache count`() throws {
    var content = content
    content.cache = []
    content.data = [CardContent.Input(path: scratch.path("data"))]
    let file = "data/cache/docker-1.0-r0.\(Digest.sha1(package.control).hexadecimal.prefix(8)).apk"
    try package.write(to: scratch.path(file))
    let card = CardImage(recipe: try recipe("docker", services: "docker"), content: content)
    #expect(throws: BuildError.self) { try card.rehearse() }
    try Data().write(to: scratch.url.appendingPathComponent("data/cache/installed"))
    #expect(try card.rehearse().data?.packages?.warnings == [])
  }

  @Test func `a cache needs a release and a data partition`() throws {
    var content = content
    content.release = nil
    content.boot = content.cache
    var recipe = try recipe()
    #expect(throws: BuildError.cacheWithoutRelease(path: content.cache[0])) {
      try CardImage(recipe: recipe, content: content).rehearse()
    }
    recipe.hasDataPartition = false
    #expect(throws: BuildError.noPartition(for: content.cache[0])) {
      try CardImage(recipe: recipe, content: self.content).rehearse()
    }
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a card that fails at any write never has a partition table`(fault: FaultyTarget.Fault) throws {
    let whole = FaultyTarget(NullTarget(size: Self.size), failing: .max, fault: fault)
    _ = try build(recipe("docker"), on: whole)
    for number in stride(from: 1, through: whole.writeCount, by: 3) {
      let memory = MemoryTarget(byteCount: Int(Self.size))
      let error = #expect(throws: BuildError.self, "write \(number)") {
        try build(recipe("docker"), on: FaultyTarget(memory, failing: number, fault: fault))
      }
      #expect(error?.targetError != nil, "write \(number): \(String(describing: error))")
      #expect(memory.contents(510..<512) != [0x55, 0xAA], "write \(number)")
    }
  }
}
