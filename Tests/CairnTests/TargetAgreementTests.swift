// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Cairn

private let judges = ["fsck.fat", "e2fsck", "sfdisk"].map { ForeignTool($0) }

/// One plan, three targets: a file full of zeros, a loop device and memory full of random bytes.
@Suite(
  .enabled(if: LoopMount.isPossible, "needs root and loop devices"),
  .enabled(if: judges.allSatisfy(\.isInstalled), "needs dosfstools, e2fsprogs and fdisk"))
struct TargetAgreementTests {
  private let scratch: TemporaryDirectory
  private let everything: OneOfEverything

  init() throws {
    scratch = try TemporaryDirectory()
    everything = try OneOfEverything(in: scratch.path)
  }

  private func recipe(hasBootPartition: Bool) -> Recipe {
    Recipe(
      size: ByteSize(byteCount: hasBootPartition ? 84 << 20 : 44 << 20),
      bootSize: ByteSize(byteCount: 36 << 20), hasBootPartition: hasBootPartition)
  }

  @Test(arguments: [true, false])
  func `a file, a device and memory get the same bytes, and everybody is content with each`(
    hasBootPartition: Bool
  ) throws {
    let content = CardContent(boot: hasBootPartition ? [everything.boot] : [], data: everything.inputs)
    let recipe = recipe(hasBootPartition: hasBootPartition)
    let size = try #require(recipe.size?.byteCount)
    let noise = try noise(byteCount: Int(size))
    let device = try LoopDevice(scratch.path("device"))
    let memory = MemoryTarget(byteCount: Int(size))
    try memory.write(noise.span.bytes, at: 0)

    let image = try ImageFile(path: scratch.path("file.img"), size: size)
    let onFile = try build(recipe, content, on: image, readsAsZero: true)
    try image.commit(isDurable: false)
    let onDevice = try onDevice(device.path) { try build(recipe, content, on: $0, readsAsZero: false) }
    let onMemory = try build(recipe, content, on: memory, readsAsZero: false)
    #expect(onFile.repeatedByteCount == 0)
    #expect(onFile.content == onDevice.content && onFile.content == onMemory.content)
    #expect(onFile.plan == onDevice.plan && onFile.plan == onMemory.plan)
    print(
      "content of \(onFile.content.byteCount >> 10) KiB in \(onFile.content.ranges.count) ranges, of \(size >> 10)"
    )

    try Data(memory.contents()).write(to: scratch.url.appendingPathComponent("memory.img"))
    let paths = [scratch.path("file.img"), device.path, scratch.path("memory.img")]
    try expectSame(paths, noise, onFile)
    for path in paths { try expectContent(path, content, onFile.plan) }
  }

  private func build(
    _ recipe: Recipe, _ content: CardContent, on target: any BlockTarget, readsAsZero: Bool
  ) throws -> BuildSummary {
    let medium = Medium(byteCount: target.size, readsAsZero: readsAsZero)
    var builder = try CardBuilder(recipe, from: content, for: medium)
    return try builder.build(on: target, isDurable: true)
  }

  /// What the device's file and the memory hold before: a random block over and over, of a length that is prime.
  private func noise(byteCount: Int) throws -> [UInt8] {
    var generator = SeededGenerator()
    let block = generator.bytes(99_991)
    var noise: [UInt8] = []
    noise.reserveCapacity(byteCount + block.count)
    while noise.count < byteCount { noise += block }
    noise.removeLast(noise.count - byteCount)
    try Data(noise).write(to: scratch.url.appendingPathComponent("device"))
    return noise
  }

  /// Content is the same everywhere; around it all is as it was.
  private func expectSame(_ paths: [String], _ noise: [UInt8], _ summary: BuildSummary) throws {
    let cards = try paths.map { path in
      try #require(try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd())
    }
    #expect(cards[1] == cards[2])
    for range in summary.content.ranges {
      let bytes = Int(range.lowerBound)..<Int(range.upperBound)
      #expect(cards[0][bytes] == cards[1][bytes], "\(range)")
    }
    for range in summary.content.complement(in: 0..<summary.plan.size).ranges {
      let bytes = Int(range.lowerBound)..<Int(range.upperBound)
      #expect(cards[0][bytes] == Data(count: bytes.count), "\(range)")
      #expect(cards[1][bytes] == Data(noise[bytes]), "\(range)")
    }
  }

  private func expectContent(_ path: String, _ content: CardContent, _ plan: Plan) throws {
    let table = try ForeignTool("sfdisk").run("--verify", path)
    #expect(table.status == 0 && table.text.contains("No errors detected"), "\(table.text)\(table.errors)")
    #expect(try CardCheck(checking: ReadOnlyFile(path: path)).parts.flatMap(\.findings) == [])
    if let boot = plan.boot {
      try extract(boot.range, of: path, to: scratch.path("boot"))
      let fat = try ForeignTool("fsck.fat").run("-n", scratch.path("boot"))
      #expect(fat.status == 0 && !fat.text.contains("ifference"), "\(fat.text)")
    }
    let range = try #require(plan.data?.range)
    try expectClean(path, range)
    let mount = try LoopMount(path, at: range.lowerBound)
    let volume = try TargetSlice(of: ReadOnlyFile(path: path), range: range)
    var inputs = try InputChain(content.data, monitor: BuildMonitor())
    #expect(try differences(from: &inputs, on: volume) == [])
    var mounted = try DirectoryReader(path: mount.path(""))
    #expect(try differences(from: &mounted, on: volume) == [])
    mount.unmount()
    try expectWritable(path, range)
    try expectClean(path, range)
  }

  private func differences<Source: EntryReader & ~Copyable>(
    from source: inout Source, on volume: any BlockTarget
  ) throws -> [String] {
    var reader = try Ext4.VolumeReader(volume)
    var comparison = Comparison()
    try comparison.add(contentsOf: &source, on: &reader)
    try comparison.finish(on: &reader)
    return comparison.differences.map(\.description)
  }

  private func expectClean(_ path: String, _ range: Range<UInt64>) throws {
    try extract(range, of: path, to: scratch.path("data"))
    let verdict = try ForeignTool("e2fsck").run("-fn", scratch.path("data"))
    #expect(verdict.status == 0, "\(path): \(verdict.text)\(verdict.errors)")
  }

  /// The kernel allocates, too, where random bytes stand.
  private func expectWritable(_ path: String, _ range: Range<UInt64>) throws {
    let mount = try LoopMount(path, at: range.lowerBound, isWritable: true)
    let bytes = Data(OneOfEverything.content(5_000_000, seed: 3))
    try bytes.write(to: URL(fileURLWithPath: mount.path("names/new")))
    for number in 0..<200 { try Data([1]).write(to: URL(fileURLWithPath: mount.path("names/new \(number)"))) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: mount.path("names/new"))) == bytes)
    mount.unmount()
  }
}
