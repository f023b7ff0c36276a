// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

@Suite struct BenchCommandTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func file(_ byteCount: Int) throws -> String {
    let path = scratch.path("file")
    var generator = SeededGenerator()
    try Data(generator.bytes(byteCount)).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// What is in the directory now.
  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
  }

  @Test func `a directory is measured, and nothing is left in it`() throws {
    let run = try cairn.run("bench", "--time", "2", "--size", "16MiB", scratch.path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    #expect(try names().isEmpty)
    #expect(run.text.hasPrefix("\(scratch.path): a scratch file of 16 MiB, written and read for "))
    for text in [
      "Sustained writing, MB/s",
      "Of the SD Association's classes it holds (an indication, not the official test)",
    ] {
      #expect(run.text.contains(text), "\(run.text)")
    }
    #expect(!run.text.contains("\u{1B}"))
    let lines = run.text.split { $0 == "\n" }.dropFirst()
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(run.text)")
  }

  @Test func `the result is there as JSON, its keys sorted`() throws {
    let run = try cairn.run("bench", "--json", "--time", "2", "--size", "16MiB", scratch.path)
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: run.output) as? [String: Any])
    #expect(
      Set(report.keys).isSubset(of: [
        "schema", "target", "seconds", "complete", "capacity", "sustained", "measurements", "classes",
      ]))
    #expect(report["schema"] as? Int == 1)
    #expect(report["complete"] as? Bool == true)
    let target = try #require(report["target"] as? [String: Any])
    #expect(target["path"] as? String == scratch.path)
    #expect(target["kind"] as? String == "directory")
    #expect(target["size"] as? Int == 16 << 20)
    #expect(target["overwritten"] as? Bool == true)
    let measurements = try #require(report["measurements"] as? [[String: Any]])
    #expect(measurements.first?["kind"] as? String == "sustainedWrite")
    let first = try #require(measurements.first)
    #expect(
      Set(first.keys) == [
        "kind", "blockSize", "inFlight", "direct", "operations", "bytes", "seconds", "bytesPerSecond",
        "operationsPerSecond", "latency",
      ])
    #expect(Set((first["latency"] as? [String: Any] ?? [:]).keys) == ["p50", "p90", "p99", "p999", "max"])
    let classes = try #require(report["classes"] as? [[String: Any]])
    #expect(classes.compactMap { $0["name"] as? String } == SpeedClass.allCases.map(\.rawValue))
    let keys = run.text.matches(of: /^  "(\w+)"/.anchorsMatchLineEndings()).map { String($0.output.1) }
    #expect(keys == keys.sorted() && keys.count >= 6)
  }

  @Test func `a card is filled, read back, measured and blank in the end`() throws {
    let path = try file(24 << 20)
    let options = ["--destructive", "--full", "--time", "1", "--yes", "--target-id", "\(24 << 20)"]
    let run = try cairn.run(["bench", path] + options)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.text.hasPrefix("\(path): its first 24 MiB, written and read for "), "\(run.text)")
    #expect(run.text.contains("\nIt holds all of the 24.0 MiB that it claims to: written at "), "\(run.text)")
    #expect(run.text.contains("\nSustained writing, MB/s\n"), "\(run.text)")
    #expect(run.text.contains("\(path) is blank now"), "\(run.text)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(bytes.count == 24 << 20)
    #expect(bytes.prefix(512 << 10).allSatisfy { $0 == 0 })
    #expect(bytes.suffix(512 << 10).allSatisfy { $0 == 0 })
    let json = try cairn.run(["bench", path, "--json"] + options)
    let report = try #require(try JSONSerialization.jsonObject(with: json.output) as? [String: Any])
    let capacity = try #require(report["capacity"] as? [String: Any])
    #expect(capacity["method"] as? String == "filled")
    #expect(capacity["good"] as? Int == 24 << 20 && capacity["claimed"] as? Int == 24 << 20)
    #expect(capacity["firstBad"] == nil && capacity["wrapsAt"] == nil)
    #expect((report["target"] as? [String: Any])?["kind"] as? String == "file")
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `a device is overwritten only where it may be`() throws {
    let path = try file(24 << 20)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let device = try LoopDevice(path)
    let options = ["--destructive", "--time", "1", "--size", "16MiB", "--yes", "--target-id", "\(24 << 20)"]
    let refused = try cairn.run(["bench", device.path] + options)
    #expect(refused.status == 4 && refused.errors.contains("--allow non-removable"), "\(refused.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    let run = try cairn.run(["bench", device.path, "--allow", "non-removable"] + options)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.text.hasPrefix("\(device.path): its first 16 MiB, written and read for "), "\(run.text)")
    // The size of a loop device is no claim of hardware.
    #expect(!run.text.contains("claims to"), "\(run.text)")
    let after = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(after.prefix(512 << 10).allSatisfy { $0 == 0 })
    #expect(after[(16 << 20)..<(23 << 20)] == before[(16 << 20)..<(23 << 20)])
  }

  @Test(arguments: [
    (["--full"], 2, "are for '--destructive'"),
    (["--yes", "--target-id", "1"], 2, "are for '--destructive'"),
    (["--destructive", "--yes"], 2, "takes '--target-id <id>', too"),
    (["--destructive"], 4, "nobody can be asked"),
    (["--destructive", "--yes", "--target-id", "5"], 4, "is not 5"),
    (["--destructive", "--allow", "all"], 2, "neither non-removable nor large"),
  ])
  func `without leave nothing is overwritten`(options: [String], status: Int32, text: String) throws {
    let path = try file(1 << 20)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let run = try cairn.run(["bench", path] + options)
    #expect(run.status == status && run.errors.contains(text), "\(run.status) \(run.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func `a file is only read`() throws {
    let path = try file(1 << 20)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let run = try cairn.run("bench", "--time", "1", path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.text.hasPrefix("\(path): a file of 1 MiB, read for "))
    #expect(run.text.contains("Sustained reading, MB/s"))
    #expect(!run.text.contains("writing, MB/s"))
    #expect(
      run.text.hasSuffix("What class it holds takes writing: name a directory on it, or say --destructive.\n")
    )
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    #expect(try names() == ["file"])
  }

  @Test(.enabled(if: LoopMount.isPossible, "takes root and loop devices"))
  func `a device is only read`() throws {
    let path = try file(4 << 20)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let device = try LoopDevice(path)
    let run = try cairn.run("bench", "--json", "--time", "1", device.path)
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: run.output) as? [String: Any])
    let target = try #require(report["target"] as? [String: Any])
    #expect(target["kind"] as? String == "device")
    #expect(target["size"] as? Int == 4 << 20)
    #expect(target["overwritten"] as? Bool == false)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func `a picture replaces a file that is there`() throws {
    let path = try file(1 << 20)
    try Data("old".utf8).write(to: URL(fileURLWithPath: scratch.path("out.svg")))
    let run = try cairn.run("bench", "--time", "1", "--plot", scratch.path("out.svg"), path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.text.hasSuffix("Picture: \(scratch.path("out.svg"))\n"))
    let svg = try String(contentsOfFile: scratch.path("out.svg"), encoding: .utf8)
    #expect(svg.hasPrefix("<?xml") && svg.hasSuffix("</svg>\n"))
    #expect(try names() == ["file", "out.svg"])
  }

  @Test func `a picture that can't be made is said before anything is measured`() throws {
    let path = try file(1 << 20)
    let run = try cairn.run("bench", "--time", "80000", "--plot", scratch.path("no/out.svg"), path)
    #expect(run.status == 6)
    #expect(run.errors.hasPrefix("cairn: \(scratch.path("no/out.svg")): cannot create: "))
    let device = try cairn.run("bench", "--time", "80000", "--plot", scratch.path, path)
    #expect(device.status == 6)
    #expect(device.errors.contains("is a directory"))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `stopped by a signal it prints what there is, and leaves nothing behind`(signal: Int32) throws {
    let output = scratch.path("out")
    try Data().write(to: URL(fileURLWithPath: output))
    try FileManager.default.createDirectory(atPath: scratch.path("card"), withIntermediateDirectories: false)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(cairn.path))
    process.arguments = ["bench", "--time", "80000", "--size", "16MiB", scratch.path("card")]
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    // Until it has a scratch file, and so hears signals, or soon will.
    while try !hasUnnamedFile(process.processIdentifier) { usleep(10_000) }
    usleep(300_000)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 128 + signal)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let name = signal == SIGINT ? "Ctrl-C" : "signal \(signal)"
    #expect(text == "cairn: stopped by \(name) before the end; nothing was left behind\n")
    let report = try String(contentsOfFile: output, encoding: .utf8)
    #expect(report.contains("a scratch file of 16 MiB"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("card")).isEmpty)
  }

  /// Whether a process holds an open file that no directory has.
  private func hasUnnamedFile(_ process: Int32) throws -> Bool {
    let folder = "/proc/\(process)/fd"
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.contains { name in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?.hasSuffix(
        " (deleted)")
        == true
    }
  }

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), "takes root"))
  func `too little room is said, and what would do`() throws {
    let small = try SmallFileSystem(.tmpfs, byteCount: 24 << 20)
    let run = try cairn.run("bench", small.path)
    #expect(run.status == 6)
    #expect(
      run.errors
        == "cairn: \(small.path): a scratch file of 16 MiB doesn't fit in, there is room for 12 MiB if half of it "
        + "stays free; make room, or name another directory\n")
    #expect(run.text.isEmpty)
  }

  @Test(arguments: [
    (["bench"], 2, "Missing expected argument '<target>'"),
    (["bench", ""], 2, "'target' takes a path, and it is empty"),
    (["bench", "--time", "0.5", "/"], 2, "'--time' is between 1 and 86400 seconds"),
    (["bench", "--time", "nan", "/"], 2, "'--time' is between 1 and 86400 seconds"),
    (["bench", "--size", "8MiB", "/"], 2, "'--size' is at least 16MiB"),
    (["bench", "--size", "16MiB", "/etc/passwd"], 2, "'--size' is of what is written"),
    (["bench", "--plot", "-", "/"], 2, "'--plot' takes a path"),
    (
      ["bench", "/dev/null"], 2,
      "/dev/null: is a character device; name a directory, a file or a block device"
    ),
    (["bench", "/no/such/place"], 5, "/no/such/place: cannot open: No such file or directory"),
    (["bench", "/proc"], 6, "/proc: cannot create: "),
  ])
  func `what can't be measured is said in one line`(arguments: [String], status: Int32, text: String) throws {
    let run = try cairn.run(arguments)
    #expect(run.status == status, "\(run.errors)")
    #expect(run.errors.hasPrefix("cairn: ") && run.errors.contains(text), "\(run.errors)")
    #expect(run.text.isEmpty)
  }

  @Test func `an empty file is too small`() throws {
    try Data().write(to: URL(fileURLWithPath: scratch.path("empty")))
    let run = try cairn.run("bench", scratch.path("empty"))
    #expect(run.status == 5)
    #expect(
      run.errors
        == "cairn: \(scratch.path("empty")): 0 bytes are too few to measure; name something of at least 4096 bytes\n"
    )
  }

  @Test func `help tells what is done to what`() throws {
    let run = try cairn.run("bench", "--help")
    #expect(run.status == 0)
    for text in [
      "<target>", "--time", "--size", "--json", "--plot", "an indication, not the official test", "only read",
    ] {
      #expect(run.text.replacing(/\s+/, with: " ").contains(text), "\(text)")
    }
  }
}
