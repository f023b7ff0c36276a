// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

/// `cairn write` and `cairn verify`, onto files and loop devices full of another card.
@Suite struct WriteCommandTests {
  private static let size = WrittenCard.size
  private let scratch: TemporaryDirectory
  private var card: String { scratch.path("card") }
  private let options = WrittenCard.options

  init() throws {
    scratch = try TemporaryDirectory()
    try WrittenCard.makeOld(at: card)
  }

  private var release: String {
    get throws { try SampleCard.shared.get().release }
  }

  private func write(_ arguments: [String], onto device: String? = nil) throws -> ForeignTool.Result {
    let identifier = ["--yes", "--target-id", "\(Self.size)"]
    return try cairn.run(["write"] + arguments + [device ?? card] + identifier)
  }

  private func buildImage() throws -> String {
    let image = scratch.path("image")
    try WrittenCard.buildImage(at: image)
    return image
  }

  @Test func `a release is written onto a file, as an image of its size would be`() throws {
    let result = try write(["--release", try release] + options)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.text.contains("Read back and compared: all "), "\(result.text)")
    try WrittenCard.expect(card, toBe: buildImage())
    let verified = try cairn.run(["verify", "--release", try release] + options + [card])
    #expect(
      verified.status == 0 && verified.text.contains("as it should be"), "\(verified.text)\(verified.errors)")
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `a release is written onto a device`() throws {
    let device = try LoopDevice(card)
    let refused = try write(["--release", try release] + options, onto: device.path)
    #expect(refused.status == 4 && refused.errors.contains("--allow non-removable"), "\(refused.errors)")
    let result = try write(
      ["--release", try release, "--allow", "non-removable"] + options, onto: device.path)
    #expect(result.status == 0, "\(result.errors)")
    try WrittenCard.expect(device.path, toBe: buildImage())
  }

  @Test func `an image is written, and a card that differs from it is told`() throws {
    let image = try buildImage()
    let result = try write([image])
    #expect(result.status == 0, "\(result.errors)")
    #expect(FileManager.default.contentsEqual(atPath: card, andPath: image))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: card))
    try file.seek(toOffset: 5 << 20)
    try file.write(contentsOf: Data("damage".utf8))
    try file.close()
    let verified = try cairn.run("verify", image, card)
    #expect(verified.status == 7, "\(verified.errors)")
    #expect(verified.text.contains("differs from byte \(5 << 20) on"), "\(verified.text)")
    #expect(verified.text.contains("partition 1"), "\(verified.text)")
    let json = try cairn.run("verify", image, card, "--json")
    let object = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any]
    #expect(object?["firstDifference"] as? Int == 5 << 20)
  }

  @Test func `a source that is damaged at its end leaves the old card as it was`() throws {
    let old = try Data(contentsOf: URL(fileURLWithPath: card))
    let whole = try Data(contentsOf: URL(fileURLWithPath: try release))
    let cut = scratch.path("cut.tar.gz")
    try whole.prefix(whole.count - 9).write(to: URL(fileURLWithPath: cut))
    let result = try write(["--release", cut] + options)
    #expect(result.status == 5, "\(result.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: card)) == old)
  }

  @Test func `what is refused leaves the old card as it was`() throws {
    let old = try Data(contentsOf: URL(fileURLWithPath: card))
    let release = try release
    let expected: [([String], Int32, String)] = [
      (["write", "--release", release, card] + options, 4, "nobody can be asked"),
      (["write", "--release", release, card, "--yes"], 2, "--target-id"),
      (["write", "--release", release, card, "--yes", "--target-id", "123"], 4, "\(Self.size)"),
      (["write", "--release", release, scratch.path("none"), "--yes", "--target-id", "1"], 9, "none"),
      (["write", "--release", release, scratch.path(""), "--yes", "--target-id", "1"], 2, "directory"),
      (["write", card, "--yes", "--target-id", "\(Self.size)"], 2, "is the device"),
      (
        [
          "write", "--boot-size", "300MiB", "--release", release, card, "--yes", "--target-id",
          "\(Self.size)",
        ], 4, "larger card"
      ),
      (["write", release, card, "--yes", "--target-id", "\(Self.size)"], 5, "gunzip"),
      (
        ["write", "--hostname", "a", release, card, "--yes", "--target-id", "\(Self.size)"], 2, "is an image"
      ),
    ]
    for (arguments, status, text) in expected {
      let result = try cairn.run(arguments)
      #expect(
        result.status == status && result.errors.contains(text),
        "\(arguments): \(result.status) \(result.errors)")
      #expect(result.errors.split(separator: "\n").first?.hasPrefix("cairn: ") == true, "\(result.errors)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: card)) == old)
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `a device that is mounted is refused, whatever is allowed`() throws {
    let volume = scratch.path("volume")
    #expect(FileManager.default.createFile(atPath: volume, contents: nil))
    #expect(truncate(volume, 64 << 20) == 0)
    #expect(try ForeignTool("mke2fs").run("-F", "-q", "-t", "ext4", volume).status == 0)
    let device = try LoopDevice(volume)
    let directory = scratch.path("mounted")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    #expect(try ForeignTool("mount").run(device.path, directory).status == 0)
    let result = try cairn.run([
      "write", "--release", try release, device.path, "--allow", "non-removable", "--yes", "--target-id",
      "\(64 << 20)",
    ])
    #expect(try ForeignTool("umount").run(directory).status == 0)
    #expect(result.status == 4 && result.errors.contains("is mounted at \(directory)"), "\(result.errors)")
  }

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), "needs root"), arguments: [false, true])
  func `a card that takes no more is told, and is blank`(isDevice: Bool) throws {
    let full = try SmallFileSystem(.tmpfs, byteCount: 3 << 20)
    let file = full.path + "/card"
    #expect(FileManager.default.createFile(atPath: file, contents: nil))
    #expect(truncate(file, Self.size) == 0)
    let device = isDevice ? try LoopDevice(file) : nil
    let result = try write(
      ["--release", try release, "--allow", "non-removable"] + options, onto: device?.path ?? file)
    // What the loop device says is for its kernel to choose.
    let reasons = ["No space left on device"] + (isDevice ? ["Input/output error"] : [])
    #expect(result.status == 6 && reasons.contains { result.errors.contains($0) }, "\(result.errors)")
    #expect(result.errors.contains("the card is blank"), "\(result.errors)")
    #expect(try ReadOnlyFile(path: file).firstBytes(512) == [UInt8](repeating: 0, count: 512))
  }

  @Test func `a dry run tells what would be written, and writes nothing`() throws {
    let old = try Data(contentsOf: URL(fileURLWithPath: card))
    let result = try cairn.run(["write", "-n", "--release", try release] + options + [card])
    #expect(
      result.status == 0 && result.text.contains("Nothing was written."), "\(result.text)\(result.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: card)) == old)
  }

  @Test func `a write that is killed never leaves a partition table over unfinished content`() throws {
    let image = try buildImage()
    let whole = try FileHandle(forReadingFrom: URL(fileURLWithPath: image)).read(upToCount: 512)
    let old = try FileHandle(forReadingFrom: URL(fileURLWithPath: card)).read(upToCount: 512)
    var generator = SeededGenerator()
    let count = ProcessInfo.processInfo.environment["CAIRN_LONG_TESTS"] == nil ? 20 : 200
    var kinds: Set<String> = []
    for round in 0..<count {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(cairn.path))
      process.arguments =
        ["write", "--release", try release] + options + [card, "--yes", "--target-id", "\(Self.size)"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      usleep(.random(in: 0...400_000, using: &generator))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let found = try FileHandle(forReadingFrom: URL(fileURLWithPath: card)).read(upToCount: 512)
      switch found {
      case old: kinds.insert("old")
      case Data(count: 512): kinds.insert("blank")
      case whole:
        kinds.insert("whole")
        try WrittenCard.expect(card, toBe: image)
      default:
        // The probe's marks, which a kill can leave, are no partition table.
        kinds.insert("marks")
        #expect(found?.suffix(2) != Data([0x55, 0xAA]), "round \(round)")
      }
    }
    print("killed \(count) times: \(kinds.sorted())")
  }
}
