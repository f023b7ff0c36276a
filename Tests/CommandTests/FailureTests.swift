// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

@Suite struct FailureTests {
  private let scratch: TemporaryDirectory
  private let card: SampleCard

  init() throws {
    scratch = try TemporaryDirectory()
    card = try SampleCard.shared.get()
  }

  /// What a run left: one line of complaint (and an indented list), its exit code, and the output as it was.
  private func expectFailure(
    _ arguments: [String], status: Int32, saying text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for old in [nil, "an older image"] {
      let output = scratch.path("out/card.img")
      try? FileManager.default.removeItem(atPath: scratch.path("out"))
      try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
      try old?.write(toFile: output, atomically: false, encoding: .utf8)
      let run = try cairn.run(arguments + ["-o", output])
      #expect(run.status == status, "\(run.errors)", sourceLocation: sourceLocation)
      let lines = run.errors.split(separator: "\n")
      #expect(lines.first?.hasPrefix("cairn: ") == true, "\(run.errors)", sourceLocation: sourceLocation)
      #expect(run.errors.contains(text), "\(run.errors)", sourceLocation: sourceLocation)
      #expect(run.text.isEmpty, sourceLocation: sourceLocation)
      let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path("out"))
      #expect(left == (old == nil ? [] : ["card.img"]), sourceLocation: sourceLocation)
      if let old {
        #expect(try String(contentsOfFile: output, encoding: .utf8) == old, sourceLocation: sourceLocation)
      }
    }
  }

  private func build(_ release: String, _ more: String...) -> [String] {
    [
      "build", "--release", release, "--size", SampleCard.size, "--boot-size", SampleCard.bootSize,
      "--no-sync",
    ] + more
  }

  /// The release with its bytes changed.
  private func damaged(_ change: (inout Data) -> Void) throws -> String {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: card.release))
    change(&bytes)
    let path = scratch.path("damaged.tar.gz")
    try bytes.write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test(arguments: [1, 18, 1000, 100_000]) func `a truncated release is an error`(missing: Int) throws {
    let release = try damaged { $0.removeLast(missing) }
    try expectFailure(build(release), status: 5, saying: "damaged.tar.gz: ")
  }

  @Test(arguments: [0.1, 0.5, 0.9]) func `a corrupted release is an error`(place: Double) throws {
    let release = try damaged { bytes in
      let index = bytes.startIndex + Int(Double(bytes.count) * place)
      bytes[index] ^= 0x55
    }
    try expectFailure(build(release), status: 5, saying: "damaged.tar.gz: ")
  }

  @Test func `trailing garbage is an error`() throws {
    let release = try damaged { $0.append(contentsOf: Array("garbage".utf8)) }
    try expectFailure(build(release), status: 5, saying: "damaged.tar.gz: ")
  }

  @Test func `what is no tar is an error`() throws {
    let path = scratch.path("note.txt")
    try String(repeating: "not a tar\n", count: 200).write(toFile: path, atomically: false, encoding: .utf8)
    try expectFailure(build(path), status: 5, saying: "note.txt: ")
  }

  @Test func `a release that is not there is an error`() throws {
    try expectFailure(build(scratch.path("missing.tar.gz")), status: 5, saying: "No such file or directory")
  }

  @Test func `a tar that is no release is refused unless it is allowed`() throws {
    let tar = ForeignTool("tar")
    try "hello".write(toFile: scratch.path("hello.txt"), atomically: false, encoding: .utf8)
    let path = scratch.path("other.tar")
    #expect(try tar.run("-C", scratch.path(""), "-cf", path, "hello.txt").status == 0)
    try expectFailure(build(path), status: 5, saying: "other.tar: ")
    let allowed = try cairn.run(build(path, "--allow", "unknown-release", "-o", scratch.path("card.img")))
    #expect(allowed.status == 0, "\(allowed.errors)")
  }

  @Test func `a boot partition that is too small names the size that would do`() throws {
    let full = scratch.path("large.tar")
    try Data(count: 40 << 20).write(to: URL(fileURLWithPath: scratch.path("large.bin")))
    #expect(try ForeignTool("tar").run("-C", scratch.path(""), "-cf", full, "large.bin").status == 0)
    let arguments = ["build", "--release", full, "--size", "256MiB", "--boot-size", "40MiB", "--no-sync"]
    try expectFailure(arguments, status: 6, saying: "boot partition: ")
    let complaint = try cairn.run(arguments + ["-o", scratch.path("card.img")]).errors
    let words = complaint.split(separator: " ").map(String.init)
    let unit = try #require(words.lastIndex { $0.hasPrefix("MiB") })
    let needed = "\(words[unit - 1])MiB"
    let retry = arguments.map { $0 == "40MiB" ? needed : $0 } + ["--allow", "unknown-release"]
    let second = try cairn.run(retry + ["-o", scratch.path("card.img")])
    #expect(second.status == 0, "\(needed): \(second.errors)")
  }

  @Test func `a card that is too small is a recipe's error`() throws {
    try expectFailure(
      ["build", "--release", card.release, "--size", "100MiB"], status: 3, saying: "size: a card of 100 MiB")
  }

  @Test(arguments: ["-1", "4294967296", "now"])
  func `a date that no file system holds is a recipe's error`(date: String) throws {
    let run = try ForeignTool("env").run(
      ["SOURCE_DATE_EPOCH=\(date)", cairn.name] + build(card.release, "-o", scratch.path("card.img")))
    #expect(run.status == 3)
    #expect(
      run.errors.hasPrefix("cairn: SOURCE_DATE_EPOCH: \(date) is not a number of seconds"), "\(run.errors)")
  }

  @Test(arguments: ["-pi", "pi_1", "a..b", "pi!"]) func `a bad host name is a recipe's error`(name: String)
    throws
  {
    try expectFailure(build(card.release, "--hostname=\(name)"), status: 3, saying: "--hostname: ")
  }

  @Test(arguments: [
    ["build"], ["build", "--release"], ["build", "--release", "x", "--size", "big"],
    ["build", "--no-such-flag"],
    ["frobnicate"], ["sample-release"],
  ]) func `wrong usage is one line and exit code 2`(arguments: [String]) throws {
    let run = try cairn.run(arguments)
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("cairn: "))
    #expect(run.text.isEmpty)
  }

  @Test func `names that FAT can't hold are all listed`() throws {
    let tree = scratch.path("tree")
    try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
    for name in ["a:b", "what?", "x.TXT", "X.txt"] {
      try name.write(toFile: "\(tree)/\(name)", atomically: false, encoding: .utf8)
    }
    try FileManager.default.createSymbolicLink(atPath: "\(tree)/link", withDestinationPath: "x.TXT")
    let path = scratch.path("names.tar")
    #expect(try ForeignTool("tar").run("-C", tree, "-cf", path, ".").status == 0)
    try expectFailure(build(path), status: 5, saying: "cairn: boot partition: ")
    let complaint = try cairn.run(build(path, "-o", scratch.path("card.img"))).errors
    for name in ["a:b", "what?", "x.TXT", "X.txt", "link"] {
      #expect(complaint.contains("\n  ") && complaint.contains(name), "\(complaint)")
    }
  }

  @Test func `an output that is no file is refused`() throws {
    #expect(try cairn.run(build(card.release, "-o", scratch.path(""))).status == 6)
    #expect(try cairn.run(build(card.release, "-o", scratch.path("no/such/directory/card.img"))).status == 6)
    #expect(try cairn.run(build(card.release, "-o", "/dev/null")).status == 6)
  }

  @Test func `a boot partition too small for FAT32 names the smallest that would do`() throws {
    let run = try cairn.run(
      ["build", "--release", card.release, "--boot-size", "32MiB", "-o", scratch.path("card.img")])
    #expect(run.status == 3)
    #expect(run.errors.contains("boot partition: 32 MiB are too few for FAT32"), "\(run.errors)")
    #expect(run.errors.contains("make it 33 MiB or more"), "\(run.errors)")
  }

  @Test func `a standard output that takes nothing is an error, not a crash`() throws {
    let shell = ForeignTool("sh")
    for redirection in [">/dev/full", ">&-"] {
      let run = try shell.run(
        "-c", "\(cairn.name) build --dry-run --release '\(card.release)' \(redirection)")
      #expect(run.status == 6)
      #expect(run.errors.hasPrefix("cairn: standard output: cannot write"), "\(run.errors)")
    }
  }

  @Test func `the release itself is not replaced`() throws {
    let copy = try damaged { _ in }
    let run = try cairn.run(build(copy, "-o", copy))
    #expect(run.status == 2)
    #expect(FileManager.default.contentsEqual(atPath: copy, andPath: card.release))
  }

  @Test func `a job that is killed leaves nothing`() throws {
    let pipe = scratch.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for (number, status) in [(SIGKILL, SIGKILL), (SIGTERM, 128 + SIGTERM), (SIGINT, 128 + SIGINT)] {
      try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
      let process = try cairn.start(build(pipe, "-o", scratch.path("out/card.img")))
      // Half of the release is all that ever comes: the job waits for more when the signal meets it.
      let writer = open(pipe, O_WRONLY)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: card.release))
      let half = bytes.prefix(bytes.count / 2)
      half.withUnsafeBytes { _ = write(writer, $0.baseAddress, $0.count) }
      usleep(200_000)
      kill(process.processIdentifier, number)
      process.waitUntilExit()
      close(writer)
      #expect(process.terminationStatus == status)
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("out")).isEmpty)
    }
  }

  @Test(.enabled(if: getuid() == 0, "needs root, for a small tmpfs"))
  func `a full disk is an error that leaves nothing`() throws {
    let mount = ForeignTool("mount")
    let small = scratch.path("small")
    try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
    try #require(try mount.run("-t", "tmpfs", "-o", "size=1m", "tmpfs", small).status == 0)
    defer { _ = try? ForeignTool("umount").run(small) }
    for old in [nil, "an older image"] {
      try old?.write(toFile: small + "/card.img", atomically: false, encoding: .utf8)
      let run = try cairn.run(build(card.release, "-o", small + "/card.img"))
      #expect(run.status == 6)
      #expect(
        run.errors.hasPrefix("cairn: ") && run.errors.contains("No space left on device"), "\(run.errors)")
      let left = try FileManager.default.contentsOfDirectory(atPath: small)
      #expect(left == (old == nil ? [] : ["card.img"]))
      if let old { #expect(try String(contentsOfFile: small + "/card.img", encoding: .utf8) == old) }
    }
  }
}
