// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// What e2fsck says of an ext4 volume, where it is installed: a second opinion beside our own.
public struct ForeignVerdict: Sendable {
  /// As it was called, without the path.
  public let command: String
  public let exitCode: Int32
  /// All that it printed, line by line.
  public let lines: [String]

  /// Nil where e2fsck is not installed or can't be started.
  ///
  /// - Parameters:
  ///   - path: of the card.
  ///   - offset: of the volume on it, in bytes.
  public static func e2fsck(_ path: String, offset: UInt64) -> ForeignVerdict? {
    let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(
      String.init)
    let candidates = (directories + ["/usr/sbin", "/sbin"]).map { "\($0)/e2fsck" }
    guard let program = candidates.first(where: FileManager.default.isExecutableFile) else { return nil }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-fn", "\(path)?offset=\(offset)"]
    process.environment = ["LC_ALL": "C"]
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    return ForeignVerdict(command: "e2fsck -fn", exitCode: process.terminationStatus, lines: lines)
  }
}
