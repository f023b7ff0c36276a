// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A program that judges what Cairn writes: fsck.fat, e2fsck, debugfs, sfdisk, the mtools.
public struct ForeignTool: Sendable {
  public let name: String
  /// Nil where it is not installed.
  public let path: String?

  /// Looks in PATH and where Debian keeps the tools that an ordinary user's PATH leaves out.
  public init(_ name: String) {
    self.name = name
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin"]
    self.path = directories.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// A program of which the place is known.
  public init(path: String) {
    name = path
    self.path = path
  }

  /// For `.enabled(if:)`: a test that needs the tool skips, visibly, where it is not installed.
  public var isInstalled: Bool { path != nil }

  /// What a run of the tool left.
  public struct Result: Sendable {
    public let status: Int32
    public let output: Data
    public let errors: String
    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Runs the tool to its end, in the C locale and UTC unless `environment` says otherwise.
  public func run(_ arguments: String..., input: Data? = nil, environment: [String: String] = [:]) throws
    -> Result
  {
    try run(arguments, input: input, environment: environment)
  }

  public func run(_ arguments: [String], input: Data? = nil, environment: [String: String] = [:]) throws
    -> Result
  {
    guard let path else { throw Missing(tool: name) }
    let scratch = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(["LC_ALL": "C", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"]) { $1 }
      .merging(environment) { $1 }
    // Files instead of pipes: none can fill up and block the tool.
    let files = try ["out", "err", "in"].map { name in
      let url = scratch.url.appendingPathComponent(name)
      try (name == "in" ? input ?? Data() : Data()).write(to: url)
      return url
    }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    process.standardInput = try FileHandle(forReadingFrom: files[2])
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: try Data(contentsOf: files[0]),
      errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
  }

  /// Starts the tool and does not wait for it; its output goes nowhere.
  public func start(_ arguments: [String]) throws -> Process {
    guard let path else { throw Missing(tool: name) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  struct Missing: Error { let tool: String }
}

/// A directory of a test's own, gone with the value.
public final class TemporaryDirectory: Sendable {
  public let url: URL
  public var path: String { url.path }

  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a name in the directory.
  public func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
